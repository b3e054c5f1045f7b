"""What an event changes in the tallies: the old contribution goes, the new one comes, by version, in any order."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterable, Mapping
from datetime import date, datetime, timedelta
from functools import lru_cache
from typing import Any, NamedTuple

from shared.contracts.event import moment, whole
from shared.reference.folding import fold
from shared.reference.model import Reference

UnitDay = tuple[str, date]
POST_FIELDS = ("posts", "compliant_posts", "posts_by_unit", "compliant_by_unit")
UNIT_FIELDS = ("purchases", "items", "spend_idr", "donated_idr", "own_use_idr", *POST_FIELDS)
ROUND_FIELDS = ("purchases", "donated_idr")
SALE_FIELDS = ("purchases", "items", "spend_idr")  # of a channel, and of a seller
PRODUCT_FIELDS = ("items", "spend_idr")
SOURCE_FIELDS = ("accepted", "latency_seconds")


class PurchaseFact(NamedTuple):
    """A purchase as reporting knows it. A void that came first is a fact without content."""

    purchase_id: str
    tenant: str
    version: int
    is_voided: bool
    unit_code: str = ""
    buyer_keys: tuple[str, ...] = ()
    seller_code: str = ""
    channel: str = ""
    purpose: str = ""
    programme: str = ""
    items: int = 0
    total_idr: int = 0
    posts: int = 0
    compliant_posts: int = 0
    local_date: date = date(2021, 7, 1)
    purchased_at: datetime | None = None
    source: str = ""
    pickup_kelurahan: str = ""
    recorded_on: date | None = None
    latency_seconds: int = 0
    posts_by_unit: int = 0
    compliant_by_unit: int = 0
    lines: tuple[tuple[str, int, int], ...] = ()  # sku, pieces, rupiah a piece


class Deltas:
    """Sums to add to each tally, by key."""

    def __init__(self) -> None:
        self.units: dict[UnitDay, list[int]] = {}
        self.channels: dict[tuple[str, str, date], list[int]] = {}
        self.sellers: dict[tuple[str, str, date], list[int]] = {}
        self.products: dict[tuple[str, str, date], list[int]] = {}
        self.sources: dict[tuple[str, str, date], list[int]] = {}
        self.rounds: dict[tuple[str, str, date], list[int]] = {}
        self.buyers: defaultdict[tuple[str, str], int] = defaultdict(int)
        self.day_buyers: defaultdict[tuple[str, date, str, str], int] = defaultdict(int)

    def add(self, fact: PurchaseFact, sign: int) -> None:
        """Add (+1) or take away (-1) what a purchase contributes; a void one contributes nothing."""
        if fact.is_voided:
            return
        donated = fact.total_idr if fact.purpose == "donation" else 0
        own_use = fact.total_idr - donated
        posts = (fact.posts, fact.compliant_posts, fact.posts_by_unit, fact.compliant_by_unit)
        values = (1, fact.items, fact.total_idr, donated, own_use, *posts)
        _add(self.units.setdefault((fact.unit_code, fact.local_date), [0] * len(UNIT_FIELDS)), values, sign)
        for tally, code in ((self.channels, fact.channel), (self.sellers, fact.seller_code)):
            _add(tally.setdefault((fact.tenant, code, fact.local_date), [0] * len(SALE_FIELDS)), values[:3], sign)
        for sku, quantity, price_idr in fact.lines:
            product = (fact.tenant, sku, fact.local_date)
            _add(self.products.setdefault(product, [0] * len(PRODUCT_FIELDS)), (quantity, quantity * price_idr), sign)
        week = (fact.unit_code, fact.programme, fact.local_date - timedelta(days=fact.local_date.weekday()))
        _add(self.rounds.setdefault(week, [0] * len(ROUND_FIELDS)), (1, donated), sign)
        for buyer_key in fact.buyer_keys:
            self.buyers[(fact.unit_code, buyer_key)] += sign
            self.day_buyers[(fact.unit_code, fact.local_date, fact.programme, buyer_key)] += sign

    def add_told(self, fact: PurchaseFact) -> None:
        """Count a purchase for the source that told it first. A later correction or void does not take that back."""
        if fact.recorded_on:
            key = (fact.tenant, fact.source, fact.recorded_on)
            _add(self.sources.setdefault(key, [0] * len(SOURCE_FIELDS)), (1, fact.latency_seconds), 1)


def _add(sums: list[int], values: Iterable[int], sign: int) -> None:
    for place, value in enumerate(values):
        sums[place] += sign * value


def of_purchase(
    old: PurchaseFact | None,
    kind: str,
    version: int,
    body: Mapping[str, Any],
    city: Reference,
    told_at: datetime | None = None,
) -> PurchaseFact | None:
    """The fact after an event of `city` told at `told_at`, or None when a later version is known.

    Raises KeyError, ValueError on a wrong body.
    """
    if old is not None and old.version >= version:
        return None
    if kind == "purchase.voided.v1":
        kept = () if old is None else old[4:]
        return PurchaseFact(body["purchase_id"], city.tenant, version, True, *kept)
    at = moment(body["purchased_at"])
    wanted = hashtags_of(body, city)
    posts = [(post["by"] == "unit", is_compliant(post["hashtags"], wanted)) for post in body["posts"]]
    return PurchaseFact(
        body["purchase_id"],
        city.tenant,
        version,
        False,
        body["unit_code"],
        tuple(body.get("contributor_keys", ())) or (body["buyer_key"],),
        body["seller_code"],
        body["channel"],
        body["purpose"],
        body["programme"],
        whole(sum(line["quantity"] for line in body["lines"])),
        whole(body["total_idr"]),
        len(posts),
        sum(compliant for _, compliant in posts),
        city.date_of(at),
        at,
        body["source"],
        body["pickup_kelurahan"],
        *_recorded(old, at, city, told_at),
        sum(by_unit for by_unit, _ in posts),
        sum(by_unit and compliant for by_unit, compliant in posts),
        tuple((line["sku"], line["quantity"], line["unit_price_idr"]) for line in body["lines"]),
    )


def _recorded(
    old: PurchaseFact | None, at: datetime, city: Reference, told_at: datetime | None
) -> tuple[date | None, int]:
    """The day on which a purchase was recorded first, and the seconds that it had taken; kept by later versions."""
    if old is not None:
        return old.recorded_on, old.latency_seconds
    if told_at is None:
        return None, 0
    return city.date_of(told_at), round((told_at - at).total_seconds())


def hashtags_of(body: Mapping[str, Any], city: Reference) -> frozenset[str]:
    """The hashtags that the purchase's programme asks for, folded."""
    return city.programmes[body["programme"]].folded_hashtags


def is_compliant(hashtags: Iterable[str], wanted: frozenset[str]) -> bool:
    """All wanted hashtags (folded) in one post, compared without case, width and `#`."""
    return _folded(tuple(hashtags)) >= wanted


@lru_cache  # most posts bear the same
def _folded(hashtags: tuple[str, ...]) -> frozenset[str]:
    return frozenset(fold(tag.lstrip("#＃")) for tag in hashtags)

"""Rules of the intake: a submission becomes its content, or all its reasons at once (contracts.md §2)."""

from __future__ import annotations

import re
from collections.abc import Iterator
from datetime import UTC, date, datetime, time, timedelta
from typing import Any, TypeVar

import orjson
from pydantic import ValidationError

from shared.access.model import Scope
from shared.contracts.envelope import MAX_BODY_BYTES
from shared.contracts.reasons import Reason, reasons_of_form
from shared.contracts.submissions import PurchaseSubmission, VoidSubmission, plain_nip
from shared.reference.model import Dated, Programme, Reference

SKEW = timedelta(minutes=5)  # clocks of publishers differ
LONGEST_LIFE = timedelta(days=3650)  # of goods: beyond it a date is a slip
Content = TypeVar("Content")
_DIGITS = re.compile(r"[0-9]{18}")


def unfit(raw: dict[str, Any]) -> str:
    """The code of why a submission cannot even be kept as it is: too large, or nested too deep; empty when it can."""
    try:
        return "TOO_LARGE" if len(orjson.dumps(raw)) > MAX_BODY_BYTES else ""
    except orjson.JSONEncodeError:
        return "INVALID_JSON"


def read_purchase(raw: dict[str, Any], reference: Reference, now: datetime) -> PurchaseSubmission | list[Reason]:
    """The submission, or every reason against it: of its form and of the rules together."""
    reasons: list[Reason] = []
    submission: PurchaseSubmission | None = None
    try:
        submission = PurchaseSubmission.model_validate(raw)
    except ValidationError as error:
        reasons = reasons_of_form(error)
    else:
        reasons = list(_unreadable(submission))
    known_paths = {reason.path for reason in reasons}
    reasons += [reason for reason in _broken_rules(raw, reference, now) if reason.path not in known_paths]
    return reasons if reasons or submission is None else submission


def read_void(raw: dict[str, Any]) -> VoidSubmission | list[Reason]:
    """The void, or every reason against it."""
    try:
        return VoidSubmission.model_validate(raw)
    except ValidationError as error:
        return reasons_of_form(error)


def within(scope: Scope, source: str, raw: dict[str, Any], content: Content | list[Reason]) -> Content | list[Reason]:
    """The content, or every reason against it, now also that it is not the sender's to tell."""
    outside = scope.outside(source, raw.get("unit_code"))
    if not outside:
        return content
    reasons = content if isinstance(content, list) else []
    known_paths = {reason.path for reason in reasons}
    return [*reasons, *(reason for reason in outside if reason.path not in known_paths)]


def _unreadable(submission: PurchaseSubmission) -> Iterator[Reason]:
    """U+0000 is valid JSON, but no row can hold it. Looked for in the whole text first: it is rare."""
    if r"\u0000" not in submission.canonical:
        return
    waiting: list[tuple[str, object]] = [("", submission.model_dump())]
    while waiting:
        path, value = waiting.pop()
        if isinstance(value, str) and "\x00" in value:
            yield Reason.of("INVALID_TEXT", path)
        elif isinstance(value, (dict, tuple)):
            items = value.items() if isinstance(value, dict) else enumerate(value)
            waiting += [(f"{path}.{name}".lstrip("."), item) for name, item in items]


def _broken_rules(raw: dict[str, Any], reference: Reference, now: datetime) -> Iterator[Reason]:
    """Rules that need more than the field's form; each looks at raw values and is silent where the form is wrong."""
    unit, seller_code, channel = raw.get("unit_code"), raw.get("seller_code"), raw.get("channel")
    code = raw.get("programme", PurchaseSubmission.model_fields["programme"].default)
    programme = reference.programmes.get(code) if isinstance(code, str) else None
    if isinstance(code, str) and programme is None:
        yield Reason.of("UNKNOWN_PROGRAMME", "programme")
    if isinstance(unit, str) and not _in_use(reference.units.get(unit), raw, reference, now):
        yield Reason.of("UNKNOWN_UNIT", "unit_code")
    if isinstance(seller_code, str):
        seller = reference.sellers.get(seller_code)
        if seller is None or not _in_use(seller, raw, reference, now):
            yield Reason.of("UNKNOWN_SELLER", "seller_code")
        elif isinstance(channel, str) and (
            channel != seller.channel or (programme and channel not in programme.channels)
        ):
            yield Reason.of("CHANNEL_MISMATCH", "channel")
    pickup = raw.get("pickup")
    if isinstance(pickup, dict) and isinstance(pickup.get("kelurahan"), str):
        region = reference.regions.get(pickup["kelurahan"])
        if region is None or not region.is_kelurahan:
            yield Reason.of("UNKNOWN_KELURAHAN", "pickup.kelurahan")
    yield from _of_buyers(raw, now)
    yield from _of_times(raw, reference, programme, now)
    yield from _of_lines(raw, reference, now)


def _in_use(item: Dated | None, raw: dict[str, Any], city: Reference, now: datetime) -> bool:
    """Whether an item is known, and active on the day of the purchase (today, where that is not readable)."""
    if item is None or item.retired_from is None:
        return item is not None
    bought = _moment(raw.get("purchased_at"))
    try:
        return item.is_active_on(city.date_of(bought if bought and bought.tzinfo else now))
    except OverflowError:
        return item.is_active_on(city.date_of(now))  # beyond any calendar: that the moment is wrong is told anyway


def _of_buyers(raw: dict[str, Any], now: datetime) -> Iterator[Reason]:
    """One buyer, or contributors, each once, who together gave no more than the total."""
    buyer, contributors = raw.get("buyer"), raw.get("contributors")
    if bool(buyer) == bool(contributors):
        yield Reason.of("BUYER_OR_CONTRIBUTORS", "buyer")
    if isinstance(buyer, dict) and isinstance(buyer.get("nip"), str) and not is_nip(buyer["nip"], now.date()):
        yield Reason.of("INVALID_NIP", "buyer.nip")
    if not isinstance(contributors, list):
        return
    seen: set[str] = set()
    given = 0
    for number, contributor in enumerate(contributors):
        nip = contributor.get("nip") if isinstance(contributor, dict) else None
        amount = contributor.get("amount_idr") if isinstance(contributor, dict) else None
        given += amount if type(amount) is int else 0
        if not isinstance(nip, str):
            continue
        if not is_nip(nip, now.date()):
            yield Reason.of("INVALID_NIP", f"contributors.{number}.nip")
        elif plain_nip(nip) in seen:
            yield Reason.of("DUPLICATE_CONTRIBUTOR", f"contributors.{number}.nip")
        seen.add(plain_nip(nip))
    if type(raw.get("total_idr")) is int and given > raw["total_idr"]:
        yield Reason.of("CONTRIBUTIONS_EXCEED_TOTAL", "contributors")


def _moment(value: object) -> datetime | None:
    """A time as it was written, or None where the form is wrong already."""
    try:
        return datetime.fromisoformat(value) if isinstance(value, str) else None
    except ValueError:
        return None


def _of_times(raw: dict[str, Any], city: Reference, programme: Programme | None, now: datetime) -> Iterator[Reason]:
    earliest = _begin_of(programme.earliest_purchase_on, city) if programme else datetime.min.replace(tzinfo=UTC)
    ends_on = programme.ends_on if programme else None
    bought = _moment(raw.get("purchased_at"))
    if bought is not None and bought.tzinfo is None:
        yield Reason.of("MISSING_OFFSET", "purchased_at")
    elif bought is not None and bought > now + SKEW:
        yield Reason.of("PURCHASED_IN_FUTURE", "purchased_at")
    elif bought is not None and bought < earliest:
        yield Reason.of("PURCHASED_TOO_EARLY", "purchased_at")
    elif bought is not None and ends_on and bought >= _begin_of(ends_on + timedelta(days=1), city):
        yield Reason.of("PURCHASED_TOO_LATE", "purchased_at")
    for name, field, until in (("lines", "expires_at", now + LONGEST_LIFE), ("posts", "posted_at", now + SKEW)):
        items = raw.get(name)
        for number, item in enumerate(items if isinstance(items, list) else ()):
            at = _moment(item.get(field)) if isinstance(item, dict) else None
            if at is not None and at.tzinfo is not None and not earliest <= at <= until:
                yield Reason.of("TIME_OUT_OF_RANGE", f"{name}.{number}.{field}")


def _begin_of(day: date, city: Reference) -> datetime:
    return datetime.combine(day, time.min, city.zone)


def _of_lines(raw: dict[str, Any], reference: Reference, now: datetime) -> Iterator[Reason]:
    lines = raw.get("lines")
    if not isinstance(lines, list):
        return
    total = 0
    for number, line in enumerate(lines):
        if not isinstance(line, dict):
            return
        sku, quantity, price = line.get("sku"), line.get("quantity"), line.get("unit_price_idr")
        known = reference.products.get(sku) if isinstance(sku, str) else None
        if known is not None and not _in_use(known, raw, reference, now):
            yield Reason.of("INACTIVE_SKU", f"lines.{number}.sku")
        elif known is None and isinstance(sku, str) and not line.get("product"):
            yield Reason.of("UNKNOWN_SKU", f"lines.{number}.sku")
        yield from _of_kit(line.get("product"), f"lines.{number}.product.contents", reference)
        if type(quantity) is not int or type(price) is not int:
            return
        total += quantity * price
    if type(raw.get("total_idr")) is int and raw["total_idr"] != total:
        yield Reason.of("TOTAL_MISMATCH", "total_idr")


def _of_kit(product: object, path: str, reference: Reference) -> Iterator[Reason]:
    contents = product.get("contents") if isinstance(product, dict) else None
    for number, content in enumerate(contents if isinstance(contents, list) else ()):
        sku = content.get("sku") if isinstance(content, dict) else None
        if isinstance(sku, str) and sku not in reference.products:
            yield Reason.of("UNKNOWN_SKU", f"{path}.{number}.sku")


def is_nip(value: str, today: date) -> bool:
    """18 digits that parse as the NIP of a PNS or the NI of a PPPK; spaces, dots and dashes are dropped first.

    Birth date, year of appointment at least 16 years later, sex 1 or 2, serial not 000 (Peraturan Kepala BKN
    22/2007). Digits 13-14 above 12 are a PPPK's, not a mistake.
    """
    digits = plain_nip(value)
    if not _DIGITS.fullmatch(digits) or digits[14] not in "12" or digits[15:] == "000":
        return False
    try:
        born = date(int(digits[:4]), int(digits[4:6]), int(digits[6:8]))
    except ValueError:
        return False
    return born.year + 16 <= int(digits[8:12]) <= today.year

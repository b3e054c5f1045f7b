"""Any order and duplication of events gives the same tallies."""

from __future__ import annotations

import dataclasses
import random
from collections import Counter
from typing import Any
from zoneinfo import ZoneInfo

import pytest
from hypothesis import given
from hypothesis import strategies as st

from services.reporting.domain.contribution import Deltas, PurchaseFact, is_compliant, of_purchase
from shared.reference.load import load

DEPOK = load("3276")


TAGS = ["#ASNDepokPeduli", "beliprodukumkmdepok"]
POSTS = ((TAGS, "asn"), (TAGS[:1], "unit"), (TAGS, "unit"))


def body(purchase: int, unit: str, items: int, day: int) -> dict[str, Any]:
    return {
        "purchase_id": f"p{purchase}",
        "unit_code": unit,
        "buyer_key": f"b{purchase % 2}",
        "seller_code": "s",
        "channel": "koperasi_depok",
        "purpose": "donation" if items % 2 else "own_use",
        "programme": "isoman",
        "source": "/pos",
        "pickup_kelurahan": "32.76.06.1001",
        "lines": [{"sku": f"s{items % 2}", "quantity": items, "unit_price_idr": 1000}],
        "total_idr": items * 1000,
        "posts": [{"hashtags": tags, "by": by} for tags, by in POSTS[: items % 4]],
        "purchased_at": f"2021-07-{day:02}T16:30:00+00:00",
    }


def tallies(events: list[tuple[str, int, dict[str, Any]]]) -> tuple[object, ...]:
    facts: dict[str, PurchaseFact] = {}
    deltas = Deltas()
    for kind, version, data in events:
        old = facts.get(data["purchase_id"])
        fact = of_purchase(old, kind, version, data, DEPOK)
        if fact is not None:
            if old is not None:
                deltas.add(old, -1)
            deltas.add(fact, 1)
            facts[data["purchase_id"]] = fact
    sums = (deltas.units, deltas.channels, deltas.sellers, deltas.products, deltas.rounds)
    return *({key: values for key, values in tally.items() if any(values)} for tally in sums), +Counter(deltas.buyers)


change = st.tuples(st.sampled_from(["u1", "u2"]), st.integers(1, 9), st.integers(1, 31), st.booleans())


@given(st.lists(st.lists(change, min_size=1, max_size=4), max_size=5), st.randoms(use_true_random=False))
def test_any_order_and_duplication_gives_the_same_tallies(
    histories: list[list[tuple[str, int, int, bool]]], draw: random.Random
) -> None:
    events = []
    for purchase, history in enumerate(histories):
        for version, (unit, items, day, is_void) in enumerate(history, start=1):
            kind = "purchase.voided.v1" if is_void and version > 1 else "purchase.recorded.v1"
            events.append((kind, version, body(purchase, unit, items, day)))
    shuffled = events + draw.choices(events, k=len(events)) if events else []
    draw.shuffle(shuffled)
    assert tallies(shuffled) == tallies(events)


def test_half_past_eleven_in_the_evening_is_still_that_day() -> None:
    fact = of_purchase(None, "purchase.recorded.v1", 1, body(1, "u", 1, 31), DEPOK)
    assert fact is not None
    assert fact.local_date.isoformat() == "2021-07-31"


def test_a_post_needs_both_hashtags() -> None:
    wanted = DEPOK.programmes["isoman"].folded_hashtags
    assert is_compliant(["#asndepokpeduli", "BELIPRODUKUMKMDEPOK", "lain"], wanted)
    assert not is_compliant(["ASNDepokPeduli"], wanted)


@pytest.mark.parametrize(("zone", "day"), [("Asia/Jakarta", 22), ("Asia/Makassar", 22), ("Asia/Jayapura", 23)])
def test_a_day_is_the_citys_day(zone: str, day: int) -> None:
    city = dataclasses.replace(DEPOK, zone=ZoneInfo(zone))
    late = {**body(1, "u", 1, 22), "purchased_at": "2021-07-22T15:30:00+00:00"}
    fact = of_purchase(None, "purchase.recorded.v1", 1, late, city)
    assert fact is not None
    assert fact.local_date.day == day

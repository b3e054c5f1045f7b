"""Who gets what: the hard rules always hold, the same input gives the same plan, and scarce goods reach most people."""

from __future__ import annotations

import random
from collections import Counter
from datetime import UTC, datetime, timedelta
from uuid import UUID

from hypothesis import given
from hypothesis import strategies as st

from services.distribution.domain.allocation import Plan, Rules, Snapshot, allocate, travel_hours, usable
from services.distribution.domain.explain import explain
from services.distribution.domain.household import Household
from services.distribution.domain.stock import Lot
from shared.reference.load import load

NOW = datetime(2021, 7, 22, 3, tzinfo=UTC)
REFERENCE = load("3276")
KECAMATAN = {code: region.kecamatan_code for code, region in REFERENCE.regions.items()}
KELURAHAN = sorted(code for code, region in REFERENCE.regions.items() if region.level == "kelurahan")[:8]
SKUS = sorted(REFERENCE.products)

lots = st.builds(
    lambda number, sku, place, pieces, hours: Lot(
        UUID(int=number), UUID(int=number), 1, sku, place, pieces, NOW + timedelta(hours=hours), {"available": pieces}
    ),
    st.integers(1, 10**6),
    st.sampled_from(SKUS),
    st.sampled_from(KELURAHAN),
    st.integers(1, 20),
    st.integers(1, 300),
)
households = st.builds(
    lambda number, place, size, groups, allergens, days, packets, has_open: Household(
        UUID(int=number),
        place,
        1,
        size,
        frozenset(groups),
        frozenset(allergens),
        NOW - timedelta(days=1),
        NOW + timedelta(days=days),
        {"food": 6 * packets},
        packets,
        has_open,
    ),
    st.integers(1, 10**6),
    st.sampled_from(KELURAHAN),
    st.integers(1, 7),
    st.sets(st.sampled_from(["infant", "elderly", "diabetic", "no_cook", "alone"])),
    st.sets(st.sampled_from(["egg", "milk", "fish"])),
    st.integers(0, 10),
    st.integers(0, 2),
    st.booleans(),
)
cities = st.tuples(
    st.lists(lots, max_size=12, unique_by=lambda lot: lot.lot_id),
    st.lists(households, max_size=12, unique_by=lambda home: home.household_id),
)


def plan(goods: list[Lot], homes: list[Household], rules: Rules | None = None) -> Plan:
    return allocate(Snapshot(goods, homes, REFERENCE.products, KECAMATAN), rules or Rules(), NOW, "seed")


@given(cities)
def test_the_hard_rules_hold_for_every_packet(city: tuple[list[Lot], list[Household]]) -> None:
    goods, homes = city
    found = plan(goods, homes)
    used: Counter[UUID] = Counter()
    for packet in found.packets:
        assert not packet.household.has_open
        grams = 0
        for lot, pieces in packet.lines:
            product = REFERENCE.products[lot.sku]
            hours = travel_hours(lot, packet.household, KECAMATAN, Rules())
            assert usable(lot, product, packet.household, NOW + timedelta(hours=hours)) is None
            used[lot.lot_id] += pieces
            grams += pieces * product.weight_g
        assert grams <= Rules().packet_grams
    assert all(used[lot.lot_id] <= lot.balances["available"] for lot in goods)
    served = [packet.household.household_id for packet in found.packets]
    assert len(set(served)) == len(served)
    assert set(served) | set(found.waiting) == {home.household_id for home in homes}
    assert not set(served) & set(found.waiting)


@given(cities, st.randoms(use_true_random=False))
def test_the_order_of_the_input_does_not_matter(city: tuple[list[Lot], list[Household]], draw: random.Random) -> None:
    goods, homes = city
    first = plan(goods, homes)
    draw.shuffle(goods)
    draw.shuffle(homes)
    assert plan(goods, homes) == first


def home(number: int, size: int = 2, packets: int = 0) -> Household:
    place = KELURAHAN[0]
    begin, end = NOW - timedelta(days=1), NOW + timedelta(days=6)
    return Household(UUID(int=number), place, 1, size, frozenset(), frozenset(), begin, end, {}, packets)


def goods(pieces: int, hours: int = 200, number: int = 1, place: str = KELURAHAN[0]) -> Lot:
    until = NOW + timedelta(hours=hours)
    return Lot(UUID(int=number), UUID(int=9), 1, "BERAS-5KG", place, pieces, until, {"available": pieces})


@given(st.integers(0, 12), st.integers(0, 6), st.integers(1, 12))
def test_more_of_one_product_never_reaches_fewer_people(pieces: int, more: int, count: int) -> None:
    homes = [home(number, size=1 + number % 5) for number in range(1, count + 1)]
    reached = [
        sum(packet.household.size for packet in plan([goods(n)], homes).packets) for n in (pieces, pieces + more)
    ]
    assert reached[0] <= reached[1]


def test_scarce_goods_reach_the_most_people_who_have_nothing() -> None:
    found = plan([goods(2)], [home(1, 1), home(2, 6), home(3, 4), home(4, 9, packets=1)])
    assert {packet.household.size for packet in found.packets} == {6, 4}
    assert found.waiting[UUID(int=1)] == "NO_USABLE_GOODS"
    first = next(packet for packet in found.packets if packet.household.size == 6)
    assert first.why[0] == "FIRST_PACKET"
    assert "Lebih banyak orang" in explain(first.why, "auditor")
    assert explain(first.why, "household") == "Ini paket pertama untuk keluarga Anda."


def test_of_usable_goods_those_that_spoil_first_go_first_then_the_nearest() -> None:
    late, soon = goods(5, hours=300, number=1), goods(5, hours=50, number=2)
    assert plan([late, soon], [home(1)]).packets[0].lines[0][0] == soon
    near, far = goods(5, number=4), goods(5, number=3, place=KELURAHAN[-1])
    assert plan([far, near], [home(1)]).packets[0].lines[0][0] == near


def test_goods_that_would_arrive_spoilt_or_late_stay() -> None:
    assert plan([goods(5, hours=3)], [home(1)]).packets == ()


def test_a_full_team_gets_no_more() -> None:
    found = plan([goods(9)], [home(number) for number in range(1, 6)], Rules(open_tasks=2))
    assert len(found.packets) == 2
    assert set(found.waiting.values()) == {"TEAM_FULL"}

"""Who gets what: the hard rules always hold, the same input gives the same plan, and scarce goods reach most people."""

from __future__ import annotations

import random
from collections import Counter
from dataclasses import replace
from datetime import timedelta
from itertools import product as every
from uuid import UUID

import pytest
from hypothesis import given
from hypothesis import strategies as st

from services.distribution.domain.allocation.plan import allocate
from services.distribution.domain.allocation.rules import Travel, usable
from services.distribution.domain.allocation.snapshot import Plan, Reached, Rules
from services.distribution.domain.household import Household
from services.distribution.domain.stock import Lot
from tests.support import cities
from tests.support.cities import BANDUNG, KELURAHAN, KIT, NOW, REFERENCE, goods, home, plan, seen

ROOMY = Rules(doors_a_day=1000)


def reached(found: Plan) -> int:
    """Persons with their first packet."""
    return sum(packet.household.size for packet in found.packets if packet.household.packets == 0)


@given(cities.stocks, cities.homes)
def test_the_hard_rules_hold_for_every_packet(stock: list[Lot], people: list[Household]) -> None:
    found, travel = plan(stock, people), Travel(seen(stock, people), Rules(), NOW)
    used: Counter[UUID] = Counter()
    for packet in found.packets:
        assert not packet.household.has_open
        grams = 0
        for lot, pieces in packet.lines:
            assert usable(lot, REFERENCE.products[lot.sku], packet.household, travel, Rules()) is None
            used[lot.lot_id] += pieces
            grams += pieces * REFERENCE.products[lot.sku].weight_g
        assert grams <= Rules().packet_grams
        assert packet.arrives_at < packet.deliver_before
    for lot in stock:
        assert lot.lot_id not in found.idle or used[lot.lot_id] + found.idle[lot.lot_id] == lot.balances["available"]
        assert used[lot.lot_id] <= lot.balances["available"]
    served = [packet.household.household_id for packet in found.packets]
    assert len(set(served)) == len(served)
    assert set(served) | set(found.waiting) == {one.household_id for one in people}
    assert not set(served) & set(found.waiting)


@given(cities.stocks, cities.homes, st.randoms(use_true_random=False))
def test_the_order_of_the_input_does_not_matter(stock: list[Lot], people: list[Household], draw: random.Random) -> None:
    first = plan(stock, people)
    draw.shuffle(stock)
    draw.shuffle(people)
    assert plan(stock, people) == first


@given(cities.stocks, cities.homes, cities.lots)
def test_more_goods_never_reach_fewer_people(stock: list[Lot], people: list[Household], more: Lot) -> None:
    others = [lot for lot in stock if lot.lot_id != more.lot_id]
    assert reached(plan(others, people, ROOMY)) <= reached(plan([*others, more], people, ROOMY))


@given(
    st.lists(cities.lots, max_size=4, unique_by=lambda lot: lot.lot_id),
    st.lists(cities.households, max_size=5, unique_by=lambda one: one.household_id),
)
def test_nobody_could_reach_more_people_with_one_piece_each(stock: list[Lot], people: list[Household]) -> None:
    scarce = [replace(lot, balances={"available": 1}) for lot in stock]
    travel = Travel(seen(scarce, people), ROOMY, NOW)
    able = [one for one in people if not one.has_open and one.packets == 0 and one.isolation_until > NOW]
    wanted = {
        (one.household_id, lot.lot_id)
        for one, lot in every(able, scarce)
        if usable(lot, REFERENCE.products[lot.sku], one, travel, ROOMY) is None
        and reached(plan([lot], [one], ROOMY))  # it also serves a need
    }
    best = 0
    for choice in every([None, *(lot.lot_id for lot in scarce)], repeat=len(able)):
        given_out = [lot for lot in choice if lot is not None]
        pairs = [(one, lot) for one, lot in zip(able, choice, strict=True) if lot is not None]
        if len(set(given_out)) == len(given_out) and all((one.household_id, lot) in wanted for one, lot in pairs):
            best = max(best, sum(one.size for one, _ in pairs))
    assert reached(plan(scarce, people, ROOMY)) == best


@given(cities.stocks, cities.homes, st.data())
def test_one_household_less_never_harms_those_above_it(
    stock: list[Lot], people: list[Household], data: st.DataObject
) -> None:
    of = {place: Reached(0, 100) for place in KELURAHAN}  # how much is needed stays as it was
    found = allocate(seen(stock, people, of), ROOMY, NOW, "seed")
    ranked = [packet.household for packet in found.packets]
    if not ranked:
        return
    gone = data.draw(st.integers(0, len(ranked) - 1))
    left = [one for one in people if one != ranked[gone]]
    after = allocate(seen(stock, left, of), ROOMY, NOW, "seed")
    served = {packet.household.household_id for packet in after.packets}
    assert {one.household_id for one in ranked[:gone]} <= served


def test_scarce_goods_reach_the_most_people_who_have_nothing() -> None:
    found = plan([goods(2)], [home(1, 1), home(2, 6), home(3, 4), home(4, 9, packets=1)])
    assert {packet.household.size for packet in found.packets} == {6, 4}
    assert found.waiting[UUID(int=1)].code == "NO_GOODS"


def test_a_household_that_can_use_other_goods_makes_room_for_one_that_cannot() -> None:
    diabetic = replace(home(2, 3), groups=frozenset({"diabetic"}))
    for_both, not_for_diabetics = goods(1, 20, number=1, sku="BERAS-MERAH-1KG"), goods(1, 300, number=2)
    found = plan([for_both, not_for_diabetics], [home(1, 5), diabetic])
    assert {packet.household.household_id: packet.lines[0][0] for packet in found.packets} == {
        UUID(int=1): not_for_diabetics,
        UUID(int=2): for_both,
    }


def test_what_spoils_soon_goes_first_then_the_nearest_however_the_seconds_fall() -> None:
    late, soon = goods(5, hours=300, number=1), goods(5, hours=50, number=2)
    assert plan([late, soon], [home(1)]).packets[0].lines[0][0] == soon
    near, far = goods(5, hours=201, number=4), goods(5, hours=200, number=3, place=KELURAHAN[-1])
    assert plan([far, near], [home(1)]).packets[0].lines[0][0] == near


def test_goods_that_no_near_household_can_use_spill_over_to_the_next_kecamatan() -> None:
    place = next(code for code in REFERENCE.kelurahan if REFERENCE.regions[code].kecamatan_code != "32.76.01")
    found = plan([goods(1)], [home(1, place=place)])
    assert found.spilled == 1
    assert "FROM_CITY" in found.packets[0].why


def test_goods_outside_of_the_city_are_never_planned_also_beside_its_own() -> None:
    assert REFERENCE.regions.get(BANDUNG) is None
    away, own = goods(9, place=BANDUNG), goods(1, number=2)
    alone = plan([away], [home(1)])
    assert alone.packets == ()
    assert alone.waiting[UUID(int=1)].code == "NO_GOODS"
    lines = [line for packet in plan([away, own], [home(1), home(2)]).packets for line in packet.lines]
    assert lines == [(own, 1)]
    travel = Travel(seen([away, own], [home(1)]), ROOMY, NOW)
    rice = REFERENCE.products[own.sku]
    assert usable(away, rice, home(1), travel, ROOMY) == "OUTSIDE_THE_CITY"
    assert usable(own, rice, home(1), travel, ROOMY) is None


def test_a_packet_is_mixed_and_balanced_and_not_too_heavy() -> None:
    stock = [goods(9, number=1), goods(9, number=2, sku="TELUR-AYAM-1KG"), goods(9, number=3, sku="SABUN-MANDI-4")]
    known = [lot for lot in stock if lot.sku in REFERENCE.products]
    lines = plan(known, [home(1, size=6)]).packets[0].lines
    assert {lot.lot_id for lot, _ in lines} == {lot.lot_id for lot in known}
    assert sum(REFERENCE.products[lot.sku].weight_g * pieces for lot, pieces in lines) <= 12_000


def test_a_kit_is_never_opened() -> None:
    found = plan([goods(2, sku=KIT)], [home(1, size=1), home(2, size=1), home(3, size=1)])
    assert [(packet.lines[0][0].sku, packet.lines[0][1]) for packet in found.packets] == [(KIT, 1), (KIT, 1)]


def test_cold_goods_go_no_further_than_they_keep() -> None:
    cold = next(sku for sku, item in sorted(REFERENCE.products.items()) if item.storage == "chill" and item.halal)
    assert plan([goods(1, sku=cold)], [home(1)]).packets
    assert not plan([goods(1, sku=cold)], [home(1, place=KELURAHAN[1])]).packets
    with_a_queue = replace(seen([goods(1, sku=cold)], [home(1)]), open_tasks={KELURAHAN[0]: 24})
    assert allocate(with_a_queue, Rules(), NOW, "seed").packets  # it waits for its team in the cold


def test_the_need_of_the_days_that_are_left_is_not_exceeded() -> None:
    lines = plan([goods(50, sku="TELUR-AYAM-1KG")], [home(1, size=1, days=1)]).packets[0].lines
    assert [pieces for _, pieces in lines] == [1]


def test_goods_that_would_arrive_spoilt_or_late_stay_and_the_waiting_know_why() -> None:
    found = plan([goods(5, hours=3)], [home(1)])
    assert found.packets == ()
    assert found.waiting[UUID(int=1)].code == "NOT_IN_TIME"
    assert found.idle == {UUID(int=1): 5}


def test_a_full_team_gets_no_more_and_its_waiters_are_promised_its_next_days() -> None:
    people = [home(number) for number in range(1, 6)]
    shift = NOW + timedelta(hours=23)
    snapshot = replace(seen([goods(9)], people), next_shift=shift, done_today={KELURAHAN[0]: 1})
    found = allocate(snapshot, Rules(doors_a_day=2), NOW, "seed")
    assert len(found.packets) == 1
    promises = sorted(str(told.promised_at) for told in found.waiting.values() if told.code == "TEAM_FULL")
    first = shift + timedelta(hours=4)
    assert promises == sorted(str(first + timedelta(days=days)) for days in (0, 0, 1, 1))


def test_who_waits_for_goods_is_promised_what_the_last_days_brought_and_nothing_too_late() -> None:
    people = [home(number) for number in range(1, 7)]
    snapshot = replace(seen([], people), next_shift=NOW + timedelta(hours=23), packets_a_day=1)
    found = allocate(snapshot, Rules(), NOW, "seed")
    assert {told.code for told in found.waiting.values()} == {"NO_GOODS"}
    days = sorted((told.promised_at - NOW).days for told in found.waiting.values() if told.promised_at)
    assert days == [1, 2, 3, 4, 5]
    assert sum(told.promised_at is None for told in found.waiting.values()) == 1


def test_of_equals_the_kelurahan_with_fewer_reached_comes_first() -> None:
    people = [home(1, packets=1), home(2), home(3, place=KELURAHAN[1])]
    found = plan([goods(1, sku="BERAS-5KG")], people)
    assert found.packets[0].household.household_id == UUID(int=3)
    assert any(code.startswith("LOWER_KELURAHAN:0.0:50.0") for code in found.packets[0].why)


def test_with_goods_that_are_expected_the_one_that_cannot_wait_goes_before_a_larger_that_can() -> None:
    large, small = home(1, size=4, days=8), home(2, size=2, days=1)
    now_only = allocate(seen([goods(1)], [large, small]), Rules(), NOW, "seed")
    assert now_only.packets[0].household == large
    more_to_come = replace(seen([goods(1)], [large, small]), packets_a_day=1)
    found = allocate(more_to_come, Rules(), NOW, "seed").packets[0]
    assert found.household == small
    assert "CANNOT_WAIT:0:7" in found.why


def test_nobody_is_asked_to_wait_where_larger_households_take_all_that_comes() -> None:
    new = [replace(home(number, size=5), isolation_from=NOW) for number in range(10, 31)]  # three a day
    small = home(2, size=2, days=1)
    snapshot = replace(seen([goods(1)], [*new, small]), packets_a_day=2)
    assert allocate(snapshot, Rules(), NOW, "seed").packets[0].household.size == 5


def test_goods_of_a_programme_go_to_its_households_and_all_programmes_have_the_same_teams() -> None:
    people = [home(1), home(2), *(replace(home(number), programme="bbm") for number in (3, 4))]
    stock = [goods(9), replace(goods(1, number=2), programme="bbm"), replace(goods(5, number=3), programme="none")]
    found = plan(stock, people)
    pairs = [(packet.household.programme, lot.programme) for packet in found.packets for lot, _ in packet.lines]
    assert sorted(pairs) == [("bbm", "bbm"), ("isoman", "isoman"), ("isoman", "isoman")]
    assert found.idle[UUID(int=3)] == 5
    assert len(found.waiting) == 1
    assert len(plan(stock, people, Rules(doors_a_day=2)).packets) == 2


@pytest.mark.parametrize(("pieces", "doors"), [(900, (10, 10)), (10, (13, 7)), (3, (17, 3)), (0, (20, 0))])
def test_a_team_that_cannot_serve_all_serves_each_programme_by_the_doors_that_it_has_goods_for(
    pieces: int, doors: tuple[int, int]
) -> None:
    """Forty families of each wait for 20 doors; of the second programme's goods there are so many."""
    people = [replace(home(number, size=1), programme="ab"[number % 2]) for number in range(1, 81)]
    stock = [replace(goods(900), programme="a"), replace(goods(pieces, number=2), programme="b")]
    found = plan(stock, people, Rules(doors_a_day=20))
    served = Counter(packet.household.programme for packet in found.packets)
    assert (served["a"], served["b"]) == doors
    assert len(found.waiting) == len(people) - len(found.packets)


def test_a_civil_servant_and_a_citizen_who_are_alike_are_drawn_by_lot_from_day_to_day() -> None:
    """The plan does not know who is who: over many days each has half of what there is."""
    snapshot = seen([goods(1)], [home(1), home(2)])
    days = [allocate(snapshot, Rules(), NOW, f"day {day}").packets[0].household.household_id for day in range(200)]
    assert 80 <= days.count(UUID(int=1)) <= 120
    assert not {name for name in Household.__dataclass_fields__ if "aparatur" in name}

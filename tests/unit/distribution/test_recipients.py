"""Sums of warga and of aparatur tell of no household, and of every packet once."""

from __future__ import annotations

from datetime import date, timedelta
from itertools import pairwise
from uuid import UUID

from hypothesis import given
from hypothesis import strategies as st

from services.distribution.domain.recipients import Count, Delivery, count
from shared.contracts.recipients import FEWEST, Received

MONDAY = date(2021, 7, 19)
TODAY = MONDAY + timedelta(weeks=6)


def given_to(households: range, day: int, *, is_aparatur: bool = False) -> list[Delivery]:
    """A packet of two pieces to each household, so many days after the first Monday."""
    return [Delivery(UUID(int=n), is_aparatur, MONDAY + timedelta(days=day), 1, 2) for n in households]


def received(households: int, packets: int) -> Received:
    return Received(households=households, packets=packets, pieces=2 * packets)


def test_a_week_of_few_aparatur_waits_for_the_next_and_both_are_told_as_one() -> None:
    first = given_to(range(9), 0) + given_to(range(20, 23), 6, is_aparatur=True)
    second = given_to(range(8), 7) + given_to(range(22, 26), 13, is_aparatur=True)
    assert count(first, MONDAY + timedelta(days=7)) == []
    assert count(first + second, MONDAY + timedelta(days=13)) == []
    both = Count(MONDAY, MONDAY + timedelta(days=13), received(9, 17), received(6, 7))
    assert count(first + second, MONDAY + timedelta(days=14)) == [both]


def test_warga_alone_are_told_and_aparatur_alone_are_not() -> None:
    week = MONDAY + timedelta(days=7)
    assert count(given_to(range(5), 3), week) == [
        Count(MONDAY, MONDAY + timedelta(days=6), received(5, 5), received(0, 0))
    ]
    assert count(given_to(range(4), 3), week) == []
    assert count(given_to(range(50), 3, is_aparatur=True) + given_to(range(60, 64), 3), week) == []
    assert count([], week) == []


deliveries = st.lists(
    st.tuples(st.integers(0, 30), st.integers(0, 48)).map(
        lambda drawn: Delivery(UUID(int=drawn[0]), drawn[0] % 4 == 0, MONDAY + timedelta(days=drawn[1]), 1, 3)
    ),
    max_size=150,
)


@given(deliveries)
def test_each_packet_is_in_one_count_and_each_group_is_large_or_empty(drawn: list[Delivery]) -> None:
    told = count(drawn, TODAY)
    for one, after in pairwise(told):
        assert one.last < after.first
    for counted in told:
        assert (counted.first.weekday(), counted.last.weekday()) == (0, 6)
        assert counted.last < TODAY
        within = [delivery for delivery in drawn if counted.first <= delivery.day <= counted.last]
        for group, is_aparatur in ((counted.warga, False), (counted.aparatur, True)):
            of_group = [delivery for delivery in within if delivery.is_aparatur is is_aparatur]
            assert group.packets == len(of_group)
            assert group.pieces == 3 * len(of_group)
            assert group.households == len({delivery.household_id for delivery in of_group})
            assert group.households >= (0 if is_aparatur and not of_group else FEWEST)
    counted_days = {delivery for delivery in drawn if any(c.first <= delivery.day <= c.last for c in told)}
    assert count([delivery for delivery in drawn if delivery not in counted_days], TODAY) == []


@given(deliveries)
def test_counting_each_night_tells_the_same_as_counting_once(drawn: list[Delivery]) -> None:
    told: list[Count] = []
    for night in range(1, 43):
        today = MONDAY + timedelta(days=night)
        known = [d for d in drawn if d.day < today and (not told or d.day > told[-1].last)]
        told += count(known, today)
    assert told == count(drawn, TODAY)

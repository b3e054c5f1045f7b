"""What a report or a change makes of a household: its new state, what is told of it, and whose packet is recalled."""

from __future__ import annotations

from dataclasses import replace
from datetime import UTC, datetime, timedelta
from typing import Any

import pytest

from services.distribution.domain.registration import Amendment, State, decide, leaves_door, read_amendment
from shared.contracts.field import OtherAid
from shared.reference.load import load

CITY = load("3276")
NOW = datetime(2021, 7, 22, 3, tzinfo=UTC)
HOME = State(
    kelurahan="32.76.06.1001",
    rw=3,
    size=4,
    groups=frozenset(),
    allergens=frozenset(),
    isolation_from=NOW,
    isolation_until=NOW + timedelta(days=10),
    house="here",
)


@pytest.mark.parametrize(
    ("change", "told", "is_left"),
    [
        ({}, None, False),
        ({"isolation_until": NOW + timedelta(days=13)}, "changed", False),
        ({"size": 5}, "changed", False),
        ({"released": "hospital"}, "released", True),
        ({"house": "there"}, "changed", True),
        ({"kelurahan": "32.76.06.1002"}, "changed", True),
    ],
)
def test_a_packet_is_recalled_from_a_door_that_is_left_and_from_no_other(
    change: dict[str, Any], told: str | None, is_left: bool
) -> None:
    after = replace(HOME, **change)
    assert decide(HOME, after) == told
    assert leaves_door(HOME, after) is is_left


def test_a_new_household_is_registered_and_one_that_was_never_known_can_be_released() -> None:
    assert (decide(None, HOME), leaves_door(None, HOME)) == ("registered", False)
    assert decide(None, replace(HOME, released="recovered")) == "released"


def test_a_household_from_before_houses_were_told_apart_keeps_its_packet() -> None:
    before = replace(HOME, house=None)
    assert not leaves_door(before, HOME)
    assert leaves_door(before, replace(HOME, kelurahan="32.76.06.1002"))


def test_a_change_leaves_what_it_does_not_name_and_an_rw_belongs_to_its_kelurahan() -> None:
    assert read_amendment(HOME, Amendment(), CITY) == HOME
    assert read_amendment(HOME, Amendment(rw=5), CITY) == replace(HOME, rw=5)
    moved = read_amendment(HOME, Amendment(kelurahan="32.76.06.1002"), CITY)
    assert moved == replace(HOME, kelurahan="32.76.06.1002", rw=None)
    aid = Amendment(aid=OtherAid(kind="cash", at=NOW))
    helped = read_amendment(HOME, aid, CITY)
    assert isinstance(helped, State)
    assert read_amendment(helped, aid, CITY) == helped  # told twice, it came once


@pytest.mark.parametrize(
    ("change", "code"),
    [
        (Amendment(isolation_until=NOW), "ENDS_BEFORE_IT_BEGINS"),
        (Amendment(isolation_until=NOW + timedelta(days=121)), "TIME_OUT_OF_RANGE"),
        (Amendment(isolation_until=datetime(1, 1, 1, tzinfo=CITY.zone)), "TIME_OUT_OF_RANGE"),
        (Amendment(aid=OtherAid(kind="cash", at=datetime(9999, 12, 31, tzinfo=UTC))), "TIME_OUT_OF_RANGE"),
        (Amendment(kelurahan="32.76.06"), "UNKNOWN_KELURAHAN"),
    ],
)
def test_a_change_that_cannot_be_has_its_reason(change: Amendment, code: str) -> None:
    found = read_amendment(HOME, change, CITY)
    assert isinstance(found, list)
    assert [reason.code for reason in found] == [code]

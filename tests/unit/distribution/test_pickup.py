"""When teams may come to a lumbung."""

from __future__ import annotations

from datetime import UTC, date, datetime, timedelta
from zoneinfo import ZoneInfo

import pytest

from services.distribution.domain.pickup import SLOT, day_of, first_free, free_of, slots_of, turn_of

WIB = ZoneInfo("Asia/Jakarta")
DAY = date(2021, 7, 24)
SLOTS = slots_of(DAY, WIB)
TWO_DAYS = [*SLOTS, *slots_of(DAY + timedelta(days=1), WIB)]


def test_a_day_has_a_slot_each_quarter_of_an_hour_from_8_to_16() -> None:
    assert SLOTS[0] == datetime(2021, 7, 24, 1, tzinfo=UTC)
    assert SLOTS[-1] + SLOT == datetime(2021, 7, 24, 9, tzinfo=UTC)
    assert len(SLOTS) == 32


def test_as_many_teams_come_at_once_as_the_city_says_and_the_first_turn_that_is_free_is_taken() -> None:
    assert turn_of([], 4) == 1
    assert turn_of([1, 3], 4) == 2
    assert turn_of([1, 2, 3, 4], 4) is None
    assert turn_of([1, 2, 3, 4], 5) == 5


def test_what_is_over_or_full_cannot_be_chosen() -> None:
    now = SLOTS[1] + timedelta(minutes=1)
    free = free_of(SLOTS, {SLOTS[2]: [1, 2, 3, 4], SLOTS[3]: [4]}, now, 4)
    assert free[:2] == [SLOTS[1], SLOTS[3]]  # the one that has begun is not over


@pytest.mark.parametrize(
    ("taken", "minutes", "given"),
    [
        (0, 9, 0),
        (0, 11, 1),  # it could hardly be there
        (3, 0, 3),
        (31, 0, 31),
        (32, 0, 32),  # the first of tomorrow
        (31, 8 * 60 - 3, 32),
        (32 + 32, 0, None),
    ],
)
def test_a_team_is_given_the_first_slot_that_it_can_keep(taken: int, minutes: int, given: int | None) -> None:
    full = dict.fromkeys(TWO_DAYS[:taken], (1, 2))
    now = SLOTS[0] + timedelta(minutes=minutes)
    assert first_free(full, now, WIB, 2) == (None if given is None else TWO_DAYS[given])


def test_after_the_last_slot_it_is_tomorrow() -> None:
    assert day_of(SLOTS[-1], WIB) == DAY
    assert day_of(SLOTS[-1] + SLOT, WIB) == DAY + timedelta(days=1)
    assert day_of(datetime(2021, 7, 23, 17, 30, tzinfo=UTC), WIB) == DAY  # half past midnight in Depok

"""When teams may come to a lumbung."""

from __future__ import annotations

from datetime import UTC, date, datetime, timedelta
from zoneinfo import ZoneInfo

from services.distribution.domain.pickup import SLOT, TEAMS_AT_ONCE, day_of, free_of, slots_of, turn_of

WIB = ZoneInfo("Asia/Jakarta")
DAY = date(2021, 7, 24)
SLOTS = slots_of(DAY, WIB)


def test_a_day_has_a_slot_each_quarter_of_an_hour_from_8_to_16() -> None:
    assert SLOTS[0] == datetime(2021, 7, 24, 1, tzinfo=UTC)
    assert SLOTS[-1] + SLOT == datetime(2021, 7, 24, 9, tzinfo=UTC)
    assert len(SLOTS) == 32


def test_four_teams_come_at_once_and_the_first_turn_that_is_free_is_taken() -> None:
    assert turn_of([]) == 1
    assert turn_of([1, 3]) == 2
    assert turn_of(range(1, TEAMS_AT_ONCE + 1)) is None


def test_what_is_over_or_full_cannot_be_chosen() -> None:
    now = SLOTS[1] + timedelta(minutes=1)
    free = free_of(SLOTS, {SLOTS[2]: [1, 2, 3, 4], SLOTS[3]: [4]}, now)
    assert free[:2] == [SLOTS[1], SLOTS[3]]  # the one that has begun is not over


def test_after_the_last_slot_it_is_tomorrow() -> None:
    assert day_of(SLOTS[-1], WIB) == DAY
    assert day_of(SLOTS[-1] + SLOT, WIB) == DAY + timedelta(days=1)
    assert day_of(datetime(2021, 7, 23, 17, 30, tzinfo=UTC), WIB) == DAY  # half past midnight in Depok

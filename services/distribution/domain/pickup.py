"""When teams fetch packets at a lumbung: a few at a time, so that nobody gathers there."""

from __future__ import annotations

from collections.abc import Collection, Mapping
from datetime import date, datetime, time, timedelta
from zoneinfo import ZoneInfo

OPENS, CLOSES = time(8), time(16)  # of a lumbung, in the city's own time
SLOT = timedelta(minutes=15)
TEAMS_AT_ONCE = 4  # the database holds the same number


def slots_of(day: date, zone: ZoneInfo) -> list[datetime]:
    """When the slots of a day begin."""
    at, end = (datetime.combine(day, hour, zone) for hour in (OPENS, CLOSES))
    slots = []
    while at < end:
        slots.append(at)
        at += SLOT
    return slots


def day_of(now: datetime, zone: ZoneInfo) -> date:
    """The day whose slots can be chosen: today, and from the last slot's end on tomorrow."""
    here = now.astimezone(zone)
    return here.date() if here.time() < CLOSES else here.date() + timedelta(days=1)


def free_of(slots: Collection[datetime], taken: Mapping[datetime, Collection[int]], now: datetime) -> list[datetime]:
    """The slots that are not over, and have room for one more team."""
    return [slot for slot in slots if slot + SLOT > now and turn_of(taken.get(slot, ())) is not None]


def turn_of(taken: Collection[int]) -> int | None:
    """The first turn in a slot that no team has; None when it is full."""
    return next((turn for turn in range(1, TEAMS_AT_ONCE + 1) if turn not in taken), None)

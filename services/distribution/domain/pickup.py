"""When teams fetch packets at a lumbung: a few at a time, so that nobody gathers there."""

from __future__ import annotations

from collections.abc import Collection, Mapping
from datetime import date, datetime, time, timedelta
from zoneinfo import ZoneInfo

OPENS, CLOSES = time(8), time(16)  # of a lumbung, in the city's own time
SLOT = timedelta(minutes=15)
ON_THE_WAY = timedelta(minutes=5)  # a team is given no time that it can hardly keep
LATE = SLOT  # how long its doors wait for a team that does not come in its time

Taken = Mapping[datetime, Collection[int]]  # the turns that teams have, by the beginning of their slot


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


def free_of(slots: Collection[datetime], taken: Taken, now: datetime, most: int) -> list[datetime]:
    """The slots that are not over, and have room for one more team; `most` come at once."""
    return [slot for slot in slots if slot + SLOT > now and turn_of(taken.get(slot, ()), most) is not None]


def turn_of(taken: Collection[int], most: int) -> int | None:
    """The first turn in a slot that no team has; None when all of the `most` are taken."""
    return next((turn for turn in range(1, most + 1) if turn not in taken), None)


def first_free(taken: Taken, now: datetime, zone: ZoneInfo, most: int) -> datetime | None:
    """The slot that a team is given: the first one of this day or the next that it can keep; None when all are full."""
    day = day_of(now, zone)
    slots = [*slots_of(day, zone), *slots_of(day + timedelta(days=1), zone)]
    return next(iter(free_of(slots, taken, now + ON_THE_WAY, most)), None)

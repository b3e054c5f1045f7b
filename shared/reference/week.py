"""A round is a week that is called by its Monday, in the city's own time: pledges for it close on its Thursday, and its
plan is made on its Friday.
"""

from __future__ import annotations

from datetime import date, datetime, time, timedelta
from zoneinfo import ZoneInfo

MONDAY, THURSDAY, FRIDAY = 0, 3, 4
WEEK = timedelta(weeks=1)
CLOSES = time(16)
PLANS = time(6)  # so that the plan lies there when the city's PIC begins her day
REMINDS = time(15, 30)  # then the unit's page and Setda's list say "belum" of who has not pledged


def round_of(day: date) -> date:
    """The round that a day belongs to: its Monday."""
    return day - timedelta(days=day.weekday())


def sunday_of(round_: date) -> date:
    """The last day of a round."""
    return round_ + WEEK - timedelta(days=1)


def closes_at(round_: date, zone: ZoneInfo) -> datetime:
    """The moment from which a pledge for the round is late."""
    return datetime.combine(round_ + timedelta(days=THURSDAY), CLOSES, zone)


def reminds_at(round_: date, zone: ZoneInfo) -> datetime:
    """The moment from which who has not pledged is told so."""
    return datetime.combine(round_ + timedelta(days=THURSDAY), REMINDS, zone)


def plans_at(round_: date, zone: ZoneInfo) -> datetime:
    """The moment from which the plan of the round is made, unless a person made it before."""
    return datetime.combine(round_ + timedelta(days=FRIDAY), PLANS, zone)

"""When the night's check is due."""

from __future__ import annotations

from datetime import datetime, timedelta

HOUR = 2  # of the night; nobody reports then


def is_due(last: datetime | None, now: datetime) -> bool:
    """Whether no check began since the latest 02.00 of `now`'s own zone."""
    night = now.replace(hour=HOUR, minute=0, second=0, microsecond=0)
    if night > now:
        night -= timedelta(days=1)
    return last is None or last < night

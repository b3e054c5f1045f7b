"""The one place that reads the clock; everything else takes `now` as an argument."""

from __future__ import annotations

from datetime import UTC, date, datetime
from zoneinfo import ZoneInfo

WIB = ZoneInfo("Asia/Jakarta")


def now() -> datetime:
    """The present moment, timezone-aware UTC."""
    return datetime.now(UTC)


def wib_date(at: datetime) -> date:
    """The calendar day of `at` in WIB (UTC+07:00): 23:30 WIB on 31 July is July, whatever UTC says."""
    return at.astimezone(WIB).date()

"""A check each night, also after a night in which the service was down."""

from __future__ import annotations

from datetime import datetime
from zoneinfo import ZoneInfo

import pytest

from services.reporting.domain.nightly import is_due

WIB = ZoneInfo("Asia/Jakarta")


@pytest.mark.parametrize(
    ("last", "now", "due"),
    [
        (None, "2021-07-22T10:00", True),
        ("2021-07-22T02:00", "2021-07-22T23:59", False),
        ("2021-07-22T02:00", "2021-07-23T01:59", False),
        ("2021-07-22T02:00", "2021-07-23T02:00", True),
        ("2021-07-20T02:00", "2021-07-22T01:00", True),
    ],
)
def test_once_a_night(last: str | None, now: str, due: bool) -> None:
    before = datetime.fromisoformat(last).replace(tzinfo=WIB) if last else None
    assert is_due(before, datetime.fromisoformat(now).replace(tzinfo=WIB)) is due

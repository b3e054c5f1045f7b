"""When an isolation ends, by the rules of 2021 (Keputusan Menteri Kesehatan HK.01.07/MENKES/4641/2021).

The day that is counted from is day 0: without symptoms, sampled on 12 July, out on 22 July. What a puskesmas states in
writing goes before what is reckoned here.
"""

from __future__ import annotations

from collections.abc import Sequence
from datetime import date, datetime, time, timedelta
from zoneinfo import ZoneInfo

from shared.contracts.field import Case

CONFIRMED = timedelta(days=10)  # after the specimen, or after symptoms began
FREE_OF_SYMPTOMS = timedelta(days=3)  # more, for those who had symptoms
CLOSE_CONTACT = timedelta(days=5)  # until the exit test


def expected_end(case: Case) -> date:
    """The first day on which this member is out."""
    if case.kind == "close_contact":
        return case.counted_from + CLOSE_CONTACT
    ten_days = case.counted_from + CONFIRMED
    if case.kind == "without_symptoms":
        return ten_days
    return max(ten_days, case.last_symptom_on or ten_days) + FREE_OF_SYMPTOMS


def window(cases: Sequence[Case], zone: ZoneInfo) -> tuple[datetime, datetime]:
    """From when until when a household with these members isolates: until the last of them is out.

    Raises `ValueError` without a case, `OverflowError` for a day that no calendar goes beyond.
    """
    begins = min(case.counted_from for case in cases)
    ends = max(expected_end(case) for case in cases)
    return datetime.combine(begins, time.min, zone), datetime.combine(ends, time.min, zone)

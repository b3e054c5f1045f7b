"""When an isolation ends, by the rules of 2021."""

from __future__ import annotations

from datetime import date, datetime, timedelta
from zoneinfo import ZoneInfo

import pytest
from hypothesis import given
from hypothesis import strategies as st

from services.distribution.domain.isolation import expected_end, window
from shared.contracts.field import Case

WIB = ZoneInfo("Asia/Jakarta")
JULY_12 = date(2021, 7, 12)
DAYS = st.dates(date(2021, 6, 1), date(2021, 9, 30))
CASES = st.builds(
    Case,
    kind=st.sampled_from(("without_symptoms", "with_symptoms", "close_contact")),
    counted_from=DAYS,
    last_symptom_on=st.none() | DAYS,
)


@pytest.mark.parametrize(
    ("kind", "last_symptom", "ends"),
    [
        ("without_symptoms", None, 22),  # sampled on 12 July, out on 22 July
        ("with_symptoms", None, 25),  # 10 + 3 days
        ("with_symptoms", date(2021, 7, 16), 25),  # free of symptoms sooner: still 10 + 3
        ("with_symptoms", date(2021, 7, 26), 29),  # symptoms went on: three days after them
        ("close_contact", None, 17),
    ],
)
def test_the_end_follows_from_the_kind_of_case(kind: str, last_symptom: date | None, ends: int) -> None:
    case = Case.model_validate({"kind": kind, "counted_from": JULY_12, "last_symptom_on": last_symptom})
    assert expected_end(case) == date(2021, 7, ends)


def test_a_household_isolates_until_its_last_member_is_out_in_the_citys_own_days() -> None:
    first, second = Case(kind="with_symptoms", counted_from=JULY_12), Case(kind="close_contact", counted_from=JULY_12)
    found = window([second, first], WIB)
    assert found == (datetime(2021, 7, 12, tzinfo=WIB), datetime(2021, 7, 25, tzinfo=WIB))


@given(st.lists(CASES, min_size=1, max_size=6))
def test_a_further_member_never_makes_it_shorter(cases: list[Case]) -> None:
    begins, ends = window(cases, WIB)
    assert ends - begins >= timedelta(days=5)
    for without in (cases[1:], cases[:-1]):
        if without:
            fewer = window(without, WIB)
            assert begins <= fewer[0]
            assert ends >= fewer[1]

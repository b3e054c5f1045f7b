"""A pledge is late from Thursday 16.00 on the clock of the city; who was on time may still correct the sum."""

from __future__ import annotations

from datetime import UTC, date, datetime, timedelta
from zoneinfo import ZoneInfo

import pytest

from services.purchases.domain.pledge import Pledge, decide, is_missed, read_pledge
from shared.contracts.reasons import Reason
from shared.contracts.submissions import PledgeSubmission
from shared.reference.load import load
from shared.reference.week import closes_at, round_of

WIB, WIT = ZoneInfo("Asia/Jakarta"), ZoneInfo("Asia/Jayapura")
ROUND = date(2021, 7, 26)
REFERENCE = load("3276")


CLOSES = datetime(2021, 7, 29, 9, tzinfo=UTC)  # in Depok


def said(sum_idr: int = 7_500_000, packets: int = 40) -> PledgeSubmission:
    return PledgeSubmission(round=ROUND, unit_code="32.76.DKUM", sum_idr=sum_idr, packets=packets)


@pytest.mark.parametrize(("zone", "utc_hour"), [(WIB, 9), (WIT, 7)])
def test_a_second_before_four_is_on_time_and_four_is_late(zone: ZoneInfo, utc_hour: int) -> None:
    closes = datetime(2021, 7, 29, utc_hour, tzinfo=UTC)
    assert closes_at(ROUND, zone) == closes
    assert not decide(None, said(), closes - timedelta(seconds=1), zone).is_late
    assert decide(None, said(), closes, zone).is_late


def test_the_last_word_counts_and_the_first_decides_what_is_late() -> None:
    on_time, next_day = CLOSES - timedelta(hours=1), CLOSES + timedelta(hours=15)
    first = decide(None, said(), on_time, WIB)
    assert decide(first, said(), next_day, WIB) == first
    assert decide(first, said(packets=39), next_day, WIB) == Pledge(2, 7_500_000, 39, False, next_day)


def test_a_word_that_waited_in_a_queue_counts_from_when_it_came() -> None:
    late, on_time = CLOSES + timedelta(minutes=5), CLOSES - timedelta(minutes=5)
    first = decide(None, said(packets=40), late, WIB)
    assert decide(first, said(packets=39), on_time, WIB) == Pledge(2, 7_500_000, 40, False, late)
    assert decide(first, said(packets=39), late + timedelta(minutes=1), WIB).is_late


def test_every_reason_against_a_pledge_is_told_at_once() -> None:
    wrong = {"round": "2021-07-27", "unit_code": "32.76.NIHIL", "sum_idr": 1, "packets": 1}
    found = read_pledge(wrong, REFERENCE, datetime(2021, 7, 26, tzinfo=UTC))
    assert found == [Reason.of("UNKNOWN_UNIT", "unit_code"), Reason.of("UNKNOWN_ROUND", "round")]
    found = read_pledge({"round": "x", "sum_idr": -1}, REFERENCE, datetime(2021, 7, 26, tzinfo=UTC))
    assert isinstance(found, list)
    assert {reason.path for reason in found} == {"round", "sum_idr", "unit_code", "packets"}


def test_belum_is_said_from_half_past_three_of_thursday() -> None:
    half_past_three = datetime(2021, 7, 29, 8, 30, tzinfo=UTC)
    assert not is_missed(None, ROUND, half_past_three - timedelta(seconds=1), WIB)
    assert is_missed(None, ROUND, half_past_three, WIB)
    assert not is_missed(Pledge(1, 1, 1, True, half_past_three), ROUND, half_past_three, WIB)
    assert [round_of(date(2021, 7, day)) for day in (25, 26, 31)] == [date(2021, 7, 19), ROUND, ROUND]

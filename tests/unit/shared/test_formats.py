"""Money and time as Indonesians write them."""

from __future__ import annotations

from datetime import UTC, date, datetime
from zoneinfo import ZoneInfo

from shared.web import formats


def test_money_and_parts() -> None:
    assert formats.rupiah(1_607_694_600) == "Rp1.607.694.600"
    assert formats.percent(41, 63) == "65,1 %"
    assert formats.percent(1, 0) == ""


def test_time_is_the_citys() -> None:
    at = datetime(2021, 7, 31, 16, 30, tzinfo=UTC)
    assert formats.moment(at, ZoneInfo("Asia/Jakarta")) == "31 Juli 2021 23.30 WIB"
    assert formats.moment(at, ZoneInfo("Asia/Jayapura")) == "1 Agustus 2021 01.30 WIT"
    assert formats.weekday(date(2021, 7, 29)) == "Kamis, 29 Juli 2021"


def test_a_span_says_no_word_twice() -> None:
    assert formats.days(date(2021, 7, 26), date(2021, 8, 1)) == "26 Juli – 1 Agustus 2021"
    assert formats.days(date(2021, 7, 19), date(2021, 7, 25)) == "19 – 25 Juli 2021"
    assert formats.days(date(2021, 12, 27), date(2022, 1, 2)) == "27 Desember 2021 – 2 Januari 2022"
    assert formats.days(date(2021, 7, 22), date(2021, 7, 22)) == "22 Juli 2021"


def test_decimals_have_a_comma_and_thousands_a_point() -> None:
    assert [formats.tenths(value) for value in (0, 46730.62, -1.25)] == ["0,0", "46.730,6", "-1,2"]

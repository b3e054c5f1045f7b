"""People, phones and houses are known again, however they were written."""

from __future__ import annotations

from datetime import date

import pytest

from services.distribution.domain.identity import house, identities, is_nik, mobile
from shared.contracts.field import People

TODAY = date(2021, 7, 22)
BEJI = "32.76.06.1001"


@pytest.mark.parametrize(
    ("nik", "is_good"),
    [
        ("3276060107900001", True),
        ("32.76.06.4107900001", True),  # a woman: 40 added to the day
        ("3276066902840003", True),  # a woman of 29 February 1984
        ("3276066902850003", False),  # 1985 had no such day
        ("3276063002900001", False),  # 30 February
        ("3276060113900001", False),  # month 13
        ("3276063507900001", False),  # day 35 is nobody's
        ("3276060107900000", False),  # serial 0000
        ("327606010790001", False),  # 15 digits
        ("", False),
    ],
)
def test_a_nik_has_a_day_of_birth_and_a_serial(nik: str, is_good: bool) -> None:
    assert is_nik(nik, TODAY) is is_good


@pytest.mark.parametrize(
    "written", ["0812 3456 7890", "+62 812-3456-7890", "6281234567890", "+62081234567890", "81234567890"]
)
def test_a_mobile_number_is_one_number_however_it_is_written(written: str) -> None:
    assert mobile(written) == "+6281234567890"


@pytest.mark.parametrize("written", ["", "021-7520000", "0812", "telepon RT", "+1 202 555 0100"])
def test_what_is_no_mobile_number_proves_nothing(written: str) -> None:
    assert mobile(written) == ""


def test_a_phone_holds_in_its_kelurahan_and_a_nik_everywhere() -> None:
    people = People(name="A", phone="081234567890", address="Jl. X", nik="3276.0601.0790.0001")
    assert list(identities(people, BEJI)) == [
        ("nik", "nik|3276060107900001"),
        ("phone", f"phone|{BEJI}|+6281234567890"),
    ]
    assert list(identities(People(name="A", address="Jl. X"), BEJI)) == []


def test_a_house_is_one_house_however_its_address_is_written() -> None:
    same = ["Jl. Kenanga No. 05, RT 03/RW 12", "jalan kenanga nomor 5 rt 3 rw 12", "JLN KENANGA 5 RT.003 RW.012"]
    assert len({house(People(name="A", address=address), BEJI) for address in same}) == 1
    other = People(name="A", address="Jl. Kenanga 6 RT 3 RW 12")
    assert house(other, BEJI) != house(People(name="A", address=same[0]), BEJI)
    assert house(other, BEJI) != house(other, "32.76.06.1002")

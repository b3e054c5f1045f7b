"""Rules of the intake."""

from __future__ import annotations

import dataclasses
from datetime import UTC, date, datetime
from typing import Any
from zoneinfo import ZoneInfo

import pytest

from services.purchases.domain.purchase import Purchase, Said, decide
from services.purchases.domain.submission import is_nip, read_purchase
from shared.contracts.reasons import Reason
from shared.contracts.submissions import PurchaseSubmission
from shared.reference.load import load
from tests.support.publish import purchase

NOW = datetime(2021, 7, 23, tzinfo=UTC)
REFERENCE = load("3276")


def codes(**changes: Any) -> dict[str, str]:
    found = read_purchase(purchase(**changes), REFERENCE, NOW)
    assert isinstance(found, list)
    return {reason.path: reason.code for reason in found}


def test_a_valid_purchase_is_read() -> None:
    assert isinstance(read_purchase(purchase(), REFERENCE, NOW), PurchaseSubmission)


@pytest.mark.parametrize(
    ("changes", "wanted"),
    [
        ({"unit_code": "x"}, {"unit_code": "UNKNOWN_UNIT"}),
        ({"seller_code": "x"}, {"seller_code": "UNKNOWN_SELLER"}),
        ({"channel": "umkm_binaan_opd"}, {"channel": "CHANNEL_MISMATCH"}),
        ({"pickup": {"kelurahan": "32.76.06"}}, {"pickup.kelurahan": "UNKNOWN_KELURAHAN"}),
        ({"purchased_at": "2021-07-23T07:06:00+07:00"}, {"purchased_at": "PURCHASED_IN_FUTURE"}),
        ({"purchased_at": "2021-06-30T23:59:59+07:00"}, {"purchased_at": "PURCHASED_TOO_EARLY"}),
        ({"purchased_at": "2021-07-22T10:05:00"}, {"purchased_at": "MISSING_OFFSET"}),
        ({"programme": "lain"}, {"programme": "UNKNOWN_PROGRAMME"}),
        ({"total_idr": 130001}, {"total_idr": "TOTAL_MISMATCH"}),
        ({"total_idr": "130000"}, {"total_idr": "INVALID_FIELD"}),
        ({"lines": []}, {"lines": "INVALID_FIELD", "total_idr": "TOTAL_MISMATCH"}),
        ({"unit_code": "x", "total_idr": 1}, {"unit_code": "UNKNOWN_UNIT", "total_idr": "TOTAL_MISMATCH"}),
    ],
)
def test_each_rule_has_its_reason_and_all_are_told(changes: dict[str, Any], wanted: dict[str, str]) -> None:
    assert codes(**changes) == wanted


@pytest.mark.parametrize(
    ("zone", "at", "wanted"),
    [
        ("Asia/Jakarta", "2021-06-30T23:59:59+07:00", ["PURCHASED_TOO_EARLY"]),
        ("Asia/Jayapura", "2021-06-30T23:59:59+07:00", []),
        ("Asia/Jakarta", "2021-07-20T23:59:59+07:00", []),
        ("Asia/Jakarta", "2021-07-21T00:00:00+07:00", ["PURCHASED_TOO_LATE"]),
        ("Asia/Jayapura", "2021-07-20T23:59:59+07:00", ["PURCHASED_TOO_LATE"]),
    ],
)
def test_first_and_last_day_are_those_of_the_programme_in_the_citys_zone(zone: str, at: str, wanted: list[str]) -> None:
    isoman = dataclasses.replace(REFERENCE.programmes["isoman"], ends_on=date(2021, 7, 20))
    city = dataclasses.replace(REFERENCE, zone=ZoneInfo(zone), programmes={"isoman": isoman})
    found = read_purchase(purchase(purchased_at=at), city, NOW)
    assert ([reason.code for reason in found] if isinstance(found, list) else []) == wanted


def test_a_channel_outside_the_programme_is_refused() -> None:
    isoman = dataclasses.replace(REFERENCE.programmes["isoman"], channels=frozenset({"umkm_binaan_opd"}))
    found = read_purchase(purchase(), dataclasses.replace(REFERENCE, programmes={"isoman": isoman}), NOW)
    assert found == [Reason.of("CHANNEL_MISMATCH", "channel")]


def test_the_first_moment_of_july_in_wib_is_allowed() -> None:
    assert isinstance(
        read_purchase(purchase(purchased_at="2021-07-01T00:00:00+07:00"), REFERENCE, NOW), PurchaseSubmission
    )


@pytest.mark.parametrize(
    ("nip", "valid"),
    [
        ("198001012005011001", True),
        ("19900817 202121 2 003", True),
        ("19801301.200501.1.001", False),
        ("198001012005013001", False),
        ("198001012005011000", False),
        ("19800101200501100", False),
        ("198001011990011001", False),
    ],
)
def test_a_nip_parses_or_not(nip: str, valid: bool) -> None:
    assert is_nip(nip, date(2021, 7, 23)) is valid


def test_the_same_words_are_known_and_others_conflict() -> None:
    first = decide(None, Said("submitted", "a"))
    assert first.outcome == "recorded"
    assert decide(first.purchase, Said("submitted", "a")).outcome == "known"
    assert decide(first.purchase, Said("submitted", "b")).reason == Reason.of("DUPLICATE_CONFLICT", "reference")
    corrected = decide(first.purchase, Said("corrected", "b"))
    assert (corrected.outcome, corrected.purchase) == ("corrected", Purchase(2, "recorded", "a", "b"))
    assert decide(corrected.purchase, Said("submitted", "a")).outcome == "known"
    voided = decide(corrected.purchase, Said("voided", "x"))
    assert decide(voided.purchase, Said("voided", "x")).outcome == "known"
    assert decide(voided.purchase, Said("corrected", "c")).reason == Reason.of("ALREADY_VOIDED", "reference")
    assert decide(None, Said("voided", "x")).outcome == "waiting"

"""A PIN is hard to guess, and a guesser is told when to come back."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta

from shared.access.pins import PIN, TRIES_BY_ADDRESS, TRIES_BY_SEAT, fits, hash_pin, locked_until

NOW = datetime(2021, 7, 29, 3, tzinfo=UTC)


def minutes_ago(*minutes: int) -> list[datetime]:
    return [NOW - timedelta(minutes=number) for number in minutes]


def test_only_its_own_pin_fits() -> None:
    kept = hash_pin("123456", b"s" * 16)
    assert fits("123456", b"s" * 16, kept)
    assert not fits("123457", b"s" * 16, kept)
    assert not fits("123456", b"t" * 16, kept)
    assert [bool(PIN.fullmatch(pin)) for pin in ("12345", "123456", "12345678", "123456789", "12345a")] == [
        False,
        True,
        True,
        False,
        False,
    ]


def test_the_fifth_wrong_try_from_an_address_locks_until_the_first_is_a_quarter_old() -> None:
    assert locked_until(minutes_ago(14, 3, 2, 1), TRIES_BY_ADDRESS, NOW) is None
    assert locked_until(minutes_ago(14, 4, 3, 2, 1), TRIES_BY_ADDRESS, NOW) == NOW + timedelta(minutes=1)
    assert locked_until(minutes_ago(16, 4, 3, 2, 1), TRIES_BY_ADDRESS, NOW) is None


def test_a_unit_stands_ten_wrong_tries_an_hour_from_anywhere() -> None:
    assert locked_until(minutes_ago(*range(1, 10)), TRIES_BY_SEAT, NOW) is None
    assert locked_until(minutes_ago(*range(1, 11)), TRIES_BY_SEAT, NOW) == NOW + timedelta(minutes=50)

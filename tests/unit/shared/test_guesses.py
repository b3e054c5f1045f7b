"""Guesses are counted by the customer of a network, right ones are not, and no flood of addresses fills the memory."""

from __future__ import annotations

import pytest

from shared.access import guesses
from shared.access.guesses import Guesses, network_of


def test_wrong_tries_are_limited_by_address_and_right_ones_cost_nothing() -> None:
    counted = Guesses(3)
    for _ in range(50):
        assert counted.take("10.0.0.1", 0.0) == 0
        counted.forgive("10.0.0.1", 0.0)
    assert [counted.take("10.0.0.1", 0.0) for _ in range(4)] == [0, 0, 0, pytest.approx(20)]
    assert counted.take("10.0.0.2", 0.0) == 0
    assert counted.take("10.0.0.1", 19.0) == pytest.approx(1)
    assert counted.take("10.0.0.1", 20.0) == 0


@pytest.mark.parametrize(
    ("one", "other", "is_same"),
    [
        ("2001:db8:1:2:3::4", "2001:db8:1:2:ffff::1", True),
        ("2001:db8:1:2::1", "2001:db8:1:3::1", False),
        ("::ffff:10.0.0.1", "10.0.0.1", True),
        ("10.0.0.1", "10.0.0.2", False),
        ("", "", True),
    ],
)
def test_who_has_many_addresses_is_one_guesser(one: str, other: str, is_same: bool) -> None:
    assert (network_of(one) == network_of(other)) is is_same


def test_only_the_addresses_that_asked_last_are_remembered(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(guesses, "MOST_ADDRESSES", 2)
    counted = Guesses(1)
    for address in ("a", "b", "a", "c"):
        counted.take(address, 0.0)
    assert [counted.take(address, 0.0) > 0 for address in ("a", "c")] == [True, True]
    assert counted.take("b", 0.0) == 0

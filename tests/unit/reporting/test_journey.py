"""An auditor's sum: what was bought is somewhere, and nothing is twice."""

from __future__ import annotations

import pytest

from services.reporting.domain.journey import PLACES, adds_up, owed, where_is

LINE = {**dict.fromkeys(PLACES, 0), "bought": 6, "over_delivered": 1, "in_stock": 2, "on_the_way": 1, "delivered": 4}


def test_a_line_adds_up_with_its_packets() -> None:
    assert owed(LINE) == 7
    assert adds_up(LINE, {"delivered": 4, "on_the_way": 1, "in_stock": 9})


@pytest.mark.parametrize(
    ("change", "packets"),
    [
        ({"in_stock": 3}, {"delivered": 4, "on_the_way": 1}),
        ({"in_stock": -1, "expired": 3}, {"delivered": 4, "on_the_way": 1}),
        ({}, {"delivered": 5, "on_the_way": 1}),
        ({}, {"delivered": 4}),
    ],
    ids=["one too many", "less than nothing", "a packet too many", "a packet too few"],
)
def test_what_does_not_add_up_is_seen(change: dict[str, int], packets: dict[str, int]) -> None:
    assert not adds_up({**LINE, **change}, packets)


def test_a_packet_that_is_back_or_never_left_lies_in_the_lumbung() -> None:
    assert where_is("recalled", was_accepted=False) == where_is("returned", was_accepted=True) == "in_stock"
    assert {where_is(status, was_accepted=True) for status in ("accepted", "failed", "recalled")} == {"on_the_way"}

"""The demo's reckoning finds what is wrong: it would be worth nothing if it could not fail."""

from __future__ import annotations

from dataclasses import replace
from typing import Any

import pytest

from peduli.reckoning import account, faults
from peduli.story import Story

LINES = [{"quantity": 3}, {"quantity": 2}, {"quantity": 4}, {"quantity": 1}]
STORY = Story(
    standing={f"R{n}": {"lines": [line], "total_idr": 125} for n, line in enumerate(LINES)},
    corrected={"R1"},
    expired=1,
    opened=1,
    loose=3,
)
BALANCES = {"bought": 13, "over_delivered": 0, "available": 1, "reserved": 1, "in_transit": 1, "delivered": 8}
BALANCES |= {"returned": 0, "expired": 1, "withdrawn": 0, "damaged": 0, "opened": 1}
OVERVIEW = {"purchases": 4, "pieces": 10, "spend_idr": 500, "corrected": 1, "voided": 1, "rejected": 1}
OVERVIEW |= {"pieces_delivered": 8, "delivered": 3, "failed": 1, "recalled": 2}
REFUSED = {"outcome": "rejected"}


def wrong(**changes: Any) -> list[str]:
    """The faults of a city in which all is well but for these changes."""
    accounting = account(BALANCES, STORY.pieces, STORY.loose)
    given: dict[str, Any] = {"overview": OVERVIEW, "differences": 0, "broken_laws": [], "refused": REFUSED}
    return faults(STORY, changes.pop("accounting", accounting), **{**given, **changes})


def test_nothing_is_wrong_when_every_piece_is_somewhere() -> None:
    assert wrong() == []
    assert account(BALANCES, 10, 3).on_the_way == 2


@pytest.mark.parametrize("place", ["available", "reserved", "in_transit", "delivered"])
def test_a_lost_and_a_doubled_piece_are_seen_wherever_they_were(place: str) -> None:
    lost = account({**BALANCES, place: BALANCES[place] - 1}, 10, 3)
    doubled = account({**BALANCES, place: BALANCES[place] + 1}, 10, 3)
    assert (lost.lost, lost.doubled) == (1, 0)
    assert (doubled.lost, doubled.doubled) == (0, 1)
    assert "1 buah hilang" in wrong(accounting=replace(lost, delivered=OVERVIEW["pieces_delivered"]))
    assert "1 buah terhitung ganda" in wrong(accounting=replace(doubled, delivered=OVERVIEW["pieces_delivered"]))


@pytest.mark.parametrize("place", ["returned", "expired", "withdrawn", "damaged"])
def test_a_piece_that_will_reach_no_door_is_not_lost(place: str) -> None:
    balances = {**BALANCES, "available": 2, "expired": 0}
    accounting = account({**balances, place: 1, "available": 1}, 10, 3)
    assert (accounting.returned_or_expired, accounting.lost, accounting.doubled) == (1, 0, 0)


def test_pieces_taken_back_after_they_left_are_over_delivered_and_not_doubled() -> None:
    accounting = account({**BALANCES, "bought": 11, "over_delivered": 2}, 8, 3)
    assert (accounting.over_delivered, accounting.lost, accounting.doubled) == (2, 0, 0)


@pytest.mark.parametrize("name", [*OVERVIEW])
def test_a_tally_that_differs_from_the_story_is_a_fault(name: str) -> None:
    assert len(wrong(overview={**OVERVIEW, name: 0})) == 1


def test_a_kit_that_was_not_opened_is_a_fault() -> None:
    closed = account({**BALANCES, "bought": 10, "opened": 0, "available": 2, "delivered": 5}, 10)
    assert wrong(accounting=replace(closed, delivered=8)) == ["paket dibuka: seharusnya 1, tercatat 0"]


def test_a_broken_law_of_the_ledger_is_a_fault_once() -> None:
    assert wrong(broken_laws=["L3", "L3", "L7"]) == ["hukum buku besar L3 dilanggar", "hukum buku besar L7 dilanggar"]


def test_a_tally_against_its_facts_and_an_accepted_wrong_purchase_are_faults() -> None:
    assert len(wrong(differences=1)) == 1
    assert len(wrong(refused={"outcome": "recorded"})) == 1

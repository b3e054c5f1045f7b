"""Where pieces may go: corrections, what comes back, the cold chain, officers' words. No input, no clock."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta
from typing import Any
from uuid import UUID

import pytest
from hypothesis import given
from hypothesis import strategies as st

from services.distribution.domain.adjustment import Adjustment, Kind, decide
from services.distribution.domain.stock import (
    CHART,
    Account,
    Lot,
    Movement,
    Moves,
    Reserved,
    StockError,
    apply_movement,
    come_back,
    effect,
    keeps_cold,
    moved,
    recalled_for,
    resize,
    revivable,
)

NOW = datetime(2021, 7, 22, 3, tzinfo=UTC)
LOT = UUID(int=1)
NO_TIME = timedelta()


def lot(*, hours: int = 100, **more: Any) -> Lot:
    """A lot with these balances; what is bought follows from them."""
    balances: dict[Account, int] = {account: more.pop(account) for account in list(more) if account in PLACES}
    bought = sum(pieces for account, pieces in balances.items() if account != "over_delivered")
    bought -= balances.get("over_delivered", 0)
    given: dict[Account, int] = {"bought": bought, **balances}
    return Lot(LOT, UUID(int=2), 1, "X", "32.76", bought, NOW + timedelta(hours=hours), given, **more)


PLACES = {*CHART, "delivered", "damaged"}


def filled(one: Lot) -> dict[Account, int]:
    """The accounts that are not empty."""
    return {account: pieces for account, pieces in one.balances.items() if pieces}


def make(one: Lot, moves: Moves) -> Lot:
    """The lot after moves."""
    return moved(one, [Movement(LOT, *move, "test") for move in moves if move[2]])


@pytest.mark.parametrize(("source", "target"), [("delivered", "available"), ("damaged", "available")])
def test_pieces_cannot_go_where_the_chart_does_not_lead(source: Account, target: Account) -> None:
    with pytest.raises(StockError):
        apply_movement({"bought": 1, source: 1}, Movement(LOT, source, target, 1, "test"))


def test_no_account_is_overdrawn() -> None:
    with pytest.raises(StockError):
        apply_movement({"bought": 1, "available": 1}, Movement(LOT, "available", "reserved", 2, "test"))


def packet(number: int, *, accepted: bool, minutes: int, pieces: int = 2) -> Reserved:
    return Reserved(UUID(int=number), pieces, accepted, NOW + timedelta(minutes=minutes))


def test_a_correction_recalls_what_nobody_accepted_newest_first_and_then_what_has_not_left() -> None:
    packets = [
        packet(1, accepted=True, minutes=9),
        packet(2, accepted=False, minutes=1),
        packet(3, accepted=False, minutes=5),
        packet(4, accepted=True, minutes=2),
    ]
    order = [UUID(int=number) for number in (3, 2, 1, 4)]
    assert recalled_for(99, packets) == order
    assert recalled_for(3, packets) == order[:2]
    assert recalled_for(0, packets) == []


def test_what_had_left_is_over_delivered_and_a_later_correction_upwards_settles_it_first() -> None:
    short = make(lot(available=1, delivered=9), resize(lot(available=1, delivered=9), 4))
    assert (short.quantity, short.has("available"), short.has("over_delivered")) == (4, 0, 5)
    again = make(short, resize(short, 11))
    assert (again.quantity, again.has("available"), again.has("over_delivered")) == (11, 2, 0)


@given(st.integers(0, 9), st.integers(0, 9), st.integers(0, 20), st.integers(0, 20))
def test_two_corrections_end_where_the_last_alone_would(free: int, gone: int, first: int, last: int) -> None:
    begin = lot(available=free, delivered=gone)
    once = make(begin, resize(begin, first))
    twice = make(once, resize(once, last))
    assert filled(twice) == filled(make(begin, resize(begin, last)))


@given(st.integers(1, 9), st.integers(0, 9))
def test_a_void_and_a_return_end_alike_in_any_order(pieces: int, more: int) -> None:
    begin = lot(in_transit=pieces, available=more)
    back: Moves = [("in_transit", "returned", pieces)]

    def void(one: Lot) -> Lot:
        return make(one, resize(one, 0))

    def bring(one: Lot) -> Lot:
        one = make(one, back)
        return make(one, come_back(one, pieces, "returned", NOW, NO_TIME))

    for end in (void(bring(begin)), bring(void(begin))):
        assert filled(end) == {}


@pytest.mark.parametrize(
    ("one", "hours", "target"),
    [
        (lot(returned=3), 50, "available"),
        (lot(returned=3, hours=0), 0, "expired"),
        (lot(returned=3, storage="chill"), 4, "available"),
        (lot(returned=3, storage="chill"), 5, "damaged"),
        (lot(returned=3, storage="frozen"), 5, "available"),
        (lot(returned=3, storage="frozen"), 7, "damaged"),
        (lot(returned=3, withdrawn_at=NOW), 0, "withdrawn"),
    ],
)
def test_what_comes_back_goes_where_its_time_and_its_cold_allow(one: Lot, hours: int, target: Account) -> None:
    after = make(one, come_back(one, 3, "returned", NOW, timedelta(hours=hours)))
    assert (after.has(target), after.has("returned")) == (3, 0)


def test_only_cold_goods_have_a_limit_on_the_way() -> None:
    assert keeps_cold("ambient", timedelta(days=9))
    assert keeps_cold("chill", timedelta(hours=4))
    assert not keeps_cold("chill", timedelta(hours=4, seconds=1))


def test_goods_that_expired_by_a_wrong_date_are_good_again_unless_withdrawn() -> None:
    assert revivable(lot(expired=3), NOW + timedelta(hours=1), NOW) == 3
    assert revivable(lot(expired=3), NOW, NOW) == 0
    assert revivable(lot(expired=3, withdrawn_at=NOW), NOW + timedelta(hours=1), NOW) == 0
    spoilt = lot(expired=3, over_delivered=0)
    less = make(spoilt, resize(spoilt, 1, revived=3))
    assert (less.quantity, less.has("available"), less.has("expired"), less.has("over_delivered")) == (1, 1, 0, 0)


def test_a_lot_is_open_until_nothing_can_come_back() -> None:
    assert lot(in_transit=1, expired=2).state == "open"
    assert lot(delivered=1, expired=2).state == "expired"
    assert lot(delivered=3).state == "empty"
    assert lot(available=3, withdrawn_at=NOW).state == "withdrawn"


def test_others_are_told_of_the_net_change_only() -> None:
    moves: Moves = [("expired", "available", 3), ("available", "bought", 2), ("over_delivered", "bought", 1)]
    assert effect(moves) == {"bought": -3, "over_delivered": 1, "expired": -3}
    assert effect([("available", "reserved", 3)]) == {}


def said(kind: Kind, pieces: int) -> Adjustment:
    return Adjustment(UUID(int=9), LOT, kind, pieces, "dihitung", "/lumbung/1")


@pytest.mark.parametrize(
    ("one", "words", "leaves", "refusal"),
    [
        (lot(available=2, reserved=3), ("damage", 4), 4, None),
        (lot(available=2, reserved=3), ("damage", 6), 0, "NOT_SO_MANY_HERE"),
        (lot(available=2, reserved=3), ("count", 1), 4, None),
        (lot(available=2, reserved=3), ("count", 5), 0, None),
        (lot(available=2, withdrawn=3), ("count", 4), -2, None),
        (lot(available=2, withdrawn=3), ("count", 6), 0, "MORE_THAN_BOUGHT"),
        (lot(available=2, delivered=3), ("count", 3), 0, "MORE_THAN_BOUGHT"),
        (lot(withdrawn=3, withdrawn_at=NOW), ("count", 3), 0, "LOT_WITHDRAWN"),
        (lot(available=2, reserved=3, in_transit=4), ("withdrawal", 0), 5, None),
    ],
)
def test_an_officers_word_is_held_against_what_is_here(
    one: Lot, words: tuple[Kind, int], leaves: int, refusal: str | None
) -> None:
    decision = decide(one, said(*words))
    assert (decision.leaves, decision.refusal) == (leaves, refusal)

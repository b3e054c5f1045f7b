"""What an officer of the lumbung says of a lot: pieces are damaged, counted, opened, or the whole lot is taken out."""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import Literal
from uuid import UUID

from services.distribution.domain.stock import Lot, Moves

Kind = Literal["damage", "count", "withdrawal", "opening"]


@dataclass(frozen=True)
class Adjustment:
    """`pieces` that are damaged, that lie in the lumbung by count, or kits that are opened; a withdrawal takes all.

    `note` says why, in the officer's words; `adjustment_id` is made by who tells, so that a resend is harmless.
    """

    adjustment_id: UUID
    lot_id: UUID
    kind: Kind
    pieces: int
    note: str
    told_by: str


@dataclass(frozen=True)
class Decision:
    """What leaves the stock of the lumbung (below 0: comes back), or the code of why nothing can be done."""

    leaves: int = 0
    moves: Moves = field(default_factory=list)
    refusal: str | None = None


def decide(lot: Lot, said: Adjustment) -> Decision:
    """What an adjustment means for a lot. Pieces of packets that have not left count as being here: when too few are
    free, packets are recalled first. What a count finds can only be what was missing before: more than was bought is
    for a correction of the purchase.
    """
    here = lot.has("available", "reserved")
    if said.kind == "opening":
        return _open(lot.has("available"), said.pieces)
    if said.kind == "damage":
        return _take(here, said.pieces, "damaged")
    if said.kind == "withdrawal":
        return _take(here, here, "withdrawn")
    if said.pieces <= here:
        return _take(here, here - said.pieces, "withdrawn")
    found = said.pieces - here
    if lot.withdrawn_at is not None:
        return Decision(refusal="LOT_WITHDRAWN")
    if found > lot.has("withdrawn"):
        return Decision(refusal="MORE_THAN_BOUGHT")
    return Decision(-found, [("withdrawn", "available", found)])


def _open(free: int, kits: int) -> Decision:
    """A kit that a packet holds is promised to a door, and stays whole."""
    if not 0 < kits <= free:
        return Decision(refusal="NOT_SO_MANY_FREE")
    return Decision(kits, [("available", "opened", kits)])


def _take(here: int, pieces: int, target: Literal["damaged", "withdrawn"]) -> Decision:
    if pieces > here:
        return Decision(refusal="NOT_SO_MANY_HERE")
    return Decision(pieces, [("available", target, pieces)])

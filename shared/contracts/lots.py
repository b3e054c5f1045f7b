"""What distribution tells of lots: goods that will reach no door."""

from __future__ import annotations

from datetime import datetime
from typing import ClassVar
from uuid import UUID

from shared.contracts.event import Event


class LotExpired(Event):
    """`quantity` pieces were not brought in time."""

    TYPE: ClassVar[str] = "lot.expired.v1"

    lot_id: UUID
    purchase_id: UUID
    line_no: int
    sku: str
    quantity: int
    at: datetime


class LotAdjusted(LotExpired):
    """A lot changed by `quantity` pieces bought; `over_delivered` more of them could not be taken back.

    `reason` is correction, a void's own code, damage, count, withdrawal, opening, returned or recalled. `damaged`,
    `withdrawn` and `expired` are pieces that went there, `opened` kits that were taken apart; each number is below 0
    for pieces that came back from there. Loose goods of kits are lots of their own: `kit_line_no` is the line of the
    kits, and `quantity` what came out of them.
    """

    TYPE: ClassVar[str] = "lot.adjusted.v1"
    MINOR: ClassVar[int] = 1  # 1.1: what officers of the lumbung say, goods that come back, and opened kits

    reason: str
    over_delivered: int
    damaged: int = 0
    withdrawn: int = 0
    expired: int = 0
    opened: int = 0
    kit_line_no: int | None = None

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

    `reason` is correction, a void's own code, damage, count, withdrawal, returned or recalled. `damaged`, `withdrawn`
    and `expired` are pieces that went there; each number is below 0 for pieces that came back from there.
    """

    TYPE: ClassVar[str] = "lot.adjusted.v1"
    MINOR: ClassVar[int] = 1  # 1.1: what officers of the lumbung say, and goods that come back

    reason: str
    over_delivered: int
    damaged: int = 0
    withdrawn: int = 0
    expired: int = 0

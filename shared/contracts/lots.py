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
    """A correction or void changed the lot by `quantity` pieces; `over_delivered` pieces could not be taken back."""

    TYPE: ClassVar[str] = "lot.adjusted.v1"

    reason: str
    over_delivered: int

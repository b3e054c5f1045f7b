"""What the purchases service tells of pledges: a unit's word for a round."""

from __future__ import annotations

from datetime import date, datetime
from typing import ClassVar
from uuid import UUID

from shared.contracts.event import Event
from shared.contracts.reasons import Reason


class PledgeRecorded(Event):
    """What a unit promises for the round that opens on Monday `round`; a later version replaces an earlier one.

    `is_late`: it came at or after Thursday 16.00 of the round.
    """

    TYPE: ClassVar[str] = "pledge.recorded.v1"

    pledge_id: UUID
    source: str
    unit_code: str
    programme: str
    round: date
    sum_idr: int
    packets: int
    is_late: bool
    pledged_at: datetime


class PledgeRejected(Event):
    """A pledge was refused, with every reason at once."""

    TYPE: ClassVar[str] = "pledge.rejected.v1"
    MINOR: ClassVar[int] = 1  # 1.1: a reason also has its text in English

    submission_id: UUID
    source: str
    reasons: tuple[Reason, ...]

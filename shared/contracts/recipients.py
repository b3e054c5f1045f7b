"""What distribution tells of who got packets: sums of whole groups, never of a household."""

from __future__ import annotations

from datetime import date
from typing import ClassVar
from uuid import UUID

from shared.contracts.event import Event, Value

FEWEST = 5  # households that a number may be about, here and in every report


class Received(Value):
    """What came to the doors of a group: its households are counted once, `pieces` are those in the packets."""

    households: int
    packets: int
    pieces: int


class RecipientsCounted(Event):
    """Packets that came in whole weeks to warga and to aparatur (households of civil servants) of a programme.

    `first` is a Monday and `last` a Sunday of the city; no two counts of a programme share a day. It is told once there
    are 5 households of warga, and of aparatur 5 or none: until then the next week is counted with it.
    """

    TYPE: ClassVar[str] = "recipients.counted.v1"

    count_id: UUID
    programme: str
    first: date
    last: date
    warga: Received
    aparatur: Received

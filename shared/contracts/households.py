"""What distribution tells of households: an opaque id and what the goods need to know. Never a name."""

from __future__ import annotations

from datetime import datetime
from typing import ClassVar
from uuid import UUID

from shared.contracts.event import Event


class HouseholdRegistered(Event):
    """A household in isolation is known now. `size` persons; `groups` such as infant or elderly."""

    TYPE: ClassVar[str] = "household.registered.v1"

    household_id: UUID
    kelurahan: str
    size: int
    groups: tuple[str, ...]
    isolation_from: datetime
    isolation_until: datetime


class HouseholdChanged(HouseholdRegistered):
    """The whole new state of a household."""

    TYPE: ClassVar[str] = "household.changed.v1"


class HouseholdReleased(Event):
    """The isolation ended: recovered, hospital, moved or deceased."""

    TYPE: ClassVar[str] = "household.released.v1"

    household_id: UUID
    kelurahan: str
    reason: str
    released_at: datetime

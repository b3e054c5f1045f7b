"""What every told event has in common, and how it becomes a row of the outbox."""

from __future__ import annotations

from datetime import datetime
from typing import Any, ClassVar
from uuid import UUID

from pydantic import BaseModel, ConfigDict

from shared.contracts.envelope import Outgoing


class Value(BaseModel):
    """A part of an event: immutable, and with no field that is not in the contract."""

    model_config = ConfigDict(frozen=True, extra="forbid")


class Event(Value):
    """A thing that happened, as told to others. `TYPE` is `<aggregate>.<past participle>.v<major>`.

    `MINOR` counts the optional fields that came later within the major.
    """

    TYPE: ClassVar[str]
    MINOR: ClassVar[int] = 0


def whole(value: Any) -> int:
    """A whole number as it was told; raises ValueError for another: Postgres would cut 2.5 to 2 in silence."""
    if type(value) is not int:
        raise ValueError("a whole number is told as one")
    return value


def moment(text: str) -> datetime:
    """A time as it was told; raises ValueError when it has no offset, or is of no year that we live in."""
    at = datetime.fromisoformat(text)
    if at.tzinfo is None or not 2000 <= at.year < 2100:
        raise ValueError("a time is told with its offset, and of this century")
    return at


def outgoing(
    event: Event,
    *,
    event_id: UUID,
    tenant: str,
    aggregate: str,
    version: int,
    correlation_id: str,
    occurred_at: datetime,
    place: str = "",
) -> Outgoing:
    """`event` made ready for the outbox; `place` is the tail of a task's routing key (`<kecamatan>.<kelurahan>`)."""
    return Outgoing(
        event_id=event_id,
        type=event.TYPE,
        tenant=tenant,
        aggregate=aggregate,
        version=version,
        correlation_id=correlation_id,
        occurred_at=occurred_at,
        body=event.model_dump_json().encode(),
        place=place,
    )

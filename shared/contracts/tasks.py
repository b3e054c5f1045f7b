"""What distribution tells of tasks: the work of bringing one packet to one door."""

from __future__ import annotations

from datetime import datetime
from typing import ClassVar, Literal
from uuid import UUID

from shared.contracts.event import Event, Value

Level = Literal["kelurahan", "kecamatan"]


class TaskLine(Value):
    """Pieces of one lot in a packet; the lot says which purchase line paid for them."""

    lot_id: UUID
    purchase_id: UUID
    line_no: int
    sku: str
    quantity: int


class TaskEvent(Event):
    """What every task event says. `team` is empty while nobody has the task."""

    task_id: UUID
    packet_id: UUID
    household_id: UUID
    kelurahan: str
    team: str
    at: datetime
    lines: tuple[TaskLine, ...]


class TaskAssigned(TaskEvent):
    """A door waits for this packet until `deliver_before`; `why` are the codes of the rule that decided.

    `level` says who is asked: the teams of the kelurahan, or of the whole kecamatan, when the former did not manage.
    """

    TYPE: ClassVar[str] = "task.assigned.v1"
    MINOR: ClassVar[int] = 1

    rw: int | None
    deliver_before: datetime
    attempt: int
    why: tuple[str, ...]
    level: Level = "kelurahan"


class TaskAccepted(TaskEvent):
    """A team has taken the packet; the lease ends at `lease_until`."""

    TYPE: ClassVar[str] = "task.accepted.v1"

    lease_until: datetime


class TaskHandedOver(TaskEvent):
    """An RT or RW chair has the packet now and brings it to the door; the team goes on answering for it."""

    TYPE: ClassVar[str] = "task.handed_over.v1"

    to: Literal["rt", "rw"]
    lease_until: datetime


class TaskDelivered(TaskEvent):
    """The packet is at the door."""

    TYPE: ClassVar[str] = "task.delivered.v1"

    proof_kind: str


class TaskFailed(TaskEvent):
    """Nobody could take it; tried again at `retry_at`, or brought back when that is None."""

    TYPE: ClassVar[str] = "task.failed.v1"

    reason: str
    retry_at: datetime | None


class TaskReturned(TaskEvent):
    """The goods are back in the lumbung."""

    TYPE: ClassVar[str] = "task.returned.v1"

    reason: str


class TaskRecalled(TaskEvent):
    """The packet must not go out: its goods were taken back, or the isolation ended."""

    TYPE: ClassVar[str] = "task.recalled.v1"

    reason: str

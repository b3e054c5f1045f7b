"""One task from assignment to the door: a state machine. The first valid report wins (allocation.md §5)."""

from __future__ import annotations

from dataclasses import dataclass, replace
from datetime import datetime, timedelta
from typing import Literal

from services.distribution.domain.stock import Account
from shared.contracts.field import AnyTaskReport, TaskAccept, TaskDelivery, TaskFailure

LEASE = timedelta(minutes=90)
NOT_HOME_AGAIN = timedelta(hours=3)
NOT_HOME_TRIES = 2

Status = Literal["assigned", "accepted", "failed", "delivered", "returned", "recalled"]


@dataclass(frozen=True)
class Task:
    """`goods` is the account where the packet's pieces are; `attempt` counts assignments from 1."""

    status: Status
    version: int
    goods: Account
    team: str = ""
    attempt: int = 1
    lease_until: datetime | None = None
    retry_at: datetime | None = None
    not_home: int = 0


@dataclass(frozen=True)
class Decision:
    """The task after the report, the event to tell (its past participle), or the code of a refusal."""

    task: Task
    told: Literal["assigned", "accepted", "failed", "delivered", "returned", "recalled"] | None = None
    refusal: str | None = None


def decide(task: Task, report: AnyTaskReport, now: datetime) -> Decision:
    """What a report means for a task; a refusal changes nothing and is kept beside it."""
    if task.team and task.team != report.team:
        return Decision(task, refusal="TAKEN_BY_ANOTHER_TEAM")
    if isinstance(report, TaskAccept):
        if task.status != "assigned":
            return Decision(task, refusal=_closed(task))
        lease = now + LEASE
        return _go(task, "accepted", "in_transit", team=report.team, lease_until=lease, retry_at=None)
    if isinstance(report, TaskDelivery):
        if task.status not in ("assigned", "accepted", "failed"):
            return Decision(task, refusal=_closed(task))
        return _go(task, "delivered", "delivered", team=report.team, lease_until=None, retry_at=None)
    if isinstance(report, TaskFailure):
        if task.status != "accepted":
            return Decision(task, refusal=_closed(task))
        return _failed(task, report, now)
    if task.goods != "in_transit":
        return Decision(task, refusal=_closed(task))
    return _go(task, "returned", "returned", lease_until=None, retry_at=None)


def recall(task: Task) -> Decision:
    """Stop a packet: reserved goods are free at once; goods on the way come back with a return report."""
    if task.status not in ("assigned", "accepted", "failed"):
        return Decision(task)
    goods: Account = "available" if task.goods == "reserved" else task.goods
    return _go(task, "recalled", goods, lease_until=None, retry_at=None)


def sweep(task: Task, now: datetime) -> Decision:
    """Assign again what was accepted and not done within its lease, and what is due for its next try."""
    over = task.status == "accepted" and task.lease_until is not None and now >= task.lease_until
    again = task.status == "failed" and task.retry_at is not None and now >= task.retry_at
    if not (over or again):
        return Decision(task)
    return _go(task, "assigned", "reserved", team="", attempt=task.attempt + 1, lease_until=None, retry_at=None)


def _failed(task: Task, report: TaskFailure, now: datetime) -> Decision:
    tries = task.not_home + (report.reason == "not_home")
    again = report.reason == "not_home" and tries <= NOT_HOME_TRIES
    retry_at = now + NOT_HOME_AGAIN if again else None
    return _go(task, "failed", "in_transit", lease_until=None, retry_at=retry_at, not_home=tries)


def _go(task: Task, status: Status, goods: Account, **more: object) -> Decision:
    after = replace(task, status=status, version=task.version + 1, goods=goods, **more)  # type: ignore[arg-type]
    return Decision(after, told=status)


def _closed(task: Task) -> str:
    return f"TASK_IS_{task.status.upper()}"

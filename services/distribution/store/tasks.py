"""Rows of tasks, typed."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime
from uuid import UUID

import orjson

from services.distribution.domain.allocation.snapshot import Packet
from services.distribution.domain.task import Task, Team
from shared.contracts.tasks import TaskLine
from shared.database.pool import Row, Transaction
from shared.database.queries import load_queries

queries = load_queries(__file__)


@dataclass(frozen=True)
class Stored:
    """A task with what the store keeps beside its state."""

    task_id: UUID
    packet_id: UUID
    household_id: UUID
    kelurahan: str
    rw: int | None
    deliver_before: datetime
    why: tuple[str, ...]
    lines: tuple[TaskLine, ...]
    task: Task


async def append(tx: Transaction, tenant: str, planned: Sequence[tuple[UUID, UUID, Packet]], now: datetime) -> None:
    """A city's planned packets as (task id, packet id, packet)."""
    if not planned:
        return
    await queries.append_tasks(
        tx,
        tenant=tenant,
        now=now,
        task_ids=[task_id for task_id, _, _ in planned],
        packet_ids=[packet_id for _, packet_id, _ in planned],
        household_ids=[packet.household.household_id for _, _, packet in planned],
        kelurahans=[packet.household.kelurahan for _, _, packet in planned],
        deliver_befores=[packet.deliver_before for _, _, packet in planned],
        arrives_ats=[packet.arrives_at for _, _, packet in planned],
        whys=["|".join(packet.why) for _, _, packet in planned],
    )
    lines = [(task_id, lot.lot_id, quantity) for task_id, _, packet in planned for lot, quantity in packet.lines]
    await queries.append_task_lines(
        tx,
        task_ids=[task_id for task_id, _, _ in lines],
        lot_ids=[lot_id for _, lot_id, _ in lines],
        quantities=[quantity for _, _, quantity in lines],
    )


async def claim(tx: Transaction, tenant: str, ids: Sequence[UUID]) -> dict[UUID, Stored]:
    """The city's tasks among `ids`, locked in one order."""
    rows = await queries.claim_tasks(tx, tenant=tenant, ids=sorted(set(ids)))
    return {row["task_id"]: _stored(row) for row in rows}


async def save(tx: Transaction, task_id: UUID, task: Task, now: datetime, proof: tuple[str, str] | None = None) -> None:
    """A task after a decision; `proof` is its kind and its hash."""
    await queries.save_task(
        tx,
        task_id=task_id,
        now=now,
        status=task.status,
        version=task.version,
        goods=task.goods,
        team=task.team,
        attempt=task.attempt,
        lease_until=task.lease_until,
        retry_at=task.retry_at,
        not_home=task.not_home,
        custody=task.custody,
        holder=task.holder,
        lapses=task.lapses,
        barred=list(task.barred),
        level=task.level,
        code_tries=task.code_tries,
        asked=task.asked,
        proof_kind=proof[0] if proof else None,
        proof_hash=proof[1] if proof else None,
    )


async def part(tx: Transaction, stored: Stored, handed: Sequence[TaskLine], rest: Stored, now: datetime) -> None:
    """Keep in a packet what was `handed` over of it, and carry the `rest` on as a packet of its own.

    The first one is closed before: a household has one open packet at a time.
    """
    task = rest.task
    await queries.append_rest(
        tx,
        task_id=rest.task_id,
        packet_id=rest.packet_id,
        of=stored.task_id,
        now=now,
        status=task.status,
        version=task.version,
        goods=task.goods,
        team=task.team,
        attempt=task.attempt,
        lease_until=task.lease_until,
        custody=task.custody,
        holder=task.holder,
    )
    await queries.append_task_lines(
        tx,
        task_ids=[rest.task_id for _ in rest.lines],
        lot_ids=[line.lot_id for line in rest.lines],
        quantities=[line.quantity for line in rest.lines],
    )
    await queries.keep_task_lines(
        tx,
        task_id=stored.task_id,
        lot_ids=[line.lot_id for line in handed],
        quantities=[line.quantity for line in handed],
    )


async def team_of(tx: Transaction, tenant: str, team: str) -> Team:
    """A team's load and capacity; nobody else changes its load until this transaction ends."""
    await queries.claim_team(tx, tenant=tenant, team=team)
    row = await queries.find_load(tx, tenant=tenant, team=team)
    return Team(row["load"], row["capacity"], row["is_paused"])


def _stored(row: Row) -> Stored:
    task = Task(
        row["status"],
        row["version"],
        row["goods"],
        row["team"],
        row["attempt"],
        row["lease_until"],
        row["retry_at"],
        row["not_home"],
        row["custody"],
        row["holder"],
        row["lapses"],
        tuple(row["barred"]),
        row["level"],
        row["code_tries"],
        row["asked"],
    )
    return Stored(
        row["task_id"],
        row["packet_id"],
        row["household_id"],
        row["kelurahan"],
        row["rw"],
        row["deliver_before"],
        tuple(row["why"]),
        tuple(TaskLine.model_validate(line) for line in orjson.loads(row["lines"])),
        task,
    )

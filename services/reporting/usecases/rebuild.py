"""Facts and tallies made anew from the services' logs, while readers go on reading."""

from __future__ import annotations

import asyncio
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime

import orjson

from services.reporting.store import rebuild as store
from services.reporting.usecases.project import project
from shared.contracts.envelope import Envelope
from shared.database.pool import Row, Transaction
from shared.errors import PeduliError
from shared.messaging import inbox, outbox
from shared.reference.store import Cities

LOGS = ("purchases", "distribution")
BATCH = 5000  # events in one transaction: a tally that many of them touch is written once
PARTS = 2  # aggregates are read in so many parts at once: while we reckon for one, Postgres writes for another


class GapError(PeduliError):
    """An aggregate's events are not complete in its log."""


@dataclass(frozen=True)
class Rebuilt:
    """Events read, and the tables that differed from what was there (empty: they were equal).

    While the lanes have something to apply they do differ: what is told, and not applied yet, is made anew as well.
    """

    events: int
    differing: tuple[str, ...]


async def rebuild(
    connection: Transaction,
    parts: Sequence[Transaction],
    cities: Cities,
    *,
    queues: Sequence[str],
    on_progress: Callable[[int], None],
) -> Rebuilt:
    """Fill the shadow (going on where a killed rebuild was), then hold the lanes, catch up, compare and swap.

    `connection` and those of the `PARTS` see the shadow schema first. Raises `GapError` when a log is not complete,
    `outbox.BusyError` when somebody does not end writing to it; nothing changes then.
    """
    await store.prepare(connection, [store.name_of(log, part, PARTS) for log in LOGS for part in range(PARTS)])
    ends = {log: await store.find_end(connection, log) for log in LOGS}
    await outbox.writers_gone(connection)
    await _copy_versions(connection, ends)
    async with asyncio.TaskGroup() as group:
        read = [group.create_task(_read_part(tx, cities, part, ends, on_progress)) for part, tx in enumerate(parts)]
    async with asyncio.TaskGroup() as group:
        for count, tx in zip((store.queries.count_stock, store.queries.count_hours), parts, strict=True):
            group.create_task(count(tx))
    events = sum(task.result() for task in read)
    async with connection.transaction():
        for queue in queues:
            await store.queries.claim_queue(connection, queue=queue)
        events += sum([await _catch_up(connection, cities, log, end, on_progress) for log, end in ends.items()])
        differing = tuple(await store.differing(connection, parts[0]))
        await store.swap(connection, differing)
    await store.drop(connection)
    return Rebuilt(events, differing)


async def _copy_versions(tx: Transaction, ends: Mapping[str, int]) -> None:
    async with tx.transaction():
        gap = await store.copy_versions(tx, ends)
        if gap is not None:
            raise GapError(hint=f"the events of {gap} are not all in their log")


async def _read_part(
    tx: Transaction, cities: Cities, part: int, ends: Mapping[str, int], on_progress: Callable[[int], None]
) -> int:
    """Read a part of the logs from its cursors to their ends. A log has the events of an aggregate in their order."""
    total = 0
    for log, end in ends.items():
        name = store.name_of(log, part, PARTS)
        after = await store.queries.load_cursor(tx, part=name) or 0
        while rows := await store.read_log(tx, log, after, end, BATCH, part, PARTS):
            after = rows[-1]["seq"]
            async with tx.transaction():
                await project(tx, [_event(row) for row in rows], cities=cities, counts_standing=False)
                await store.queries.save_cursor(tx, part=name, seq=after)
            total += len(rows)
            on_progress(len(rows))
    return total


async def _catch_up(tx: Transaction, cities: Cities, log: str, after: int, on_progress: Callable[[int], None]) -> int:
    """Read what was told since, as a lane would."""
    total = 0
    while rows := await store.read_log(tx, log, after, store.FOR_EVER, BATCH, 0, 1):
        after = rows[-1]["seq"]
        fresh, _ = await inbox.claim_in_order(tx, "rebuild", [_event(row) for row in rows])
        await project(tx, fresh, cities=cities)
        total += len(rows)
        on_progress(len(rows))
    return total


def _event(row: Row) -> Envelope:
    """An event as its owner wrote it: what our own service validated is not validated again."""
    return Envelope(
        event_id=row["event_id"],
        type=row["type"],
        source=row["source"],
        tenant=row["tenant"],
        aggregate=row["aggregate"],
        version=row["version"],
        correlation_id=row["correlation_id"],
        time=datetime.fromisoformat(row["time"]),
        data=orjson.loads(row["body"]),
    )

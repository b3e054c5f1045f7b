"""Facts and tallies made anew from the services' logs, while readers go on reading."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass

import orjson

from services.reporting.store import rebuild as store
from services.reporting.usecases.project import project
from shared.contracts import envelope
from shared.contracts.envelope import Envelope
from shared.database.pool import Transaction
from shared.errors import PeduliError
from shared.messaging import inbox
from shared.reference.store import Cities

LOGS = ("purchases", "distribution")
BATCH = 5000  # events in one transaction: a tally that many of them touch is written once


class GapError(PeduliError):
    """An aggregate's events are not complete in its log."""


@dataclass(frozen=True)
class Rebuilt:
    """Events read, and the tables that differed from what was there (empty: they were equal)."""

    events: int
    differing: tuple[str, ...]


async def rebuild(
    connection: Transaction, cities: Cities, *, queues: Sequence[str], on_progress: Callable[[int], None]
) -> Rebuilt:
    """Fill the shadow (going on where a killed rebuild was), then hold the lanes, catch up, compare and swap.

    `connection` sees the shadow schema first. Raises `GapError` when a log is not complete; nothing changes then.
    """
    await store.queries.create_cursor(connection)
    await store.queries.copy_cities(connection)
    events = sum([await _read_all(connection, cities, log, on_progress) for log in LOGS])
    async with connection.transaction():
        for queue in queues:
            await store.queries.claim_queue(connection, queue=queue)
        events += sum([await _read_all(connection, cities, log, on_progress) for log in LOGS])
        differing = tuple(await store.differing(connection))
        await store.swap(connection, differing)
    await store.drop(connection)
    return Rebuilt(events, differing)


async def _read_all(connection: Transaction, cities: Cities, log: str, on_progress: Callable[[int], None]) -> int:
    """Read a log from its cursor to its end. The cursor moves only while nobody waits in memory: a kill loses none."""
    after = await store.queries.load_cursor(connection, log=log) or 0
    total = 0
    waiting: Sequence[Envelope] = ()
    while rows := await store.read_log(connection, log, after, BATCH):
        read = [
            envelope.read(orjson.loads(row["headers"]), "application/json", row["body"], row["routing_key"])
            for row in rows
        ]
        after = rows[-1]["seq"]
        async with connection.transaction():
            fresh, found = await inbox.claim_in_order(connection, "rebuild", [*waiting, *read])
            waiting = found.waiting
            await project(connection, fresh, cities=cities)
            if not waiting:
                await store.queries.save_cursor(connection, log=log, seq=after)
        total += len(rows)
        on_progress(len(rows))
    if waiting:
        raise GapError(hint=f"{waiting[0].type} of {waiting[0].aggregate}, version {waiting[0].version}")
    return total

"""The terminal door of the reporting service."""

from __future__ import annotations

import asyncio
import gc
from collections.abc import Awaitable, Callable, Iterator, Sequence
from contextlib import AsyncExitStack, contextmanager
from datetime import date
from pathlib import Path
from typing import Any, TypeVar

from services.reporting.store import rebuild as store
from services.reporting.store.overview import queries
from services.reporting.usecases import inspection
from services.reporting.usecases.export import Format, export
from services.reporting.usecases.rebuild import LOGS, PARTS, Rebuilt, rebuild
from services.reporting.usecases.reconcile import CHECKS, GRACE_SECONDS, reconcile, reconcile_logs
from shared.database import migrate
from shared.database.pool import Transaction, connect
from shared.reference.store import Cities

T = TypeVar("T")
CHECK_SECONDS = 3600.0  # a check reads all there is
TALLIES = len(CHECKS)  # that a check recomputes
REBUILD_SECONDS = 4 * CHECK_SECONDS  # its last step puts every row into its place
count_answers = inspection.count  # of a sample; needs no database


async def publish_views(admin_url: str, views: str) -> None:
    """Make or renew the published views."""
    connection = await connect(admin_url, "facts")
    try:
        async with connection.transaction():
            await connection.execute(views)
    finally:
        await connection.close()


async def differences(database_url: str, *, on_checked: Callable[[], None] = lambda: None) -> list[tuple[str, str]]:
    """Tallies that differ from the facts: (tally, key) of each difference; `on_checked` is called `TALLIES` times."""
    connection = await connect(database_url, "facts", statement_seconds=CHECK_SECONDS)
    try:
        async with connection.transaction(isolation="repeatable_read", readonly=True):
            return await reconcile(connection, on_checked=on_checked)
    finally:
        await connection.close()


async def differences_from_logs(
    database_url: str, *, grace_seconds: float = GRACE_SECONDS
) -> list[tuple[str, str]] | None:
    """Facts that differ from the owners' logs: (table, bucket) of each; None when the role may not read the logs."""
    connection = await connect(database_url, "facts", statement_seconds=CHECK_SECONDS)
    try:
        async with connection.transaction(isolation="repeatable_read", readonly=True):
            return await reconcile_logs(connection, grace_seconds=grace_seconds)
    finally:
        await connection.close()


async def export_views(database_url: str, wanted: str, folder: Path, kind: Format = "csv") -> dict[str, int]:
    """What `peduli export` does: rows by view. The role must be allowed to become `dashboard_reader`."""
    connection = await connect(database_url, "reporting")
    try:
        async with connection.transaction(isolation="repeatable_read", readonly=True):
            return await export(connection, wanted, folder, kind)
    finally:
        await connection.close()


def find_odd(database_url: str, tenant: str, first: date, last: date) -> list[dict[str, Any]]:
    """What `peduli audit find` shows."""
    return _within_facts(database_url, lambda tx: inspection.find(tx, tenant, first, last))


def draw_sample(
    database_url: str, tenant: str, first: date, last: date, *, seed: int, receipts: int, doors: int
) -> list[dict[str, Any]]:
    """What `peduli audit sample` writes."""
    of = {"seed": seed, "receipts": receipts, "doors": doors}
    return _within_facts(database_url, lambda tx: inspection.draw(tx, tenant, first, last, **of))


def _within_facts(database_url: str, act: Callable[[Transaction], Awaitable[T]]) -> T:
    """What `act` reads at one moment of the facts; it may take its time."""

    async def run() -> T:
        connection = await connect(database_url, "facts", statement_seconds=CHECK_SECONDS)
        try:
            async with connection.transaction(isolation="repeatable_read", readonly=True):
                return await act(connection)
        finally:
            await connection.close()

    return asyncio.run(run())


@contextmanager
def overview(database_url: str) -> Iterator[Callable[[], dict[str, int]]]:
    """A look at all in one row (purchases, pieces, rupiah, packets by what became of them), again and again.

    Over one connection: to make one takes as long as many looks.
    """
    with asyncio.Runner() as runner:
        connection = runner.run(connect(database_url, "facts"))
        try:
            yield lambda: dict(runner.run(queries.load_overview(connection)))
        finally:
            runner.run(connection.close())


async def top_units(database_url: str, size: int = 5) -> list[dict[str, Any]]:
    """The units that spent most, with their participation."""
    connection = await connect(database_url, "facts")
    try:
        return [dict(row) for row in await queries.list_top_units(connection, size=size)]
    finally:
        await connection.close()


async def count_events(admin_url: str) -> int:
    """How many events a rebuild still has to read."""
    connection = await connect(admin_url, store.SHADOW, statement_seconds=CHECK_SECONDS)
    try:
        return sum([await store.count_log(connection, log, PARTS) for log in LOGS])
    finally:
        await connection.close()


async def remake(
    admin_url: str, folders: Sequence[Path], *, shards: int, on_progress: Callable[[int], None]
) -> Rebuilt:
    """What `peduli reporting rebuild` does; needs a role that reads the logs of the other services."""
    await migrate.migrate(admin_url, store.SHADOW, folders)
    cities = await _cities(admin_url)
    async with AsyncExitStack() as stack:
        stack.enter_context(_uncollected())
        opened = []
        for _ in range(1 + PARTS):
            opened.append(await connect(admin_url, store.SHADOW, statement_seconds=REBUILD_SECONDS))
            stack.push_async_callback(opened[-1].close)
        queues = [f"reporting.events.{shard}" for shard in range(shards)]
        return await rebuild(opened[0], opened[1:], cities, queues=queues, on_progress=on_progress)


@contextmanager
def _uncollected() -> Iterator[None]:
    """Without the search for cycles: a batch of events has none, and to look for them took a third of our time."""
    gc.disable()
    try:
        yield
    finally:
        gc.enable()


async def _cities(admin_url: str) -> Cities:
    """The cities as reporting knows them."""
    connection = await connect(admin_url, "facts")
    try:
        async with connection.transaction(isolation="repeatable_read", readonly=True):
            cities = Cities()
            await cities.refresh(connection)
            return cities
    finally:
        await connection.close()

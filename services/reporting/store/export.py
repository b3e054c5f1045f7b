"""The published views as an analyst's role sees them. View names are checked against the catalogue of the database."""

from __future__ import annotations

from collections.abc import AsyncIterator
from pathlib import Path

from shared.database.pool import Row, Transaction
from shared.database.queries import load_queries

queries = load_queries(__file__)
BATCH = 20_000  # rows that are in memory at once


async def become_reader(tx: Transaction) -> None:
    """From now on this connection may read the published views and nothing else."""
    await tx.execute("set role dashboard_reader")


async def copy_csv(tx: Transaction, view: str, file: Path) -> int:
    """Write a view as CSV with a header, in UTF-8; returns its rows. `view` must come from `list_columns`."""
    done = await tx.copy_from_query(f'select * from reporting."{view}"', output=file, format="csv", header=True)  # noqa: S608
    return int(done.split()[-1])


async def read(tx: Transaction, view: str) -> AsyncIterator[list[Row]]:
    """The rows of a view in batches. `view` must come from `list_columns`."""
    cursor = await tx.cursor(f'select * from reporting."{view}"')  # noqa: S608
    while rows := await cursor.fetch(BATCH):
        yield rows


async def columns(tx: Transaction) -> dict[str, list[Row]]:
    """The columns of each published view, with their types and comments."""
    found: dict[str, list[Row]] = {}
    for row in await queries.list_columns(tx):
        found.setdefault(row["view"], []).append(row)
    return found

"""The shadow schema of a rebuild. Table and schema names here are ours, never a person's."""

from __future__ import annotations

from collections.abc import Sequence

from shared.database.pool import Row, Transaction
from shared.database.queries import load_queries
from shared.reference import told

queries = load_queries(__file__)

SHADOW = "facts_rebuild"
TABLES = (
    "fct_purchase",
    "fct_purchase_line",
    "fct_post",
    "fct_task",
    "fct_task_line",
    "fct_household",
    "fct_rejection",
    "fct_stock_change",
    "fct_pledge",
    "fct_recipients",
    "tally_unit_day",
    "tally_unit_round",
    "tally_channel_day",
    "tally_seller_day",
    "tally_product_day",
    "tally_source_day",
    "tally_reason_day",
    "tally_region_day",
    "fct_delivery",
    "tally_hours_day",
    "fct_stock_line",
    "tally_stock",
    "unit_buyers",
    "unit_day_buyers",
    "freshness",
)
_CLOCKED = ("freshness",)  # tells when it was applied: never equal, and not to be


async def read_log(tx: Transaction, log: str, after: int, limit: int) -> list[Row]:
    """The next rows of a service's event log (`log` is its schema), without what the registry told: reference data is
    not rebuilt, and its lane must not take it for applied.
    """
    return await tx.fetch(
        f"select seq, routing_key, headers, body from {log}.event_log "  # noqa: S608
        "where seq > $1 and type <> all ($3::text[]) order by seq limit $2",
        after,
        limit,
        sorted(told.TYPES),
    )


async def count_log(tx: Transaction, log: str) -> int:
    """How many events of a log are still to be read: all, or those that a killed rebuild had not come to."""
    is_begun = await tx.fetchval("select to_regclass($1) is not null", f"{SHADOW}.rebuild_cursor")
    after = (await queries.load_cursor(tx, log=log) if is_begun else None) or 0
    count = f"select count(*) from {log}.event_log where seq > $1 and type <> all ($2::text[])"  # noqa: S608
    return int(await tx.fetchval(count, after, sorted(told.TYPES)))


async def differing(tx: Transaction) -> list[str]:
    """Tables whose content differs between shadow and facts, by number of rows and the sum of the rows' hashes."""
    found = []
    for table in TABLES:
        checksum = "select (count(*), sum(hashtextextended(t::text, 0)))::text from"
        sums = [await tx.fetchval(f"{checksum} {schema}.{table} t") for schema in (SHADOW, "facts")]
        if sums[0] != sums[1] and table not in _CLOCKED:
            found.append(table)
    return found


async def swap(tx: Transaction, differing: Sequence[str]) -> None:
    """Put the shadow's rows into the facts, of the tables that differ (most often none does: to write all of them anew
    took a quarter of a rebuild). Deleted and inserted, not truncated: readers go on seeing the old rows.
    """
    for table in (*differing, *_CLOCKED):
        await tx.execute(f"delete from facts.{table}")  # noqa: S608
        await tx.execute(f"insert into facts.{table} select * from {SHADOW}.{table}")  # noqa: S608
    await tx.execute(f"insert into facts.inbox select * from {SHADOW}.inbox on conflict do nothing")  # noqa: S608
    await tx.execute(
        f"insert into facts.aggregate_versions as v select * from {SHADOW}.aggregate_versions "  # noqa: S608
        "on conflict (aggregate) do update set version = excluded.version where excluded.version > v.version"
    )


async def drop(tx: Transaction) -> None:
    """Throw the shadow away."""
    await tx.execute(f"drop schema if exists {SHADOW} cascade")

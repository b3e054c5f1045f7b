"""The shadow schema of a rebuild. Table and schema names here are ours, never a person's."""

from __future__ import annotations

import asyncio
from collections.abc import Mapping, Sequence

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
_VERSIONS = "aggregate_versions"
FOR_EVER = 2**63 - 1  # beyond the last event of any log


def _part(at: int) -> str:
    """The condition that an aggregate is in a part: of two parameters, its number and how many there are."""
    return f"mod(hashtext(aggregate) & 2147483647, ${at + 1}) = ${at}"


def name_of(log: str, part: int, parts: int) -> str:
    """A part of a log's events, by which its cursor is known. Another number of parts begins anew."""
    return f"{log} {part}/{parts}"


async def prepare(tx: Transaction, parts: Sequence[str]) -> None:
    """Make the shadow ready for the first event, unless these parts of the logs were begun.

    Nothing in it is written for a crash of the server (`unlogged`): that costs more than to begin again.
    """
    await queries.create_cursors(tx)
    if not any([await queries.load_cursor(tx, part=part) for part in parts]):
        for table in (*TABLES, _VERSIONS):
            await tx.execute(f"truncate {table}")
            await tx.execute(f"alter table {table} set unlogged")
    await queries.copy_cities(tx)


async def find_end(tx: Transaction, log: str) -> int:
    """The last event of a log as it is now."""
    return int(await tx.fetchval(f"select coalesce(max(seq), 0) from {log}.event_log"))  # noqa: S608


async def read_log(tx: Transaction, log: str, after: int, until: int, limit: int, part: int, parts: int) -> list[Row]:
    """The next rows of a part of a service's event log (`log` is its schema), without what the registry told:
    reference data is not rebuilt, and its lane must not take it for applied.
    """
    return await tx.fetch(
        "select seq, event_id::text, type, aggregate, version, split_part(routing_key, '.', 1) as tenant, "  # noqa: S608
        "headers ->> 'ce-source' as source, headers ->> 'ce-time' as time, "
        f"headers ->> 'ce-correlationid' as correlation_id, body from {log}.event_log "
        f"where seq > $1 and seq <= $2 and type <> all ($4::text[]) and {_part(5)} order by seq limit $3",
        after,
        until,
        limit,
        sorted(told.TYPES),
        part,
        parts,
    )


async def count_log(tx: Transaction, log: str, parts: int) -> int:
    """How many events of a log are still to be read: all, or those that a killed rebuild had not come to."""
    is_begun = await tx.fetchval("select to_regclass($1) is not null", f"{SHADOW}.rebuild_read")
    count = f"select count(*) from {log}.event_log where seq > $1 and type <> all ($2::text[]) and {_part(3)}"  # noqa: S608
    found = 0
    for part in range(parts):
        after = (await queries.load_cursor(tx, part=name_of(log, part, parts)) if is_begun else None) or 0
        found += await tx.fetchval(count, after, sorted(told.TYPES), part, parts)
    return found


async def copy_versions(tx: Transaction, ends: Mapping[str, int]) -> str | None:
    """Take over which version each aggregate has reached in the logs; tells of one whose events are not all there."""
    await tx.execute(f"truncate {_VERSIONS}")
    gap = None
    for log, end in ends.items():
        gap = gap or await tx.fetchval(
            "with told as (select aggregate, max(version) as version, count(*) as events "  # noqa: S608
            f"from {log}.event_log where seq <= $1 and type <> all ($2::text[]) group by 1), "
            f"saved as (insert into {_VERSIONS} select aggregate, version from told) "
            "select aggregate from told where events <> version order by 1 limit 1",
            end,
            sorted(told.TYPES),
        )
    return gap


async def differing(tx: Transaction, reader: Transaction) -> list[str]:
    """Tables whose content differs between shadow and facts, by number of rows and the sum of the rows' hashes.

    The facts are read by `reader` meanwhile; the shadow's last rows are seen by `tx` alone.
    """
    shadow, facts = await asyncio.gather(_checksums(tx, SHADOW), _checksums(reader, "facts"))
    return [table for table in TABLES if shadow[table] != facts[table] and table not in _CLOCKED]


async def _checksums(tx: Transaction, schema: str) -> dict[str, str]:
    checksum = "select (count(*), sum(hash_record_extended(t, 0)))::text from"
    return {table: await tx.fetchval(f"{checksum} {schema}.{table} t") for table in TABLES}


async def swap(tx: Transaction, differing: Sequence[str]) -> None:
    """Put the shadow's rows into the facts, of the tables that differ, and of these the rows that do: most often a few
    that the lanes have yet to apply. Deleted and inserted, not truncated: readers go on seeing the old rows.
    """
    for table in (*differing, *_CLOCKED):
        await tx.execute(f"delete from facts.{table} old where not exists ({_alike(f'{SHADOW}.{table}', 'old')})")  # noqa: S608
        await tx.execute(
            f"insert into facts.{table} select new.* from {SHADOW}.{table} new "  # noqa: S608
            f"where not exists ({_alike(f'facts.{table}', 'new')})"
        )
    await tx.execute(
        f"insert into facts.{_VERSIONS} as v select s.* from {SHADOW}.{_VERSIONS} s "  # noqa: S608
        f"left join facts.{_VERSIONS} f using (aggregate) where f.version is null or f.version < s.version "
        "on conflict (aggregate) do update set version = excluded.version"
    )


def _alike(table: str, row: str) -> str:
    """The rows of a table that are like a row of another, told by 128 bits of hash: rows of two types have no `=`."""
    hashes = " and ".join(f"hash_record_extended(t, {seed}) = hash_record_extended({row}, {seed})" for seed in (0, 1))
    return f"select from {table} t where {hashes}"


async def drop(tx: Transaction) -> None:
    """Throw the shadow away."""
    await tx.execute(f"drop schema if exists {SHADOW} cascade")

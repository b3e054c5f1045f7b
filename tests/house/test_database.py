"""The rules of the house about SQL: every query prepares, every migration can go back, every table is explained."""

from __future__ import annotations

import re
from pathlib import Path
from typing import Any

import aiosql
import asyncpg
import pytest

from peduli.prepare import SERVICES, SHARED_MIGRATIONS
from shared.database.migrate import migrate
from tests.support.repository import ROOT, committed, text_of
from tests.support.servers import World

SCHEMAS = {"purchases": "purchases", "distribution": "distribution", "reporting": "facts"}
NAMED_SQL = [path for path in committed(".sql") if "-- name:" in text_of(path)]
SCRIPT = aiosql.types.SQLOperationType.SCRIPT


def schemas_of(path: Path) -> list[str]:
    """The schemas that a file's queries run in: a service's own, or (shared) those of all services."""
    return [SCHEMAS[path.parts[1]]] if path.parts[0] == "services" else list(SCHEMAS.values())


def queries_of(path: Path) -> dict[str, Any]:
    """The queries of a file as aiosql reads them; scripts first, because they make tables."""
    loaded = aiosql.from_path(ROOT / path, "asyncpg", mandatory_parameters=False)
    found = {name: getattr(loaded, name) for name in re.findall(r"^-- name: (\w+)", text_of(path), re.MULTILINE)}
    return dict(sorted(found.items(), key=lambda item: item[1].operation != SCRIPT))


async def test_every_query_prepares_on_a_migrated_database(world: World) -> None:
    broken: list[str] = []
    for path in NAMED_SQL:
        for schema in schemas_of(path):
            connection = await asyncpg.connect(world.database_url, server_settings={"search_path": schema})
            for name, query in queries_of(path).items():
                try:
                    await (connection.execute if query.operation == SCRIPT else connection.prepare)(query.sql)
                except asyncpg.PostgresError as error:
                    broken.append(f"{path} {name} in {schema}: {error}")
            await connection.close()
    assert broken == []


def test_a_query_leaves_no_trace_in_its_session() -> None:
    """Connections of a pool are not reset between transactions; the relay has one of its own."""
    sessions = re.compile(
        r"^\s*(set|reset|listen|declare|prepare)\b|pg_(try_)?advisory_lock", re.MULTILINE | re.IGNORECASE
    )
    traces = {name for path in NAMED_SQL for name, query in queries_of(path).items() if sessions.search(query.sql)}
    assert traces == {"relax_commits", "claim_leadership"}


@pytest.mark.parametrize("path", NAMED_SQL, ids=str)
def test_every_query_is_used_and_says_what_it_means(path: Path) -> None:
    code = "".join(
        text_of(module) for module in committed(".py") if module.parts[0] in ("peduli", "services", "shared")
    )
    found = queries_of(path)
    assert [name for name in found if not re.search(rf"queries\.{name}\b", code)] == []
    assert [name for name, query in found.items() if not query.__doc__] == []


@pytest.mark.parametrize("schema", SERVICES)
async def test_migrations_go_up_and_down_and_up_again(world: World, schema: str) -> None:
    folders = [*SHARED_MIGRATIONS, SERVICES[schema]]
    connection = await asyncpg.connect(world.database_url, server_settings={"search_path": "trial"})
    try:
        went_up = await migrate(world.database_url, "trial", folders)
        before = await structure(connection)
        for name in reversed(went_up):
            file = next(file for folder in folders for file in folder.glob(name))
            await connection.execute(file.read_text().partition("-- migrate:down")[2])
            await connection.execute("delete from schema_migrations where version = $1", name.split("_")[0])
        assert {row["table_name"] for row in await structure(connection)} == {"schema_migrations"}
        assert await migrate(world.database_url, "trial", folders) == went_up
        assert await structure(connection) == before
    finally:
        await connection.close()


async def structure(connection: asyncpg.Connection[asyncpg.Record]) -> list[asyncpg.Record]:
    """Every column of the schema `trial`."""
    return await connection.fetch(
        "select table_name::text, column_name::text, data_type::text, is_nullable, column_default from "
        "information_schema.columns where table_schema = 'trial' order by table_name, ordinal_position"
    )


# what a reader cannot guess: bytes, JSON, lists, and codes, whose possible values must be told
UNEXPLAINED = """select n.nspname || '.' || c.relname || coalesce('.' || a.attname, '') as what
from pg_class c join pg_namespace n on n.oid = c.relnamespace
left join pg_attribute a on a.attrelid = c.oid and a.attnum > 0 and (
  a.atttypid in ('bytea'::regtype, 'jsonb'::regtype, 'text[]'::regtype)
  or a.attname in ('status', 'state', 'kind', 'outcome', 'reason', 'cause', 'level', 'goods', 'channel', 'purpose')
  or a.attname like '%\\_hash' or a.attname like '%\\_key')
where c.relkind = 'r' and n.nspname = any($1) and c.relname <> 'schema_migrations'
  and case when a.attnum is null then obj_description(c.oid) else col_description(c.oid, a.attnum) end is null
order by 1"""
NAMELESS_TABLES = """select n.nspname || '.' || c.relname as what
from pg_class c join pg_namespace n on n.oid = c.relnamespace
where c.relkind = 'r' and n.nspname = any($1) and c.relname <> 'schema_migrations' and obj_description(c.oid) is null
order by 1"""


@pytest.mark.parametrize("sql", [NAMELESS_TABLES, UNEXPLAINED], ids=["tables", "columns"])
async def test_every_table_and_what_cannot_be_guessed_is_explained(world: World, sql: str) -> None:
    connection = await asyncpg.connect(world.database_url)
    try:
        rows = await connection.fetch(sql, list(SCHEMAS.values()))
    finally:
        await connection.close()
    assert "\n".join(row["what"] for row in rows) == ""

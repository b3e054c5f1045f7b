"""Applies migrations in dbmate's format: `-- migrate:up` until `-- migrate:down`, merged by timestamp."""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path

import asyncpg

from shared.errors import PeduliError

LOCK_SECONDS = 5  # a migration that waits longer for a table would make every query behind it wait too: better to fail
STATEMENT_MINUTES = 15  # the longest that one statement may hold its locks


class MigrationError(PeduliError):
    """A migration file has no `-- migrate:up` section."""


def up_section(text: str) -> str:
    """The SQL between the up and the down marker; raises `MigrationError` when there is none."""
    _, found, rest = text.partition("-- migrate:up")
    if not found:
        raise MigrationError(hint="start the file with a line `-- migrate:up`")
    return rest.partition("-- migrate:down")[0]


async def migrate(url: str, schema: str, folders: Sequence[Path]) -> list[str]:
    """Bring `schema` up to date, each file in its own transaction; returns the versions applied now."""
    files = sorted((file for folder in folders for file in folder.glob("*.sql")), key=lambda file: file.name)
    connection = await asyncpg.connect(url)
    try:
        await connection.execute("select pg_advisory_lock(hashtext($1))", f"peduli-migrate-{schema}")
        await connection.execute(f"set lock_timeout to '{LOCK_SECONDS}s'")
        await connection.execute(f"set statement_timeout to '{STATEMENT_MINUTES}min'")
        await connection.execute(f'create schema if not exists "{schema}"')
        await connection.execute(f'set search_path to "{schema}"')
        await connection.execute("create table if not exists schema_migrations (version text primary key)")
        done = {row["version"] for row in await connection.fetch("select version from schema_migrations")}
        new = [file for file in files if file.name.split("_")[0] not in done]
        for file in new:
            async with connection.transaction():
                await connection.execute(up_section(file.read_text()))
                await connection.execute("insert into schema_migrations values ($1)", file.name.split("_")[0])
        return [file.name for file in new]
    finally:
        await connection.close()

"""One login role per service: it owns nothing, and sees its own schema only."""

from __future__ import annotations

from collections.abc import Sequence

import asyncpg

DATA = "select, insert, update, delete"
READ_ONLY = "principals"  # a service that was broken into must not be able to give itself tokens,
ADD_ONLY = ("event_log", "seals")  # and not to alter what it told


async def ensure(
    admin_url: str, role: str, password: str, schema: str, *, reads: Sequence[str] = (), logs: Sequence[str] = ()
) -> None:
    """Make `role` or renew its password, and let it read and write `schema`, and read the published `reads`.

    `logs` are schemas whose event log and its seals it may read: what was told to everybody, and nothing else of them.
    """
    connection = await asyncpg.connect(admin_url)
    try:
        async with connection.transaction():
            exists = await connection.fetchval("select 1 from pg_roles where rolname = $1", role)
            literal = await connection.fetchval("select quote_literal($1::text)", password)
            await connection.execute(f'{"alter" if exists else "create"} role "{role}" login password {literal}')
            await connection.execute(f'grant usage on schema "{schema}" to "{role}"')
            await connection.execute(f'grant {DATA}, truncate on all tables in schema "{schema}" to "{role}"')
            await connection.execute(f'revoke insert, update, delete, truncate on "{schema}".{READ_ONLY} from "{role}"')
            for table in ADD_ONLY:
                await connection.execute(f'revoke update, delete, truncate on "{schema}".{table} from "{role}"')
            await connection.execute(f'grant usage, select on all sequences in schema "{schema}" to "{role}"')
            for published in reads:
                await connection.execute(f'grant usage on schema "{published}" to "{role}"')
                await connection.execute(f'grant select on all tables in schema "{published}" to "{role}"')
            for owner in logs:
                await connection.execute(f'grant usage on schema "{owner}" to "{role}"')
                await connection.execute(f'grant select on "{owner}".event_log, "{owner}".seals to "{role}"')
    finally:
        await connection.close()

"""A backup on another machine, as docs/operations.md has it: the dump alone, a broker without messages."""

from __future__ import annotations

import subprocess
from dataclasses import replace
from pathlib import Path

import asyncpg

import services.purchases.app as purchases
from services.reporting.cli import differences, differences_from_logs
from tests.support.eventually import eventually
from tests.support.journey import code_for, one_task, query, recent, register, report, services, tell
from tests.support.repository import ROOT
from tests.support.running import running
from tests.support.servers import Databases, World, held_by, purge
from tests.support.tools import need

HERE = """select (select count(*) from facts.fct_purchase) as purchases,
  (select count(*) from distribution.lots) as lots, (select count(*) from distribution.stock_entries) as entries"""


def run(*words: str) -> None:
    """Run a program of Postgres, which must end well."""
    done = subprocess.run(words, capture_output=True, text=True, check=False)
    assert done.returncode == 0, done.stderr


async def test_a_restored_backup_tells_what_the_broker_had_lost_and_nothing_differs(
    world: World, databases: Databases, template: str, tmp_path: Path
) -> None:
    need("pg_dump", "pg_restore")
    async with services(world) as (_, field, _reporting):
        await register(field)
        await tell(world, recent())
        task = (await one_task(field))["task_id"]
        await report(field, task, "deliver", proof_kind="code", proof=code_for(task))
        await eventually(lambda: differences(world.database_url), lambda found: found == [])
    async with running(purchases.service(world.settings())):
        await tell(world, recent("KOP-2"))  # its event waits in the broker, which is not in the dump
        await eventually(lambda: query(world, "select from purchases.outbox"), lambda rows: rows == [])
    [before] = await query(world, HERE)
    dump = tmp_path / "peduli.dump"
    run("pg_dump", "-Fc", "-f", str(dump), world.database_url)
    await purge(world.rabbitmq.url, held_by(world.topology))
    other = await databases.create("restored", f"template {template}")
    run("pg_restore", "-d", other, "--clean", "--if-exists", str(dump))
    async with asyncpg.create_pool(other, min_size=0, statement_cache_size=0) as admin:
        await admin.execute((ROOT / "deploy" / "after_restore.sql").read_text(encoding="utf-8"))
        there = replace(world, database_url=other, admin=admin)
        assert await query(there, HERE) == [before]
        async with services(there):
            wanted = {"lots": 2, "purchases": 2, "entries": before["entries"] + 1}  # what was applied is not again
            await eventually(lambda: query(there, HERE), lambda rows: rows == [wanted])
            await eventually(lambda: differences(other), lambda found: found == [])
            assert await differences_from_logs(other) == []
    await databases.drop("restored")

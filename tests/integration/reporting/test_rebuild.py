"""A rebuild can be killed and goes on where it was, and readers never notice; a service's own role reconciles too."""

from __future__ import annotations

import asyncio
import json
import os
import re
import sys
from typing import Any

import asyncpg
import pytest

import services.purchases.app as purchases
import services.reporting.app as reporting
from peduli.prepare import REPORTING_MIGRATIONS, prepare_database
from peduli.processes import role_url
from services.reporting.cli import count_events, differences, differences_from_logs, remake
from services.reporting.usecases import rebuild
from tests.integration.reporting.test_any_order import life
from tests.support.eventually import eventually
from tests.support.journey import query
from tests.support.projecting import bought, facts_of, flat, log
from tests.support.publish import message, publish, purchase
from tests.support.running import running
from tests.support.servers import World
from tests.support.terminal import type_

TOTAL = "select coalesce(sum(purchases), 0)::int from reporting.v1_unit_tally"
REBUILD = "from pg_stat_activity a where application_name = 'peduli-facts_rebuild'"
ASKS = f"select exists (select {REBUILD} and query like '%virtualtransaction = any%')"
WAITS = f"""select exists (select {REBUILD} and exists (select from pg_locks l where l.pid = a.pid and not granted
  and classid = (hashtext('peduli-lane')::bigint & 4294967295)::oid))"""
KEY = "3276.purchase.submitted.v1"


async def rebuilding(world: World) -> asyncio.subprocess.Process:
    """`peduli reporting rebuild` as a process of its own."""
    settings = {"DATABASE_URL": world.database_url, "AMQP_URL": world.rabbitmq.url, "HASH_KEY": "k", "SEAL_KEY": "k"}
    return await asyncio.create_subprocess_exec(
        *(sys.executable, "-m", "peduli", "reporting", "rebuild", "--json"),
        env={**os.environ, **{f"PEDULI_{name}": value for name, value in settings.items()}},
        stdout=asyncio.subprocess.PIPE,
        stderr=asyncio.subprocess.DEVNULL,
    )


async def test_a_killed_rebuild_goes_on_where_it_was_while_readers_read(world: World) -> None:
    settings = world.settings()
    lane = await asyncpg.connect(world.database_url)
    writer = await asyncpg.connect(world.database_url)
    reader = await asyncpg.connect(world.database_url)

    async def seen(sql: str) -> Any:
        return await reader.fetchval(sql)

    async with running(purchases.service(settings)), running(reporting.service(settings)):
        late = writer.transaction()
        await late.start()  # what it writes stands before what is told meanwhile
        await log(writer, [bought("W")])
        await publish(world.rabbitmq.url, [(message(purchase(f"R{n}")), KEY) for n in range(20)])
        await eventually(lambda: seen(TOTAL), lambda total: total == 20)
        assert await count_events(world.database_url) >= 20
        killed = await rebuilding(world)
        await eventually(lambda: seen(ASKS), bool)
        hold = lane.transaction()
        await hold.start()  # a lane at work: the rebuild reads both logs, and waits for it
        await lane.execute("select pg_advisory_xact_lock(hashtext('peduli-lane'), hashtext('reporting.events.0'))")
        await late.commit()
        await eventually(lambda: seen(WAITS), bool)
        assert await seen("select count(*) from facts_rebuild.fct_purchase") == 21
        killed.kill()
        await killed.wait()
        await hold.rollback()
        await eventually(lambda: seen(TOTAL), lambda total: total == 21)
        assert await count_events(world.database_url) == 0  # its bar begins where the killed one stood
        await publish(world.rabbitmq.url, [(message(purchase(f"L{n}")), KEY) for n in range(3)])
        await eventually(lambda: seen(TOTAL), lambda total: total == 24)

        resumed = await rebuilding(world)
        totals = set()
        while resumed.returncode is None:
            totals.add(await seen(TOTAL))
            await asyncio.wait({asyncio.ensure_future(resumed.wait())}, timeout=0.01)
        assert resumed.stdout is not None
        made = json.loads(await resumed.stdout.read())
    assert made == [{"events": 3, "differed": "nothing"}]
    assert totals == {24}
    assert await seen("select to_regnamespace('facts_rebuild') is null")
    assert await differences(world.database_url) == []
    await lane.close()
    await writer.close()
    await reader.close()


async def test_facts_of_every_kind_come_out_equal_and_a_log_with_a_gap_changes_nothing(
    world: World, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(rebuild, "BATCH", 7)  # what an event needs to know was written by another batch
    drawn = [("32.76.DKUM", "BERAS-5KG", 4, 3, "donation"), ("32.76.06", "TELUR-1KG", 2, 9, "donation")]
    events = flat(part for n in range(4) for part in life(n, drawn[n % 2 :], n == 3))
    async with facts_of(world) as facts:
        await facts.apply(events)
        await log(facts.connection, events)
        made = await remake(world.database_url, REPORTING_MIGRATIONS, shards=1, on_progress=lambda _: None)
        assert made == rebuild.Rebuilt(len(events), ())
        before = await facts.content()
        await log(facts.connection, [bought("gap"), bought("gap", 3)])
        with pytest.raises(rebuild.GapError):
            await remake(world.database_url, REPORTING_MIGRATIONS, shards=1, on_progress=lambda _: None)
        assert await facts.content() == before


async def test_a_role_that_sees_its_own_schema_only_says_that_it_cannot_read_the_logs(world: World) -> None:
    await prepare_database(world.database_url, "3276", dict.fromkeys(("purchases", "distribution", "facts"), "secret"))
    await query(world, "revoke select on purchases.event_log from peduli_facts")  # as on a server of its own
    url = role_url(world.database_url, "facts", "secret")
    assert await differences(url) == []
    assert await differences_from_logs(url) is None


async def test_reconcile_ends_with_1_when_anything_differs_and_shows_how_far_it_is(world: World) -> None:
    await prepare_database(world.database_url, "3276", dict.fromkeys(("purchases", "distribution", "facts"), "secret"))
    await query(world, "revoke select on purchases.event_log from peduli_facts")
    async with facts_of(world) as facts:
        await facts.apply([bought("told by no log", purpose="own_use")])

    def reconcile(url: str) -> tuple[int, list[str], str]:
        given = {"PEDULI_DATABASE_URL": url, "PEDULI_HASH_KEY": "k", "PEDULI_SEAL_KEY": "k"}
        ended = type_(("reporting", "reconcile", "--json"), given)
        return ended.code, [row["tally"] for row in json.loads(ended.out)], ended.err

    own = role_url(world.database_url, "facts", "secret")
    code, found, shown = reconcile(own)
    assert (code, found) == (0, [])
    assert re.search(r"tallies .*100%", shown)
    assert "cannot be read by this role" in shown
    await query(world, "update facts.tally_unit_day set own_use_idr = own_use_idr + 1")
    assert reconcile(own)[:2] == (1, ["tally_unit_day"])
    await query(world, "update facts.tally_unit_day set own_use_idr = own_use_idr - 1")
    code, found, shown = reconcile(world.database_url)
    assert (code, set(found)) == (1, {"aggregate_versions", "fct_purchase"})
    assert re.search(r"logs .*100%", shown)

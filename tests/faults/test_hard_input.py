"""Whatever is sent, by broker or by HTTP: nothing is lost, nobody's process falls, and no answer is a 5xx."""

from __future__ import annotations

import asyncio
import sys

import services.distribution.app as distribution
import services.purchases.app as purchases
import services.reporting.app as reporting
from tests.support.fuzz import OUTCOMES, fuzz
from tests.support.repository import ROOT
from tests.support.running import running, serving
from tests.support.servers import World


async def test_each_of_a_thousand_odd_messages_is_recorded_rejected_or_parked(world: World) -> None:
    async with running(purchases.service(world.settings())):
        seen = await fuzz(world.rabbitmq.url, world.database_url, count=1000, seed=7, seconds=120)
    assert sum(seen.values()) == 1001
    assert seen.keys() <= OUTCOMES
    assert seen["recorded"] > 1


async def test_no_request_that_its_contract_knows_or_forbids_is_answered_with_a_5xx(world: World) -> None:
    settings = world.settings()
    async with (
        serving(purchases.service(settings)) as one,
        serving(distribution.service(settings)) as two,
        serving(reporting.service(settings)) as three,
    ):
        ran = await asyncio.create_subprocess_exec(
            *(sys.executable, "-m", "tests.support.odd_requests", one, two, three),
            cwd=ROOT,
            stdout=asyncio.subprocess.PIPE,
            stderr=asyncio.subprocess.STDOUT,
        )
        told = (await ran.communicate())[0].decode()
    assert ran.returncode == 0, told[-4000:]
    as_anybody = told.split("Schemathesis v")[1::2]
    assert [("generated, " in run, "only 401/403" in run) for run in as_anybody] == [(True, False)] * 3, told

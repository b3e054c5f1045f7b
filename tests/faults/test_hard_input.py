"""Whatever is sent, by broker or by HTTP: nothing is lost, nobody's process falls, and no answer is a 5xx."""

from __future__ import annotations

import asyncio
import importlib
import sys
from pathlib import Path

import pytest

from services.purchases.app import service
from tests.support.fuzz import OUTCOMES, fuzz
from tests.support.running import running, serving
from tests.support.servers import World

SCHEMATHESIS = Path(sys.executable).parent / "schemathesis"
OPTIONS = "--checks not_a_server_error --max-examples 5 --seed 1 --generation-deterministic --phases coverage,fuzzing"


async def test_each_of_a_thousand_odd_messages_is_recorded_rejected_or_parked(world: World) -> None:
    async with running(service(world.settings())):
        seen = await fuzz(world.rabbitmq.url, world.database_url, count=1000, seed=7, seconds=120)
    assert sum(seen.values()) == 1001
    assert seen.keys() <= OUTCOMES
    assert seen["recorded"] > 1


@pytest.mark.parametrize("name", ["purchases", "distribution", "reporting"])
async def test_no_request_that_its_contract_knows_or_forbids_is_answered_with_a_5xx(world: World, name: str) -> None:
    made = importlib.import_module(f"services.{name}.app").service(world.settings())
    async with serving(made) as url:
        ran = await asyncio.create_subprocess_exec(
            str(SCHEMATHESIS),
            *("run", f"{url}/openapi.json", *OPTIONS.split()),
            stdout=asyncio.subprocess.PIPE,
            stderr=asyncio.subprocess.STDOUT,
        )
        told, _ = await ran.communicate()
    assert ran.returncode == 0, told.decode()[-4000:]
    assert b"generated, " in told

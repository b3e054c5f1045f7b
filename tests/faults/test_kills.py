"""Everything is killed under load, and nothing is lost or doubled (the short form of `make soak`)."""

from __future__ import annotations

import asyncio
import random
from pathlib import Path

import pytest

from peduli import processes
from peduli.prepare import prepare_broker, prepare_database
from peduli.servers.private import private_servers
from peduli.story import purchase
from shared.clock import now
from shared.reference.load import load
from tests.support import soak


async def test_every_process_and_server_is_killed_under_load(tmp_path: Path) -> None:
    found = await soak.fight(tmp_path, rounds=1, seed=1, purchases=5000, households=300, faults=8, rate=1200)
    assert found == []


@pytest.mark.parametrize("server", ["postgres", "rabbitmq"])
async def test_twenty_seconds_away_parks_nothing_and_is_caught_up(tmp_path: Path, server: str) -> None:
    with private_servers(tmp_path) as (postgres, rabbitmq):
        await prepare_database(postgres.url, soak.TENANT, soak.PASSWORDS)
        await prepare_broker(rabbitmq.url, soak.TENANT)
        services = processes.plan(tmp_path / "logs", rabbitmq.url, postgres.url, soak.PASSWORDS, soak.KEYS)
        battle = soak.Battle(postgres, rabbitmq, services, random.Random(1))
        reference = load(soak.TENANT)
        bodies = [purchase(battle.draw, reference, now(), number) for number in range(1500)]
        try:
            for service in services.values():
                service.start()
            for service in services.values():
                service.wait_ready()
            publishing = asyncio.create_task(soak.publish(battle, bodies, rate=300))
            await asyncio.sleep(2)
            away = postgres if server == "postgres" else rabbitmq
            away.stop()
            await asyncio.sleep(20)
            away.start()
            await publishing
            battle.truth.add(bodies)
            assert await soak.settled(battle, 60) == []
        finally:
            for service in services.values():
                service.stop()

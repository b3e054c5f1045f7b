"""A whole system under fire: killed at every step, stopped one by one, left without its servers; nothing is lost.

The long form of the kills is `make soak`. The tests share one system, as the rounds of the soak do; the stops come
first, while no process has counted what a kill left behind.
"""

from __future__ import annotations

import asyncio
from collections import Counter
from collections.abc import AsyncIterator
from dataclasses import dataclass, field

import asyncpg
import httpx
import pytest
from prometheus_client.parser import text_string_to_metric_families

from peduli.processes import SERVICES, Running
from shared.messaging import topology
from tests.support import soak
from tests.support.publish import taken
from tests.support.truth import SOURCE, TENANT

IN_ORDER = '"late":0,'  # of what a service says at its end: nothing of it had to be broken off
ATTRIBUTES = ("source", "id", "aggregate", "version")
QUEUES = {
    "purchases.intake": "purchases",
    "distribution.intake": "distribution",
    "distribution.events.0": "distribution",
    "reporting.events.0": "facts",
}
# While messages go on coming one by one, a few are always on their way when a lane says stop: the broker takes these
# back, and they come marked, though nobody had them in hand.
UNDER_WAY = 20
# How it is known that messages were applied: those with a version by that which their aggregate has reached
WRITTEN_DOWN = "select event from {schema}.inbox where event = any($1) and event not like $2"
REACHED = """select aggregate from unnest($1::text[], $2::int[]) as told (name, told)
  join {schema}.aggregate_versions on aggregate = name and version >= told"""


@dataclass
class Seen:
    """What was seen around each stop."""

    in_order: list[bool] = field(default_factory=list)
    counted: Counter[tuple[str, str]] = field(default_factory=Counter)
    left: int = 0
    left_twice: int = 0

    def stop(self, service: Running) -> None:
        """Read what a process has counted, and SIGTERM it."""
        text = httpx.get(f"{service.url}/metrics", timeout=5).text
        for sample in (s for family in text_string_to_metric_families(text) for s in family.samples):
            if sample.name.startswith("peduli_events_") and "queue" in sample.labels:
                self.counted[sample.name, sample.labels["queue"]] += int(sample.value)
        service.stop()
        last = [line for line in service.log.read_text().splitlines() if "service_stopped" in line][-1]
        self.in_order.append(IN_ORDER in last)

    async def look(self, battle: soak.Battle) -> None:
        """What the stopped services left in their queues; nothing of it may have been applied, or come twice."""
        connection = await asyncpg.connect(battle.postgres.url)
        depths = await topology.depths(battle.rabbitmq.url, list(QUEUES))  # others go on publishing
        for queue, schema in QUEUES.items():
            messages = await taken(battle.rabbitmq.url, queue, settle=False, most=depths[queue])
            told = [tuple(str(item.headers.get(f"ce-{name}", "")) for name in ATTRIBUTES) for item in messages]
            names = [f"{TENANT}|{source}|{identity}" for source, identity, _, _ in told]
            in_turn = [(aggregate, int(version)) for _, _, aggregate, version in told if version]
            applied = [
                *await connection.fetch(WRITTEN_DOWN.format(schema=schema), names, f"{TENANT}|{SOURCE}|%"),
                *await connection.fetch(
                    REACHED.format(schema=schema), [name for name, _ in in_turn], [version for _, version in in_turn]
                ),
            ]
            counts = [item.headers.get("x-delivery-count", 0) for item in messages]
            self.left += len(messages)
            self.left_twice += len(applied) + sum(int(str(count)) > 1 for count in counts)
        await connection.close()


@pytest.fixture(scope="module")
async def battle(tmp_path_factory: pytest.TempPathFactory) -> AsyncIterator[soak.Battle]:
    """Servers that wait for the disk, three services, and 300 households in isolation."""
    async with soak.battlefield(tmp_path_factory.mktemp("battle"), seed=1, households=300) as battle:
        yield battle


async def test_services_stop_and_start_one_by_one_under_load(battle: soak.Battle) -> None:
    seen = Seen()

    async def roll(battle: soak.Battle) -> None:
        for service in battle.services.values():
            await asyncio.to_thread(seen.stop, service)
            service.start()
            await asyncio.to_thread(service.wait_ready)
        for service in reversed(battle.services.values()):  # those that read first, so that something is left
            await asyncio.to_thread(seen.stop, service)
            await asyncio.sleep(0.3)
        await seen.look(battle)
        for service in battle.services.values():
            service.start()

    assert await soak.one_round(battle, "S", roll, purchases=1000, rate=200) == []
    assert seen.in_order == [True] * 2 * len(SERVICES)
    assert seen.left > 20
    assert seen.left_twice == 0
    truth = battle.truth
    told = {"purchases.intake": len(truth.purchases), "distribution.intake": len(truth.reports) + len(truth.households)}
    for (name, queue), count in seen.counted.items():
        if name == "peduli_events_repeated_total":  # what its publisher said twice, and nothing else
            assert count <= told.get(queue, 0), queue
        elif name == "peduli_events_redelivered_total":
            assert count <= UNDER_WAY * len(seen.in_order), queue
        elif name == "peduli_events_parked_total":
            assert count == 0, queue


async def test_every_process_dies_at_every_step_and_every_server_is_killed_under_load(battle: soak.Battle) -> None:
    assert await soak.one_round(battle, "K", soak.every_point, purchases=5000, rate=400) == []
    assert battle.unreached == []


async def test_twenty_seconds_away_parks_nothing_and_is_caught_up(battle: soak.Battle) -> None:
    async def away(battle: soak.Battle) -> None:
        """Each server is away alone for half of its time, and together with the other for the other half."""

        async def later(server: str, seconds: float) -> None:
            await asyncio.sleep(seconds)
            await battle.strike_server(server, 20)

        await asyncio.gather(later("postgres-stop", 2), later("rabbitmq-stop", 12))

    assert await soak.one_round(battle, "A", away, purchases=1000, rate=50) == []

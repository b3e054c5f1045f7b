"""Kill everything, at every moment, under load; then reckon. The long form: `make soak ARGS="--rounds 10 --seed 1"`.

The truth is reckoned here from what was published, and compared with Postgres and the queues alone.
"""

from __future__ import annotations

import argparse
import asyncio
import logging
import random
import signal
import sys
import tempfile
import time
import uuid
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import asyncpg
import httpx
from aio_pika.abc import AbstractExchange

from peduli import processes
from peduli.prepare import prepare_broker, prepare_database
from peduli.servers.private import private_servers
from peduli.servers.server import Server
from peduli.story import household, purchase
from services.reporting.cli import differences
from shared.clock import now
from shared.messaging import topology
from shared.reference.load import load
from tests.support.publish import message

TENANT = "3276"
KEY = "3276.purchase.submitted.v1"
PASSWORDS = dict.fromkeys(processes.SERVICES.values(), "soak")
KEYS = {"PEDULI_HASH_KEY": "soak", "PEDULI_SEAL_KEY": "soak"}
FAULTS = ("purchases", "distribution", "reporting", "rabbitmq", "postgres", "rabbitmq-stop", "postgres-stop")


@dataclass
class Truth:
    """What was published and confirmed, and so must be found: pieces per (source, reference), rupiah in all."""

    references: set[str] = field(default_factory=set)
    pieces: int = 0
    spend_idr: int = 0

    def add(self, bodies: list[dict[str, Any]]) -> None:
        """These were published and confirmed."""
        self.references |= {body["reference"] for body in bodies}
        self.pieces += sum(line["quantity"] for body in bodies for line in body["lines"])
        self.spend_idr += sum(body["total_idr"] for body in bodies)


@dataclass
class Battle:
    """The system under fire."""

    postgres: Server
    rabbitmq: Server
    services: dict[str, processes.Running]
    draw: random.Random
    truth: Truth = field(default_factory=Truth)

    async def strike(self, fault: str) -> None:
        """SIGKILL or stop one thing, and bring it back a moment later."""
        if fault in self.services:
            self.services[fault].stop(signal.SIGKILL)
            await asyncio.sleep(self.draw.uniform(0.0, 0.3))
            self.services[fault].start()
            return
        server = self.postgres if fault.startswith("postgres") else self.rabbitmq
        server.stop() if fault.endswith("-stop") else server.kill()
        await asyncio.sleep(self.draw.uniform(0.0, 1.0))
        server.start()


async def publish(battle: Battle, bodies: list[dict[str, Any]], *, rate: float) -> None:
    """Publish with confirms at `rate` a second, each fifth twice, through every outage: again until confirmed."""
    import aio_pika

    left = [message(body, ce_id=str(uuid.uuid5(uuid.NAMESPACE_URL, body["reference"]))) for body in bodies]
    left += [message(body, ce_id=f"again-{body['reference']}") for body in bodies[::5]]
    while left:
        try:
            connection = await aio_pika.connect(f"{battle.rabbitmq.url}?heartbeat=4", timeout=3)
            async with connection:
                channel = await connection.channel(publisher_confirms=True)
                exchange: AbstractExchange = await channel.get_exchange(topology.INTAKE, ensure=False)
                while left:
                    window = left[: int(rate / 10)]
                    await asyncio.gather(*(exchange.publish(item, KEY, timeout=5) for item in window))
                    left = left[len(window) :]
                    await asyncio.sleep(0.1)
        except Exception:
            await asyncio.sleep(0.2)


async def settled(battle: Battle, seconds: float) -> list[str]:
    """Wait until everything is counted; returns what is still wrong after `seconds`."""
    deadline = time.monotonic() + seconds
    while True:
        wrong = await wrongs(battle)
        if not wrong or time.monotonic() > deadline:
            return wrong
        await asyncio.sleep(0.5)


CHECKS = {
    "purchases lost": "select {purchases} - count(*) from purchases.purchases",
    "events not published": "select count(*) from purchases.outbox",
    "tasks not published": "select count(*) from distribution.outbox",
    "pieces lost in stock": "select {pieces} - coalesce(sum(bought), 0) from distribution.lots",
    "pieces reserved twice": """select count(*) from distribution.lots l where reserved + in_transit + delivered <> (
        select coalesce(sum(quantity), 0) from distribution.task_lines tl join distribution.tasks t using (task_id)
        where tl.lot_id = l.lot_id and t.goods in ('reserved', 'in_transit', 'delivered'))""",
    "ledger against balances": """select count(*) from distribution.lots l where available <> (
        select coalesce(sum(case when to_account = 'available' then quantity when from_account = 'available'
        then -quantity else 0 end), 0) from distribution.stock_entries e where e.lot_id = l.lot_id)""",
    "purchases missing in tallies": "select {purchases} - coalesce(sum(purchases), 0) from facts.tally_unit_day",
    "rupiah missing in tallies": "select {spend} - coalesce(sum(spend_idr), 0) from facts.tally_unit_day",
    "tasks missing in facts": """select (select count(*) from distribution.tasks)
        - (select count(*) from facts.fct_task)""",
    "parked": """select (select count(*) from purchases.parked where state = 'parked')
        + (select count(*) from distribution.parked where state = 'parked')
        + (select count(*) from facts.parked where state = 'parked')""",
}


async def wrongs(battle: Battle) -> list[str]:
    """Each check whose number is not 0, and each queue that is not empty."""
    truth = battle.truth
    numbers = {"purchases": len(truth.references), "pieces": truth.pieces, "spend": truth.spend_idr}
    try:
        connection = await asyncpg.connect(battle.postgres.url, timeout=5)
        try:
            found = {name: await connection.fetchval(sql.format(**numbers)) for name, sql in CHECKS.items()}
        finally:
            await connection.close()
        found["tallies against facts"] = len(await differences(battle.postgres.url))
        queues = ["purchases.intake", "distribution.events.0", "distribution.intake", "reporting.events.0"]
        queues += [topology.UNROUTABLE, topology.DEAD, *(f"{topology.DEAD}.{name}" for name in processes.SERVICES)]
        found |= await topology.depths(battle.rabbitmq.url, queues)
    except Exception as error:
        return [f"no answer: {type(error).__name__}"]
    return [f"{name}: {number}" for name, number in found.items() if number]


async def one_round(battle: Battle, number: int, purchases: int, rate: float, faults: int) -> list[str]:
    """Publish, strike `faults` times meanwhile, and reckon."""
    reference = load(TENANT)
    bodies = []
    for n in range(purchases):
        body = purchase(battle.draw, reference, now(), n)
        body["reference"] = f"R{number}-{n}"
        bodies.append(body)
    publishing = asyncio.create_task(publish(battle, bodies, rate=rate))
    for _ in range(faults):
        await asyncio.sleep(battle.draw.uniform(0.2, 1.5))
        await battle.strike(battle.draw.choice(FAULTS))
    await publishing
    battle.truth.add(bodies)
    return await settled(battle, 90)


async def fight(
    folder: Path, *, rounds: int, seed: int, purchases: int, households: int, faults: int, rate: float = 500
) -> list[str]:
    """The whole battle; returns what went wrong (nothing, if we are as good as our word)."""
    draw = random.Random(seed)
    with private_servers(folder) as (postgres, rabbitmq):
        await prepare_database(postgres.url, TENANT, PASSWORDS)
        await prepare_broker(rabbitmq.url, TENANT)
        services = processes.plan(folder / "logs", rabbitmq.url, postgres.url, PASSWORDS, KEYS)
        battle = Battle(postgres, rabbitmq, services, draw)
        try:
            for service in services.values():
                service.start()
            for service in services.values():
                service.wait_ready()
            await register(battle, households)
            for number in range(rounds):
                began = time.monotonic()
                wrong = await one_round(battle, number, purchases, rate, faults)
                state = "; ".join(wrong) or "0 lost, 0 doubled"
                print(f"round {number + 1}/{rounds} seed {seed}: {time.monotonic() - began:.1f} s, {state}", flush=True)
                if wrong:
                    return wrong
            return []
        finally:
            for service in services.values():
                service.stop()


async def register(battle: Battle, households: int) -> None:
    """Households all over the city."""
    kelurahan = load(TENANT).kelurahan
    async with httpx.AsyncClient() as client:
        for number in range(households):
            body = household(battle.draw, now(), battle.draw.choice(kelurahan), number)
            url = f"{battle.services['distribution'].url}/v1/households"
            (await client.post(url, json=body, headers={"Peduli-Source": "/soak"})).raise_for_status()


def main() -> int:
    """The terminal door of the soak."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--rounds", type=int, default=10)
    parser.add_argument("--seed", type=int, default=1)
    parser.add_argument("--purchases", type=int, default=5000, help="purchases a round, a fifth of them sent twice")
    parser.add_argument("--households", type=int, default=300)
    parser.add_argument("--faults", type=int, default=8, help="strikes a round")
    given = parser.parse_args()
    logging.getLogger("aiormq").setLevel(logging.CRITICAL)  # broken connections are the very point here
    with tempfile.TemporaryDirectory(ignore_cleanup_errors=True) as folder:
        wrong = asyncio.run(
            fight(
                Path(folder),
                rounds=given.rounds,
                seed=given.seed,
                purchases=given.purchases,
                households=given.households,
                faults=given.faults,
            )
        )
    return 1 if wrong else 0


if __name__ == "__main__":
    sys.exit(main())

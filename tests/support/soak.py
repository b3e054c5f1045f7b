"""Kill everything, at every moment and at every step, under load; then reckon.

The long form is `make soak ARGS="--rounds 10 --seed 1"`.
"""

from __future__ import annotations

import argparse
import asyncio
import contextlib
import logging
import random
import signal
import sys
import tempfile
import time
from collections.abc import AsyncIterator, Awaitable, Callable
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass, field
from pathlib import Path

from peduli import processes
from peduli.prepare import prepare_broker, prepare_database
from peduli.servers.private import private_servers
from peduli.servers.server import Server
from shared.reference.load import load
from tests.support import canaries, crashing, crowd, truth
from tests.support.truth import HASH_KEY, Truth, wrongs

TENANT = truth.TENANT
PASSWORDS = dict.fromkeys(processes.SERVICES.values(), "soak")
KEYS = {"PEDULI_HASH_KEY": HASH_KEY, "PEDULI_SEAL_KEY": "soak"}
SERVERS = ("rabbitmq", "postgres", "rabbitmq-stop", "postgres-stop")
REACH_SECONDS = 60.0  # an armed process that has not died by then never passed its point
TRICKLE = 20  # purchases a second while strikes go on after the load has ended


@dataclass
class Battle:
    """The system under fire."""

    folder: Path
    postgres: Server
    rabbitmq: Server
    services: dict[str, crashing.Fork]
    seed: int
    truth: Truth = field(default_factory=Truth)
    unreached: list[str] = field(default_factory=list)
    # the servers end with the thread that started them: one thread for all of the battle
    _thread: ThreadPoolExecutor = field(default_factory=lambda: ThreadPoolExecutor(max_workers=1))

    def draw(self, what: str) -> random.Random:
        """Randomness of one role; each has its own, because they run side by side."""
        return random.Random(f"{self.seed} {what}")

    async def kill_at(self, name: str, point: str, nth: int) -> None:
        """Start a service that is armed with a point, and wait until it has killed itself there."""
        service = self.services[name]
        service.stop(signal.SIGKILL)
        began = time.monotonic()
        service.start((point, nth))
        ended = await asyncio.to_thread(service.ended, REACH_SECONDS)
        service.stop(signal.SIGKILL)
        if ended != -signal.SIGKILL:
            self.unreached.append(f"{name} at {point}, passing {nth}: {'alive' if ended is None else ended}")
        print(f"  {name} at {point}, passing {nth}: {ended} after {time.monotonic() - began:.1f} s", flush=True)

    def kill_now(self, name: str) -> None:
        """SIGKILL a service wherever it is."""
        self.services[name].stop(signal.SIGKILL)
        print(f"  {name} at a random moment", flush=True)

    async def strike_server(self, fault: str, pause: float) -> None:
        """SIGKILL or stop a server, and bring it back a moment later; the load goes on meanwhile."""
        server = self.postgres if fault.startswith("postgres") else self.rabbitmq
        loop = asyncio.get_running_loop()
        await loop.run_in_executor(self._thread, server.stop if fault.endswith("-stop") else server.kill)
        await asyncio.sleep(pause)
        await loop.run_in_executor(self._thread, server.start)
        print(f"  {fault}, back after {pause:.1f} s and its start", flush=True)

    def field_team(self, name: str) -> crowd.Field:
        """Those who carry the packets; another name for each round, or the ids that they draw would come again."""
        url, publisher = self.services["distribution"].url, crowd.Publisher(self.rabbitmq.url)
        return crowd.Field(url, publisher, self.truth, self.draw(f"field {name}"), load(TENANT).kelurahan)


@contextlib.asynccontextmanager
async def battlefield(folder: Path, *, seed: int, households: int) -> AsyncIterator[Battle]:
    """Servers and services of their own processes, ready, with households in isolation."""
    with private_servers(folder) as (postgres, rabbitmq):
        await prepare_database(postgres.url, TENANT, PASSWORDS)
        await prepare_broker(rabbitmq.url, TENANT)
        planned = processes.plan(folder / "logs", rabbitmq.url, postgres.url, PASSWORDS, KEYS)
        services = {name: crashing.Fork(**vars(service)) for name, service in planned.items()}
        battle = Battle(folder, postgres, rabbitmq, services, seed)
        try:
            for service in services.values():
                service.start()
            for service in services.values():
                service.wait_ready()
            await battle.field_team("registration").register(households)
            yield battle
        finally:
            for service in services.values():
                service.stop()


async def load_until(
    battle: Battle, over: asyncio.Event, *, name: str, purchases: int, rate: float, trickle: float = TRICKLE
) -> None:
    """Publish at least `purchases` at `rate` a second, and a trickle until `over`; the field works until then."""
    field_team, stop = battle.field_team(name), asyncio.Event()
    working = asyncio.create_task(field_team.work(stop))
    publisher, told = crowd.Publisher(battle.rabbitmq.url), 0
    for chunk in crowd.purchases(battle.draw(name), load(TENANT), name):
        began = time.monotonic()
        await publisher.send(chunk)
        for said in chunk:
            battle.truth.told(said.kind, said.body)
        told += crowd.CHUNK
        if told >= purchases and over.is_set():
            break
        pace = crowd.CHUNK / (rate if told < purchases else trickle)
        await asyncio.sleep(max(0.0, pace - (time.monotonic() - began)))
    stop.set()
    await working
    await publisher.close()
    await field_team.publisher.close()


async def settled(battle: Battle, seconds: float) -> list[str]:
    """Wait until everything is counted; returns what is still wrong after `seconds`."""
    deadline = time.monotonic() + seconds
    while True:
        is_last = time.monotonic() > deadline
        wrong = await wrongs(battle.postgres.url, battle.rabbitmq.url, battle.truth, is_last=is_last)
        if not wrong or is_last:
            return wrong
        await asyncio.sleep(0.5)


async def every_point(battle: Battle) -> None:
    """Each service dies at each of its points, one after the other; meanwhile broker and database are killed too."""

    async def die_everywhere(name: str) -> None:
        for nth, point in enumerate(crashing.POINTS[name], start=1):
            await battle.kill_at(name, point, nth % 3 + 1)
        battle.services[name].stop(signal.SIGKILL)
        battle.services[name].start()

    async def lose_servers() -> None:
        for fault in ("rabbitmq", "postgres"):
            await asyncio.sleep(2)
            await battle.strike_server(fault, 0.5)

    await asyncio.gather(lose_servers(), *(die_everywhere(name) for name in crashing.POINTS))


def at_random(faults: int, draw: random.Random) -> Callable[[Battle], Awaitable[None]]:
    """`faults` strikes, each on a server, or on a service at a random moment or a random point."""

    async def strike(battle: Battle) -> None:
        for _ in range(faults):
            await asyncio.sleep(draw.uniform(0.2, 1.5))
            fault = draw.choice((*crashing.POINTS, *SERVERS))
            if fault in SERVERS:
                await battle.strike_server(fault, draw.uniform(0.0, 1.0))
                continue
            if draw.random() < 0.5:
                battle.kill_now(fault)
            else:
                await battle.kill_at(fault, draw.choice(sorted(crashing.POINTS[fault])), draw.randint(1, 5))
            await asyncio.sleep(draw.uniform(0.0, 0.3))
            battle.services[fault].stop(signal.SIGKILL)
            battle.services[fault].start()

    return strike


async def one_round(
    battle: Battle, name: str, strikes: Callable[[Battle], Awaitable[None]], *, purchases: int, rate: float
) -> list[str]:
    """Load and strikes side by side, then the reckoning: what is lost, doubled, out of order, or told too much."""
    over = asyncio.Event()
    loading = asyncio.create_task(load_until(battle, over, name=name, purchases=purchases, rate=rate))
    try:
        await strikes(battle)
    except BaseException:
        loading.cancel()  # it would wait for ever for services that nobody starts again
        raise
    over.set()
    await loading
    wrong = await settled(battle, 90)
    return wrong + await canaries.leaks(
        battle.folder, battle.postgres.url, battle.rabbitmq.url, battle.services, battle.truth
    )


async def soak(folder: Path, given: argparse.Namespace) -> list[str]:
    """The long form; returns what went wrong (nothing, if we are as good as our word)."""
    async with battlefield(folder, seed=given.seed, households=given.households) as battle:
        for number in range(1, given.rounds + 1):
            began = time.monotonic()
            strikes = at_random(given.faults, battle.draw(f"strikes {number}"))
            wrong = await one_round(battle, f"R{number}", strikes, purchases=given.purchases, rate=given.rate)
            state = "; ".join(wrong) or "0 lost, 0 doubled, 0 out of order, 0 leaked"
            print(
                f"round {number}/{given.rounds} seed {given.seed}: {time.monotonic() - began:.1f} s, {state}",
                flush=True,
            )
            if wrong:
                return wrong
    return []


def main() -> int:
    """The terminal door of the soak."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--rounds", type=int, default=10)
    parser.add_argument("--seed", type=int, default=1)
    parser.add_argument("--purchases", type=int, default=5000, help="purchases a round, a fifth of them sent twice")
    parser.add_argument("--households", type=int, default=300)
    parser.add_argument("--faults", type=int, default=8, help="strikes a round")
    parser.add_argument("--rate", type=float, default=500, help="purchases a second")
    logging.getLogger("aiormq").setLevel(logging.CRITICAL)  # broken connections are the very point here
    with tempfile.TemporaryDirectory(ignore_cleanup_errors=True) as folder:
        return 1 if asyncio.run(soak(Path(folder), parser.parse_args())) else 0


if __name__ == "__main__":
    sys.exit(main())

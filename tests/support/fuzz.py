"""A hundred thousand odd messages leave the intake consuming, and each of them is accounted for: `make fuzz`."""

from __future__ import annotations

import argparse
import asyncio
import json
import sys
import tempfile
import time
from collections.abc import Sequence
from itertools import islice
from pathlib import Path

import aiormq
import asyncpg
from pamqp.commands import Basic
from rich.console import Console
from rich.progress import Progress

from peduli import processes
from peduli.prepare import prepare_broker, prepare_database
from peduli.servers.private import private_servers
from shared.messaging import topology
from tests.support.eventually import eventually
from tests.support.mutants import Mutant, mutants
from tests.support.publish import purchase
from tests.support.soak import KEYS, PASSWORDS
from tests.support.truth import TENANT

WINDOW = 500  # messages in flight
QUEUES = ("purchases.intake", f"{topology.DEAD}.purchases", topology.UNROUTABLE)  # empty, when all is accounted for
OUTCOMES = frozenset(
    {
        *("recorded", "corrected", "voided", "changed", "known", "waiting", "rejected"),
        *("parked: UNREADABLE", "parked: UnknownTypeError"),
    }
)
ACCOUNT = """select coalesce(sum(n), 0)::int as n, outcome from (
    select count(*) as n, outcome from purchases.submissions group by outcome
    union all select count(*), 'parked: ' || reason from purchases.parked group by reason) as counts
  group by outcome order by 2"""


async def publish(amqp_url: str, messages: Sequence[Mutant]) -> None:
    """Publish with confirms, as they are."""
    connection = await aiormq.connect(amqp_url)
    channel = await connection.channel(publisher_confirms=True)
    await asyncio.gather(
        *(
            channel.basic_publish(
                item.body,
                exchange=topology.INTAKE,
                routing_key=item.key,
                properties=Basic.Properties(
                    content_type=item.content_type, delivery_mode=2, message_id=item.event_id, headers=item.headers
                ),
            )
            for item in messages
        )
    )
    await connection.close()


async def account(database_url: str) -> dict[str, int]:
    """What became of the messages, by outcome; it sums to all of them."""
    connection = await asyncpg.connect(database_url)
    try:
        return {row["outcome"]: row["n"] for row in await connection.fetch(ACCOUNT)}
    finally:
        await connection.close()


async def settle(database_url: str, count: int, seconds: float) -> dict[str, int]:
    """Wait until `count` messages are accounted for; fails with what was seen last."""
    deadline = time.monotonic() + seconds
    while True:
        seen = await account(database_url)
        if sum(seen.values()) >= count:
            return seen
        assert time.monotonic() < deadline, f"of {count}: {seen}"
        await asyncio.sleep(0.2)


async def fuzz(amqp_url: str, database_url: str, *, count: int, seed: int, seconds: float) -> dict[str, int]:
    """Send `count` mutants and one good purchase behind them; returns the account.

    Fails when a message is missing, counted twice or left in the broker, or when the good one is not recorded.
    """
    made = mutants(count, seed)
    with Progress(console=Console(stderr=True), disable=count < WINDOW * 20) as progress:
        bar = progress.add_task("publishing", total=count)
        while window := list(islice(made, WINDOW)):
            await publish(amqp_url, window)
            progress.advance(bar, len(window))
    good = [Mutant("fuzz-good", f"{TENANT}.purchase.submitted.v1", _headers(), _good())]
    await publish(amqp_url, good)
    seen = await settle(database_url, count + 1, seconds)
    assert sum(seen.values()) == count + 1, seen
    assert await _outcome_of_the_good(database_url) == "recorded"
    await eventually(lambda: topology.depths(amqp_url, QUEUES), lambda left: not any(left.values()))
    return seen


async def _outcome_of_the_good(database_url: str) -> str | None:
    connection = await asyncpg.connect(database_url)
    try:
        sql = "select outcome from purchases.submissions where reference = 'FUZZ-GOOD'"
        return str(await connection.fetchval(sql))
    finally:
        await connection.close()


def _headers() -> dict[str, str]:
    kind = "id.go.depok.peduli.purchase.submitted.v1"
    return {"ce-specversion": "1.0", "ce-id": "fuzz-good", "ce-type": kind, "ce-source": "/fuzz/good"}


def _good() -> bytes:
    return json.dumps(purchase("FUZZ-GOOD")).encode()


async def alone(folder: Path, count: int, seed: int) -> dict[str, int]:
    """Servers and the purchases service of our own, fuzzed."""
    with private_servers(folder) as (postgres, rabbitmq):
        await prepare_database(postgres.url, TENANT, PASSWORDS)
        await prepare_broker(rabbitmq.url, TENANT)
        service = processes.plan(folder / "logs", rabbitmq.url, postgres.url, PASSWORDS, KEYS)["purchases"]
        service.start()
        try:
            service.wait_ready()
            return await fuzz(rabbitmq.url, postgres.url, count=count, seed=seed, seconds=600)
        finally:
            service.stop()


def main() -> int:
    """Fuzz, and print the account."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--messages", type=int, default=100_000)
    parser.add_argument("--seed", type=int, default=1)
    given = parser.parse_args()
    began = time.monotonic()
    with tempfile.TemporaryDirectory(ignore_cleanup_errors=True) as folder:
        seen = asyncio.run(alone(Path(folder), given.messages, given.seed))
    for outcome, number in seen.items():
        print(f"{number:>8}  {outcome}")
    print(f"{sum(seen.values()):>8}  of {given.messages + 1} accounted for in {time.monotonic() - began:.0f} s")
    strange = seen.keys() - OUTCOMES
    print(*(f"no message may end as {outcome}" for outcome in sorted(strange)), sep="\n", end="")
    return 1 if strange else 0


if __name__ == "__main__":
    sys.exit(main())

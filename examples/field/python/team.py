"""A field team: takes packets from its kelurahan's queues and reports each step. Knows the contract, and nothing of us.

    python team.py amqp://team.3276.tim-beji.1:password@host:5672/ tim-beji 3276061001

The login is one that `peduli team login tim-beji` has printed. It reads the queues of its kelurahan, and writes under
keys that end with the team's name: what it told in the name of another team would be set aside.

Every report has an id made here from the task, its attempt and the kind: sending it again is harmless, so a bad signal
is no trouble. A task leaves the queue when all its reports are confirmed; whoever stops in between gets it again.
This team finds nobody at home at its first door, is refused at its second, and delivers everywhere else.
"""

import argparse
import asyncio
import contextlib
import itertools
import json
import uuid
from collections.abc import Awaitable, Callable
from typing import Any

import aio_pika
from aio_pika.abc import AbstractExchange, AbstractIncomingMessage

TENANT = "3276"
BIKES = 4
NOT_HOME = [("failure", {"reason": "not_home"})]
REFUSED: list[tuple[str, dict[str, str]]] = [("failure", {"reason": "refused"}), ("return", {})]
DELIVERED = [("delivery", {"proof_kind": "witness", "proof": "ketua RT"})]


def at_the_door(number: int) -> list[tuple[str, dict[str, str]]]:
    """What is to report of the door with this number, counted from 1."""
    return {1: NOT_HOME, 2: REFUSED}.get(number, DELIVERED)


def report(team: str, task: dict[str, Any], kind: str, more: dict[str, str]) -> aio_pika.Message:
    """One report as a CloudEvent in binary mode."""
    name = f"{team}/{task['task_id']}/{task['attempt']}/{kind}"
    report_id = str(uuid.uuid5(uuid.NAMESPACE_URL, name))
    return aio_pika.Message(
        json.dumps({"report_id": report_id, "task_id": task["task_id"], "team": team, **more}).encode(),
        content_type="application/json",
        delivery_mode=aio_pika.DeliveryMode.PERSISTENT,
        message_id=report_id,
        headers={
            "ce-specversion": "1.0",
            "ce-id": report_id,
            "ce-type": f"id.go.depok.peduli.task.{kind}_submitted.v1",
            "ce-source": f"/tim/{team}",
        },
    )


def riding(intake: AbstractExchange, team: str, ride: float) -> Callable[[AbstractIncomingMessage], Awaitable[None]]:
    """What to do with each task: accept it, ride there, and report what happened at the door."""
    bikes, doors = asyncio.Semaphore(BIKES), itertools.count(1)

    async def on_task(message: AbstractIncomingMessage) -> None:
        async with bikes, message.process(requeue=True):
            task, number = json.loads(message.body), next(doors)
            for kind, more in [("accept", {}), *at_the_door(number)]:
                for _ in range(1 + (number % 3 == 0)):  # no answer seen: send it again
                    told = report(team, task, kind, more)
                    await intake.publish(told, f"{TENANT}.task.{kind}_submitted.v1.{team}", mandatory=True)
                print(f"{task['kelurahan']} {task['task_id']} {kind} {more.get('reason', '')}".rstrip(), flush=True)
                await asyncio.sleep(ride)

    return on_task


async def main(url: str, team: str, kelurahan: list[str], ride: float) -> None:
    """Work until stopped."""
    connection = await aio_pika.connect_robust(url)
    async with connection:
        channel = await connection.channel(publisher_confirms=True)
        await channel.set_qos(prefetch_count=1)
        on_task = riding(await channel.get_exchange("peduli.intake", ensure=False), team, ride)
        for code in kelurahan:
            queue = await channel.get_queue(f"tasks.{code}", ensure=False)
            await queue.consume(on_task)
        await asyncio.Future()


if __name__ == "__main__":
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("url")
    parser.add_argument("team")
    parser.add_argument("kelurahan", nargs="+", help="codes without dots")
    parser.add_argument("--ride", type=float, default=1.0, help="seconds between two reports (default: %(default)s)")
    given = parser.parse_args()
    with contextlib.suppress(KeyboardInterrupt):
        asyncio.run(main(given.url, given.team, given.kelurahan, given.ride))

"""Everybody who talks to Peduli during a battle: points of sale, neighbourhood heads, and teams with a bad signal.

What is not confirmed or answered is sent again under the same id, through every outage, until it is; then it is true.
"""

from __future__ import annotations

import asyncio
import itertools
import random
import uuid
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from typing import Any

import aio_pika
import httpx

from peduli.story import household, purchase
from shared.clock import now
from shared.messaging import topology
from shared.reference.model import Reference
from tests.support.publish import message
from tests.support.running import caller
from tests.support.truth import SOURCE, TENANT, Body, Truth

CHUNK = 20  # purchases that are shuffled together with what follows on them
AGAIN = 5  # each fifth is sent twice
TEAMS = ("tim-1", "tim-2", "tim-3")
KINDS = {"accept": "accept", "deliver": "delivery", "fail": "failure", "return": "return"}


@dataclass(frozen=True)
class Said:
    """A message before it is one."""

    kind: str
    body: Body
    ce_id: str

    def message(self) -> tuple[aio_pika.Message, str]:
        """The message and its routing key."""
        return message(self.body, self.kind, ce_id=self.ce_id, ce_source=SOURCE), f"{TENANT}.{self.kind}.v1"


def purchases(draw: random.Random, reference: Reference, prefix: str) -> Iterator[list[Said]]:
    """Chunks of purchases without end: a fifth sent twice, some corrected, some voided, in any order."""
    for number in itertools.count():
        chunk: list[Said] = []
        for place in range(CHUNK):
            body = purchase(draw, reference, now(), number * CHUNK + place)
            body["reference"] = f"{prefix}-{number * CHUNK + place}"
            body["posts"][0]["url"] = f"https://example.org/kenari/{body['reference']}"
            chunk += _follow(body, place)
        draw.shuffle(chunk)
        yield chunk


def _follow(body: Body, place: int) -> Iterator[Said]:
    """A purchase, and what is said about it later (or, with a bad line, before)."""
    name = body["reference"]
    yield Said("purchase.submitted", body, f"{name}")
    if place % AGAIN == 0:
        yield Said("purchase.submitted", body, f"{name}{'-again' if place else ''}")
    if place in (3, 15):
        more = {**body["lines"][0], "quantity": body["lines"][0]["quantity"] + 2}
        yield _corrected(body, [more, *body["lines"][1:]])
    if place == 11:
        yield _corrected(body, body["lines"][:1])
    if place in (7, 15):
        yield Said("purchase.void_submitted", {"reference": name, "reason": "salah_input"}, f"{name}-void")


def _corrected(body: Body, lines: list[Body]) -> Said:
    total = sum(line["quantity"] * line["unit_price_idr"] for line in lines)
    corrected = {**body, "lines": lines, "total_idr": total}
    return Said("purchase.correction_submitted", corrected, f"{body['reference']}-corrected")


class Publisher:
    """Publishes with confirms, and again on a new connection until all is confirmed."""

    def __init__(self, amqp_url: str) -> None:
        self._url = f"{amqp_url}?heartbeat=4"
        self._connection: aio_pika.abc.AbstractConnection | None = None
        self._exchange: aio_pika.abc.AbstractExchange | None = None

    async def send(self, said: Sequence[Said]) -> None:
        """Return when the broker has confirmed all of it."""
        while True:
            try:
                if self._exchange is None:
                    self._connection = await aio_pika.connect(self._url, timeout=3)
                    channel = await self._connection.channel(publisher_confirms=True)
                    self._exchange = await channel.get_exchange(topology.INTAKE, ensure=False)
                exchange = self._exchange
                await asyncio.gather(*(exchange.publish(*item.message(), timeout=5) for item in said))
                return
            except (Exception, asyncio.CancelledError):  # a lost connection cancels what waits for its confirm
                task = asyncio.current_task()
                if task is not None and task.cancelling():
                    raise
                await self.close()
                await asyncio.sleep(0.2)

    async def close(self) -> None:
        """Let go of the connection."""
        connection, self._connection, self._exchange = self._connection, None, None
        if connection is not None:
            await connection.close()


@dataclass
class Field:
    """Those who report households and carry packets."""

    url: str
    publisher: Publisher
    truth: Truth
    draw: random.Random
    kelurahan: Sequence[str]

    async def register(self, households: int) -> None:
        """Households all over the city, before the battle."""
        async with caller(timeout=5) as client:
            for number in range(households):
                body = household(self.draw, now(), self.draw.choice(self.kelurahan), number)
                body["people"] = {
                    "name": f"Kenari {number}",
                    "phone": f"0811555{number:05}",
                    "address": f"Jalan Kenari {number}",
                }
                await self._tell_household(client, body)

    async def work(self, stop: asyncio.Event) -> None:
        """Carry packets, change and release households, until `stop`; what is in hand then is finished."""
        async with caller(timeout=5) as client:
            unchanged = list(self.truth.households)
            self.draw.shuffle(unchanged)
            while not stop.is_set():
                place = self.draw.choice(self.kelurahan)
                tasks = await self._ask(client, "GET", "/v1/tasks", params={"kelurahan": place})
                for task in tasks.json()[:4]:
                    await self._report(client, task)
                if unchanged and self.draw.random() < 0.2:
                    await self._change(client, unchanged.pop())
                await asyncio.sleep(0.05)

    async def _report(self, client: httpx.AsyncClient, task: Body) -> None:
        open_to = {"assigned": ("accept", "accept", "accept", "deliver"), "accepted": ("deliver", "fail", "return")}
        kind = self.draw.choice(open_to.get(task["status"], ("deliver", "return")))
        other = self.draw.random() < 0.1 or not task["team"]
        report = uuid.UUID(int=self.draw.getrandbits(128), version=4)
        body = {
            "report_id": str(report),
            "task_id": task["task_id"],
            "team": self.draw.choice(TEAMS) if other else task["team"],
            "kind": kind,
        }
        if kind == "deliver":
            body |= {"proof_kind": "witness", "proof": "Kenari, ketua RT"}
        if kind == "fail":
            body |= {"reason": self.draw.choice(("not_home", "refused", "wrong_address"))}
        copies = 2 if self.draw.randrange(AGAIN) == 0 else 1
        if self.draw.random() < 0.4:
            await self.publisher.send([Said(f"task.{KINDS[kind]}_submitted", body, f"{report}")] * copies)
            self.truth.answered(report, None)
            return
        for _ in range(copies):
            answer = await self._ask(client, "POST", f"/v1/tasks/{task['task_id']}/reports", json=body)
            self.truth.answered(report, answer.json()["outcome"])

    async def _change(self, client: httpx.AsyncClient, name: str) -> None:
        """One more report of a household, the last one: a truth must not hang on who was faster."""
        before = self.truth.households[name]
        change: Body = {"released": "recovered"} if self.draw.random() < 0.3 else {"size": before["size"] + 1}
        body = {**before, **change}
        if self.draw.random() < 0.5:
            report = f"{name}-{self.draw.getrandbits(64)}"
            await self.publisher.send([Said("household.report_submitted", body, report)] * 2)
            self.truth.households[name] = body
        else:
            await self._tell_household(client, body)

    async def _tell_household(self, client: httpx.AsyncClient, body: Body) -> None:
        await self._ask(client, "POST", "/v1/households", json=body, headers={"Peduli-Source": SOURCE})
        self.truth.households[body["household_ref"]] = body

    async def _ask(self, client: httpx.AsyncClient, method: str, path: str, **more: Any) -> httpx.Response:
        """Ask until there is an answer; 409 is one: another report was first."""
        while True:
            try:
                answer = await client.request(method, self.url + path, **more)
            except httpx.HTTPError:
                await asyncio.sleep(0.2)
                continue
            if answer.status_code in (200, 202, 409):
                return answer
            assert answer.status_code == 503, f"{method} {path}: {answer.status_code} {answer.text}"
            await asyncio.sleep(0.2)

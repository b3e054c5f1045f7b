"""Steps of a journey through the three services, for tests that run them all."""

from __future__ import annotations

import contextlib
import uuid
from collections.abc import AsyncIterator
from datetime import timedelta
from typing import Any

import httpx

import services.distribution.app as distribution
import services.purchases.app as purchases
import services.reporting.app as reporting
from services.distribution.domain.proof import code_of
from shared.clock import now
from tests.support.eventually import eventually
from tests.support.publish import message, publish, purchase
from tests.support.running import Door, running
from tests.support.servers import World

Doors = tuple[Door, Door, Door]
KELURAHAN = "32.76.06.1001"


@contextlib.asynccontextmanager
async def services(world: World, **more: object) -> AsyncIterator[Doors]:
    """The three services, and clients of their doors: purchases, distribution, reporting."""
    settings = world.settings(**more)
    async with (
        running(purchases.service(settings)) as one,
        running(distribution.service(settings)) as two,
        running(reporting.service(settings)) as three,
    ):
        yield one, two, three


def household(reference: str = "KK-1", **changes: Any) -> dict[str, Any]:
    """A household report of four persons, with `changes`."""
    return {
        "household_ref": reference,
        "kelurahan": KELURAHAN,
        "rw": 3,
        "size": 4,
        "groups": ["elderly"],
        "isolation_from": (now() - timedelta(days=2)).isoformat(),
        "isolation_until": (now() + timedelta(days=8)).isoformat(),
        "people": {"name": "Ibu Contoh", "phone": "081200000000", "address": "Jl. Contoh 1"},
        **changes,
    }


def recent(reference: str = "KOP-1", **changes: Any) -> dict[str, Any]:
    """A valid purchase of an hour ago."""
    return purchase(reference, purchased_at=(now() - timedelta(hours=1)).isoformat(), **changes)


async def query(world: World, sql: str) -> list[dict[str, Any]]:
    """Rows of the whole database, seen by its admin."""
    return await world.rows(sql)


async def tell(
    world: World, body: dict[str, Any], kind: str = "purchase.submitted", tenant: str = "3276", **headers: Any
) -> None:
    """Publish one event under a city's key."""
    await publish(world.rabbitmq.url, [(message(body, kind, **headers), f"{tenant}.{kind}.v1")])


async def register(client: httpx.AsyncClient, **body: Any) -> str:
    """Report a household and return its id."""
    answer = await client.post("/v1/households", json=household(**body), headers={"Peduli-Source": "/rt/1"})
    assert answer.status_code == 202, answer.text
    return str(answer.json()["household_id"])


async def one_task(client: httpx.AsyncClient, kelurahan: str = KELURAHAN) -> dict[str, Any]:
    """The only open task of a kelurahan, as soon as there is one."""

    async def look() -> list[dict[str, Any]]:
        return list((await client.get("/v1/tasks", params={"kelurahan": kelurahan})).json())

    return (await eventually(look, lambda tasks: len(tasks) == 1))[0]


async def report(client: httpx.AsyncClient, task: str, kind: str, team: str = "tim-1", **more: Any) -> httpx.Response:
    """Report about a task; the same words have the same report_id."""
    body = {
        "report_id": str(uuid.uuid5(uuid.NAMESPACE_URL, f"{task}{kind}{team}{more}")),
        "task_id": task,
        "team": team,
    }
    return await client.post(f"/v1/tasks/{task}/reports", json={**body, "kind": kind, **more})


def code_for(task: str, team: str = "tim-1", attempt: int = 1) -> str:
    """The one-time code that the household sees while this team carries its packet."""
    return code_of(b"hash-key-of-tests", uuid.UUID(task), attempt, team)


async def sums(client: httpx.AsyncClient) -> dict[str, int]:
    """The accounts of a city that are not empty."""
    return {name: count for name, count in (await client.get("/v1/accounting")).json().items() if count}

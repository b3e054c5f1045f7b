"""A team's token that is limited to a kelurahan does nothing with a task of another, at any door."""

from __future__ import annotations

import hashlib
from collections.abc import Awaitable, Callable
from typing import Any

import httpx
import pytest

import services.distribution.app as distribution
import services.purchases.app as purchases
from tests.support.access import add
from tests.support.journey import KELURAHAN, one_task, recent, register, report, tell
from tests.support.running import running
from tests.support.servers import World

OTHER, KECAMATAN, TEAM = "32.76.06.1002", "32.76.06", "tim-1"
JPEG = b"\xff\xd8\xff\xe0" + bytes(1000)
PHOTO = f"photos/{hashlib.sha256(JPEG).hexdigest()}"
REPORT = {"report_id": "00000000-0000-7000-8000-000000000001", "team": TEAM, "kind": "fail", "reason": "not_home"}
Ask = Callable[[httpx.AsyncClient, str, dict[str, str]], Awaitable[httpx.Response]]


def asking(method: str, behind: str, **more: Any) -> Ask:
    """A request about one task."""

    async def ask(client: httpx.AsyncClient, task: str, headers: dict[str, str]) -> httpx.Response:
        return await client.request(method, f"/v1/tasks/{task}/{behind}", headers=headers, **more)

    return ask


async def tell_of_it(client: httpx.AsyncClient, task: str, headers: dict[str, str]) -> httpx.Response:
    return await client.post(f"/v1/tasks/{task}/reports", json={**REPORT, "task_id": task}, headers=headers)


async def list_them(client: httpx.AsyncClient, _: str, headers: dict[str, str]) -> httpx.Response:
    return await client.get("/v1/tasks", params={"kelurahan": KELURAHAN}, headers=headers)


async def bring_it(client: httpx.AsyncClient, task: str, headers: dict[str, str]) -> httpx.Response:
    more = {"Upload-Offset": "0", "Upload-Length": f"{len(JPEG)}"}
    return await client.patch(f"/v1/tasks/{task}/{PHOTO}", content=JPEG, headers=headers | more)


async def token(world: World, name: str, *units: str) -> dict[str, str]:
    """The headers of a program of the team, within these kelurahan."""
    made = await add(world, name, "team", sources=(TEAM,), units=units)
    return {"Authorization": f"Bearer {made.token}", "Peduli-Team": TEAM}


@pytest.mark.parametrize(
    ("ask", "refused", "allowed"),
    [
        pytest.param(list_them, 403, 200, id="list"),
        pytest.param(tell_of_it, 404, 200, id="report"),
        pytest.param(asking("GET", "door"), 404, 200, id="door"),
        pytest.param(asking("GET", "custody"), 404, 200, id="custody"),
        pytest.param(asking("HEAD", PHOTO), 404, 200, id="photo's offset"),
        pytest.param(bring_it, 404, 204, id="photo"),
    ],
)
async def test_a_team_of_one_kelurahan_has_nothing_to_do_with_the_tasks_of_another(
    world: World, ask: Ask, refused: int, allowed: int
) -> None:
    hers, his = await token(world, "tim-beji", KELURAHAN), await token(world, "tim-jauh", OTHER)
    everybody = await token(world, "tim-kota", "*")
    settings = world.settings()
    async with running(distribution.service(settings)) as field, running(purchases.service(settings)):
        await register(field)
        await tell(world, recent())
        task = (await one_task(field))["task_id"]
        await report(field, task, "accept", team=TEAM)
        for headers, expected in ((his, refused), (hers, allowed), (everybody, allowed), (his, refused)):
            answer = await ask(field, task, headers)
            assert answer.status_code in (expected, 409 if expected == 204 else expected)  # the photo is there by then
            assert expected == allowed or not any(word in answer.text for word in (task, "Contoh"))


async def test_of_a_kecamatan_a_team_of_one_kelurahan_sees_what_is_of_its_own(world: World) -> None:
    hers, his = await token(world, "tim-beji", "32.76.06.1001*"), await token(world, "tim-jauh", OTHER)
    settings = world.settings()
    async with running(distribution.service(settings)) as field, running(purchases.service(settings)):
        await register(field)
        await tell(world, recent())
        task = (await one_task(field))["task_id"]
        await world.admin.execute("update distribution.tasks set level = 'kecamatan'")
        seen = [
            (await field.get("/v1/tasks", params={"kecamatan": KECAMATAN}, headers=headers)).json()
            for headers in (hers, his)
        ]
        assert [[row["task_id"] for row in rows] for rows in seen] == [[task], []]

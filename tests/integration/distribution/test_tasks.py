"""What teams may do with a task, over HTTP and AMQP, on the real servers: proof, custody, capacity, conflicts."""

from __future__ import annotations

import asyncio
import contextlib
import hashlib
from collections.abc import AsyncIterator
from datetime import datetime, timedelta
from typing import Any
from uuid import UUID

import asyncpg
import httpx
import orjson

import services.distribution.app as distribution
import services.purchases.app as purchases
from services.distribution.domain.pickup import SLOT
from services.distribution.usecases.tasks import sweep_due
from services.reporting.cli import differences
from shared.clock import now
from shared.reference.load import load
from tests.support.eventually import eventually
from tests.support.journey import (
    KELURAHAN,
    code_for,
    one_task,
    query,
    recent,
    register,
    report,
    services,
    sums,
    tell,
)
from tests.support.running import Door, running
from tests.support.servers import World
from tests.support.volunteers import TEAM, add_team

JPEG = b"\xff\xd8\xff\xe0" + bytes(range(256)) * 300
DIGEST = hashlib.sha256(JPEG).hexdigest()
TWO_LINES: dict[str, Any] = {
    "lines": [
        {"sku": "BERAS-5KG", "quantity": 1, "unit_price_idr": 65000},
        {"sku": "SABUN-CUCI-TANGAN-400ML", "quantity": 1, "unit_price_idr": 15000},
    ],
    "total_idr": 80000,
}


@contextlib.asynccontextmanager
async def a_task(world: World, **bought: Any) -> AsyncIterator[tuple[Door, str]]:
    """Distribution and purchases at work, with one assigned task; its door, and the task's id."""
    settings = world.settings()
    async with running(distribution.service(settings)) as field, running(purchases.service(settings)):
        await register(field)
        await tell(world, recent(**bought))
        yield field, (await one_task(field))["task_id"]


async def custody(field: httpx.AsyncClient, task: str) -> list[str]:
    """Whose hands a packet came into, from the first on."""
    answer = (await field.get(f"/v1/tasks/{task}/custody")).json()
    return [f"{step['to_custody']} {step['to_holder']}".strip() for step in answer["steps"]]


async def bring(
    field: httpx.AsyncClient, task: str, piece: bytes, offset: int, size: int = len(JPEG)
) -> httpx.Response:
    headers = {"Peduli-Team": "tim-1", "Upload-Offset": f"{offset}", "Upload-Length": f"{size}"}
    return await field.patch(f"/v1/tasks/{task}/photos/{DIGEST}", content=piece, headers=headers)


async def test_a_code_belongs_to_the_team_that_carries_the_packet(world: World) -> None:
    async with a_task(world) as (field, task):
        early = await report(field, task, "deliver", proof_kind="code", proof=code_for(task))
        assert (early.status_code, early.json()["outcome"]) == (409, "ACCEPT_FIRST")
        assert (await report(field, task, "accept", version=1)).json()["version"] == 2
        overheard = await report(field, task, "deliver", proof_kind="code", proof=code_for(task, "tim-2"))
        assert overheard.json()["outcome"] == "WRONG_CODE"
        assert await query(world, "select code_tries, version from distribution.tasks") == [
            {"code_tries": 1, "version": 2}
        ]
        done = await report(field, task, "deliver", version=2, proof_kind="code", proof=code_for(task))
        assert done.json() == {"task_id": task, "outcome": "delivered", "status": "delivered", "version": 3}
        assert await custody(field, task) == ["team tim-1", "door tim-1"]


async def test_what_does_not_fit_is_carried_on_and_comes_back_and_every_piece_is_told(world: World) -> None:
    async with services(world) as (_, field, _reporting):
        await register(field)
        await tell(world, recent(**TWO_LINES))
        task = (await one_task(field))["task_id"]
        await report(field, task, "accept")
        lots = await query(world, "select lot_id, quantity from distribution.task_lines order by lot_id")
        assert len(lots) == 2
        part = [{"lot_id": str(lots[0]["lot_id"]), "quantity": 1}]
        done = (await report(field, task, "deliver", proof_kind="witness", proof="Ketua RT", parts=part)).json()
        assert (done["outcome"], await sums(field)) == ("delivered", {"bought": 2, "delivered": 1, "in_transit": 1})
        rest = done["rest_id"]
        assert (await report(field, rest, "accept", team="tim-2")).json()["outcome"] == "TAKEN_BY_ANOTHER_TEAM"
        assert (await report(field, rest, "return")).json()["outcome"] == "returned"
        assigned_anew = {"bought": 2, "delivered": 1, "reserved": 1}
        await eventually(lambda: sums(field), lambda seen: seen == assigned_anew)
        trace = "select sum(delivered)::int as delivered, sum(on_the_way)::int as on_the_way from reporting.v1_trace"
        await eventually(lambda: query(world, trace), lambda seen: seen == [{"delivered": 1, "on_the_way": 1}])
        assert await differences(world.database_url) == []


async def test_an_upload_goes_on_where_it_stopped(world: World) -> None:
    async with a_task(world) as (field, task):
        await report(field, task, "accept")
        early = await report(field, task, "deliver", proof_kind="photo", proof=DIGEST)
        assert early.json()["outcome"] == "PHOTO_NOT_HERE"
        assert (await bring(field, task, JPEG[:30_000], 0)).headers["upload-offset"] == "30000"
        at = await field.head(f"/v1/tasks/{task}/photos/{DIGEST}", headers={"Peduli-Team": "tim-1"})
        assert at.headers["upload-offset"] == "30000"
        astray = await bring(field, task, JPEG[:10], 0)
        assert (astray.status_code, astray.headers["upload-offset"]) == (409, "30000")
        assert (await bring(field, task, JPEG[30_000:], 30_000)).status_code == 204
        assert (await bring(field, task, JPEG[30_000:], 30_000)).status_code == 204  # its answer was lost
        done = await report(field, task, "deliver", version=2, proof_kind="photo", proof=DIGEST)
        assert done.json()["outcome"] == "delivered"
    assert JPEG[:100] not in (await query(world, "select sealed from distribution.photos"))[0]["sealed"]


async def test_a_photo_that_is_too_big_or_none_is_refused_with_what_to_do(world: World) -> None:
    async with a_task(world) as (field, task):
        assert (await bring(field, task, JPEG, 0)).status_code == 404  # a photo is of a packet that the team has
        await report(field, task, "accept")
        big = await bring(field, task, JPEG, 0, size=200_001)
        assert (big.status_code, big.json()["reasons"][0]["code"]) == (413, "PHOTO_TOO_LARGE")
        assert "kode penerima" in big.json()["reasons"][0]["message"]
        forged = await bring(field, task, b"\xff\xd8\xff" + bytes(len(JPEG) - 3), 0)
        assert (forged.status_code, forged.json()["reasons"][0]["code"]) == (422, "NOT_A_PHOTO")
        assert (await bring(field, task, JPEG, 0)).status_code == 204  # it may begin anew
        assert (
            await field.head(f"/v1/tasks/{UUID(int=1)}/photos/{DIGEST}", headers={"Peduli-Team": "t"})
        ).status_code == 404


async def test_a_chair_is_the_last_hand_over_amqp_too(world: World) -> None:
    async with a_task(world) as (field, task):
        await report(field, task, "accept")
        own = {"report_id": str(UUID(int=5)), "task_id": task, "team": "tim-1", "to": "rw"}
        await tell(world, own, "task.handover_submitted")
        await eventually(lambda: custody(field, task), lambda seen: seen == ["team tim-1", "rw tim-1"])
        assert [event["to"] for event in await told(world, "task.handed_over.v1")] == ["rw"]
        assert (await report(field, task, "deliver", proof_kind="code", proof=code_for(task))).status_code == 200


async def test_two_volunteers_at_once_do_not_take_more_than_their_team_carries(world: World) -> None:
    async with a_task(world) as (field, _):
        await register(field, reference="KK-2")
        await tell(world, recent("KOP-2"))
        tasks = await eventually(lambda: open_tasks(field), lambda seen: len(seen) == 2)
        await query(world, f"insert into distribution.teams values ('3276', 'tim-1', '{KELURAHAN}', 1) returning team")
        answers = await asyncio.gather(*(report(field, task["task_id"], "accept") for task in tasks))
        assert sorted(answer.json()["outcome"] for answer in answers) == ["TEAM_FULL", "accepted"]


async def open_tasks(field: httpx.AsyncClient, **place: str) -> list[dict[str, Any]]:
    return list((await field.get("/v1/tasks", params=place or {"kelurahan": KELURAHAN})).json())


async def test_a_second_volunteer_who_tells_it_otherwise_is_kept_for_the_coordinator(world: World) -> None:
    async with a_task(world) as (field, task):
        await report(field, task, "accept")
        await report(field, task, "deliver", version=2, proof_kind="witness", proof="kader")
        late = await report(field, task, "fail", version=2, reason="not_home")
        assert (late.status_code, late.json()["outcome"]) == (409, "TASK_IS_DELIVERED")
        again = await report(field, task, "deliver", version=2, proof_kind="witness", proof="ketua RT")
        assert again.json()["outcome"] == "TASK_IS_DELIVERED"
        (conflict,) = (await field.get("/v1/conflicts", params={"kelurahan": KELURAHAN})).json()
        found = {name: conflict[name] for name in ("task_id", "kind", "detail", "status", "outcome")}
        said = {"kind": "fail", "detail": "not_home", "status": "delivered", "outcome": "TASK_IS_DELIVERED"}
        assert found == {"task_id": task, **said}


async def test_a_packet_that_nobody_brings_comes_before_the_kecamatan(world: World) -> None:
    city = load("3276")
    kecamatan = city.regions[KELURAHAN].kecamatan_code
    async with a_task(world) as (field, task):
        connection = await asyncpg.connect(world.database_url, server_settings={"search_path": "distribution"})
        at = now()
        for team in ("tim-1", "tim-1", "tim-2"):
            assert await open_tasks(field, kecamatan=kecamatan) == []
            taken = await report(field, task, "accept", team=team, version=await version(world))
            assert taken.status_code == 200
            at += timedelta(hours=2)
            async with connection.transaction():
                assert await sweep_due(connection, reference=city, now=at) == 1
        await connection.close()
        (escalated,) = await open_tasks(field, kecamatan=kecamatan)
        assert (escalated["task_id"], escalated["holder"], escalated["attempt"]) == (task, "tim-2", 4)
        assert (await report(field, task, "accept", version=7)).json()["outcome"] == "ANOTHER_TEAMS_TURN"
        levels = [event["level"] for event in await told(world, "task.assigned.v1")]
        assert levels == ["kelurahan", "kelurahan", "kelurahan", "kecamatan"]
        assert await custody(field, task) == ["team tim-1", "team tim-2"]


async def version(world: World) -> int:
    return int((await query(world, "select version from distribution.tasks"))[0]["version"])


async def told(world: World, kind: str) -> list[dict[str, Any]]:
    """The bodies of the events of a kind, oldest first."""
    rows = await query(world, f"select body from distribution.event_log where type = '{kind}' order by seq")
    return [orjson.loads(row["body"]) for row in rows]


async def test_a_program_that_takes_a_door_is_told_when_to_fetch_its_packet(world: World) -> None:
    await asyncio.to_thread(add_team, world)
    async with a_task(world) as (field, task):
        assert (await field.get("/v1/teams/tim-lain/pickups")).status_code == 404
        assert await pickup(field) == {
            "kelurahan": KELURAHAN,
            **dict.fromkeys(("from", "until", "waits_until")),
            "is_over": False,
        }
        assert (await report(field, task, "accept", team=TEAM, fetched=False)).status_code == 200
        told = await pickup(field)
        begins, ends, waits = (datetime.fromisoformat(told[name]) for name in ("from", "until", "waits_until"))
        assert now() < ends == begins + SLOT < waits
        [row] = await query(world, "select lease_until from distribution.tasks")
        assert row["lease_until"] >= waits


async def pickup(field: httpx.AsyncClient) -> dict[str, Any]:
    """What the team is told of its one lumbung."""
    [told] = (await field.get(f"/v1/teams/{TEAM}/pickups")).json()
    return dict(told)

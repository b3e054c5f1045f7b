"""A city's gateway is told of a packet's steps: signed, again until it takes them, and nothing that names anybody."""

from __future__ import annotations

import asyncio
import contextlib
import json
import os
import sys
from collections.abc import AsyncIterator
from datetime import datetime, timedelta
from pathlib import Path
from typing import Any

import httpx
import pytest
import uvicorn
from fastapi import FastAPI, Request, Response
from prometheus_client import REGISTRY

import services.distribution.app as distribution
import services.purchases.app as purchases
from peduli.alarms import look
from peduli.servers.server import free_port
from services.distribution.api import outgoing
from services.distribution.domain.notice import TRIES
from services.distribution.store import webhooks
from services.distribution.store.webhooks import Notice
from shared.clock import now
from shared.database.pool import Pool, open_pool
from shared.ids import derived_id
from tests.support.eventually import eventually
from tests.support.journey import one_task, query, recent, register, report, tell
from tests.support.officers import peduli
from tests.support.running import caller, running
from tests.support.servers import World

RECEIVER = Path(__file__).parent.parent.parent.parent / "examples" / "webhooks" / "python" / "receiver.py"
SEAL_KEY = b"seal-key-of-tests"
PERSONAL = ("Ibu Contoh", "Jl. Contoh", "081200000000", "Peduli-Token")
MESSAGES = "select tries, next_at, last_error from distribution.webhook_messages"


class Gateway:
    """A real HTTP server that answers with these statuses, one after the other, and the last one for ever."""

    def __init__(self, *statuses: int, location: str = "") -> None:
        self.statuses = list(statuses)
        self.location = location
        self.requests: list[tuple[str, dict[str, str], bytes]] = []

    @contextlib.asynccontextmanager
    async def listening(self) -> AsyncIterator[str]:
        """Yields its URL."""
        app = FastAPI()

        @app.post("/{path:path}")
        async def take(request: Request, path: str) -> Response:
            self.requests.append((path, dict(request.headers), await request.body()))
            status = self.statuses.pop(0) if len(self.statuses) > 1 else self.statuses[0]
            return Response(status_code=status, headers={"location": self.location} if self.location else None)

        config = uvicorn.Config(app, port=free_port(), log_config=None, access_log=False)
        server = uvicorn.Server(config)
        task = asyncio.create_task(server.serve())
        try:
            await eventually(lambda: _started(server), bool)
            yield f"http://127.0.0.1:{config.port}/peduli"
        finally:
            server.should_exit = True
            await task


async def _started(server: uvicorn.Server) -> bool:
    return server.started


@pytest.fixture
async def pool(world: World) -> AsyncIterator[Pool]:
    """The database as the service sees it."""
    opened = await open_pool(world.database_url, "distribution")
    yield opened
    await opened.close()


async def told(pool: Pool, at: datetime, count: int = 1) -> None:
    """Steps of packets happen."""
    notices = [Notice(derived_id("event", str(n)), "delivered", b'{"type":"packet.delivered"}') for n in range(count)]
    async with pool.acquire() as tx, tx.transaction():
        await webhooks.append(tx, "3276", notices, at)


async def ringing(world: World) -> list[str]:
    """Alarms that ring now, with what was seen."""
    return [f"{alarm.name}: {alarm.seen}" for alarm in await look(world.settings(), {}) if alarm.is_ringing]


async def send(pool: Pool, at: datetime) -> None:
    """What is due at this moment is sent."""
    async with outgoing.client() as sender:
        while await outgoing.send_due(pool, sender, SEAL_KEY, lambda: at):
            pass


async def test_a_citys_gateway_hears_each_step_and_is_sure_who_says_it(world: World) -> None:
    port, settings = free_port(), world.settings()
    secret = peduli(world, "webhook", "add", "whatsapp", f"http://127.0.0.1:{port}/")
    process = await asyncio.create_subprocess_exec(
        sys.executable,
        str(RECEIVER),
        str(port),
        env={**os.environ, "PEDULI_WEBHOOK_SECRET": secret},
        stdout=asyncio.subprocess.PIPE,
    )
    try:
        async with running(distribution.service(settings)) as field, running(purchases.service(settings)):
            home = await register(field)
            await tell(world, recent())
            task = str((await one_task(field))["task_id"])
            await report(field, task, "accept")
            await report(field, task, "fail", reason="not_home")
            await report(field, task, "deliver", proof_kind="witness", proof="Ketua RT")
            await eventually(lambda: query(world, MESSAGES), lambda rows: rows == [], seconds=60)
    finally:
        process.terminate()
        out, _ = await process.communicate()
    lines = [line.split(" ", 2) for line in out.decode().splitlines()]
    told_of = sorted(kind.removeprefix("packet.") for kind, _, _ in lines)
    assert told_of[:3] == ["delivered", "failed", "on_the_way"]
    assert set(told_of[3:]) == {"planned"}  # once more for the packet that follows the delivered one
    assert {household for _, household, _ in lines} == {home}
    assert not any(word in out.decode() for word in PERSONAL)
    async with caller() as stranger:
        assert (await query(world, "select count(*)::int as n from distribution.webhooks")) == [{"n": 1}]
        with pytest.raises(httpx.ConnectError):
            await stranger.post(f"http://127.0.0.1:{port}/")


async def test_without_a_webhook_nothing_is_kept_for_anybody(world: World, pool: Pool) -> None:
    await told(pool, now(), 3)
    assert await query(world, MESSAGES) == []


async def test_a_gateway_that_fails_is_asked_again_later_each_time_and_at_last_given_up(
    world: World, pool: Pool
) -> None:
    gateway, at = Gateway(500), now()
    async with gateway.listening() as url:
        peduli(world, "webhook", "add", "whatsapp", url, "--step", "delivered")
        await told(pool, at)
        waits = []
        for number in range(1, TRIES + 1):
            await send(pool, at)
            await send(pool, at)  # nobody is asked twice for one try
            assert len(gateway.requests) == number
            (row,) = await query(world, MESSAGES)
            assert (row["tries"], row["last_error"]) == (number, "HTTP 500")
            if row["next_at"] is None:
                break
            waits.append(row["next_at"] - at)
            at = row["next_at"]
        assert (number, waits) == (TRIES, sorted(waits))
        assert waits[0] == timedelta(seconds=30)
        await send(pool, at + timedelta(days=30))
        assert len(gateway.requests) == TRIES

        (given_up,) = json.loads(peduli(world, "webhook", "list", "--given-up", "--json"))
        assert (given_up["webhook"], given_up["type"], given_up["tries"]) == ("whatsapp", "packet.delivered", TRIES)
        assert await ringing(world) == ["webhook-given-up: 3276/whatsapp 1 messages"]
        await outgoing.measure(pool)
        assert REGISTRY.get_sample_value("peduli_webhook_given_up", {"tenant": "3276", "webhook": "whatsapp"}) == 1
        gateway.statuses = [204]
        assert peduli(world, "webhook", "retry", "whatsapp") == "1 messages are tried again"
        assert await ringing(world) == []
        await send(pool, now() + timedelta(seconds=1))
        assert await query(world, MESSAGES) == []
        await told(pool, now())
        await world.admin.execute("update distribution.webhook_messages set next_at = null")
        assert peduli(world, "webhook", "discard", "whatsapp") == "1 messages are forgotten"
        assert await query(world, MESSAGES) == []
    ids = {headers["webhook-id"] for _, headers, _ in gateway.requests}
    assert len(ids) == 1  # the receiver knows that it is the same
    assert len({headers["webhook-signature"] for _, headers, _ in gateway.requests}) > 1  # each with its own time


async def test_one_that_failed_first_is_told_once_more_and_others_do_not_wait_for_it(world: World, pool: Pool) -> None:
    slow, quick, at = Gateway(503, 200), Gateway(200), now()
    async with slow.listening() as first, quick.listening() as second:
        peduli(world, "webhook", "add", "sms", first)
        peduli(world, "webhook", "add", "whatsapp", second)
        await told(pool, at, 30)
        await send(pool, at)
        assert (len(slow.requests), len(quick.requests)) == (30, 30)
        await send(pool, at + timedelta(seconds=31))
    assert (len(slow.requests), len(quick.requests)) == (31, 30)
    assert await query(world, MESSAGES) == []


@pytest.mark.parametrize("status", [301, 302, 307, 308])
async def test_a_redirect_leads_nowhere(world: World, pool: Pool, status: int) -> None:
    inside, at = Gateway(200), now()
    async with inside.listening() as secret_place:
        gateway = Gateway(status, location=secret_place)
        async with gateway.listening() as url:
            peduli(world, "webhook", "add", "whatsapp", url)
            await told(pool, at)
            await send(pool, at)
    assert inside.requests == []
    assert [row["last_error"] for row in await query(world, MESSAGES)] == [f"HTTP {status}"]


async def test_a_gateway_that_is_away_costs_nobody_else_anything(world: World, pool: Pool) -> None:
    peduli(world, "webhook", "add", "whatsapp", f"http://127.0.0.1:{free_port()}/")
    await told(pool, now())
    await send(pool, now() + timedelta(seconds=1))
    (row,) = await query(world, MESSAGES)
    assert row["last_error"] == "ConnectError"
    peduli(world, "webhook", "remove", "whatsapp")
    assert await query(world, MESSAGES) == []


async def test_only_an_operator_says_where_to_and_the_secret_rests_sealed(world: World, pool: Pool) -> None:
    secret = peduli(world, "webhook", "add", "sms", "https://gateway.example/peduli")
    (row,) = await query(world, "select secret, steps from distribution.webhooks")
    assert secret.startswith("whsec_")
    assert secret.removeprefix("whsec_").encode() not in bytes(row["secret"])
    assert row["steps"] == ["planned", "on_the_way", "delivered", "failed"]
    (shown,) = json.loads(peduli(world, "webhook", "list", "--json"))
    assert "secret" not in shown
    async with running(distribution.service(world.settings())) as field:
        described: dict[str, Any] = (await field.get("/openapi.json")).json()["paths"]
    assert [path for path in described if "webhook" in path] == []  # no door of ours takes an address

"""A program of a field team has a login of its own: it reports as its team alone, within its kelurahan."""

from __future__ import annotations

import uuid
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from datetime import timedelta
from typing import Any
from unittest.mock import AsyncMock

import aio_pika
import pytest
from aiormq.exceptions import ChannelAccessRefused

import services.distribution.app as distribution
import services.purchases.app as purchases
from peduli import publishers
from peduli.publishers import PublisherError, Secrets
from shared.messaging import topology
from tests.support.access import add, mine, operator, team_login
from tests.support.eventually import eventually
from tests.support.journey import KELURAHAN, household, one_task, query, recent, register, tell
from tests.support.publish import message, publish
from tests.support.running import Door, running
from tests.support.servers import World

OTHER = "32.76.06.1002"
PARKED = "select queue, reason from distribution.parked order by parked_id"


@asynccontextmanager
async def with_a_task(world: World) -> AsyncIterator[tuple[Door, str]]:
    """The services with one task, and the distribution service's door."""
    settings = world.settings()
    async with running(distribution.service(settings)) as field, running(purchases.service(settings)):
        await register(field)
        await tell(world, recent())
        yield field, (await one_task(field))["task_id"]


async def say(world: World, made: Secrets, task: str, kind: str = "accept", team: str = "", **more: Any) -> None:
    """One report over the broker with a login, in the name of a team; the same words have the same ids."""
    name = team or made.name
    told = str(uuid.uuid5(uuid.NAMESPACE_URL, f"{task}{kind}{name}"))
    body = {"report_id": told, "task_id": task, "team": name, **more}
    key = f"3276.task.{kind}_submitted.v1.{made.name}"
    await publish(mine(world, made), [(message(body, f"task.{kind}_submitted", ce_id=told, ce_source="/tim"), key)])


async def outcomes(world: World) -> list[tuple[Any, ...]]:
    rows = await query(world, "select team, kind, outcome from distribution.field_reports order by received_at, kind")
    return [tuple(row.values()) for row in rows]


async def test_a_login_reports_as_its_team_and_neither_as_another_nor_uses_up_its_ids(world: World) -> None:
    hers, his = await team_login(world, "tim-satu"), await team_login(world, "tim-dua")
    async with with_a_task(world) as (_, task):
        await say(world, his, task, team="tim-satu")
        parked = await eventually(lambda: query(world, PARKED), lambda rows: len(rows) == 1)
        assert parked == [{"queue": topology.team_queue("3276", "tim-dua"), "reason": "AnotherTeamError"}]
        assert await outcomes(world) == []
        await say(world, hers, task)
        await say(world, hers, task)  # harmless
        await eventually(lambda: outcomes(world), lambda rows: rows == [("tim-satu", "accept", "accepted")])
        await say(world, his, task, "failure", reason="not_home")
        seen = await eventually(lambda: outcomes(world), lambda rows: len(rows) == 2)
        assert seen[1] == ("tim-dua", "fail", "TAKEN_BY_ANOTHER_TEAM")


async def test_who_uses_up_the_id_of_anothers_report_does_not_silence_it(world: World) -> None:
    hers, his = await team_login(world, "tim-nomor"), await team_login(world, "tim-curi")
    async with with_a_task(world) as (field, task):
        told = str(uuid.uuid5(uuid.NAMESPACE_URL, f"{task}accepttim-nomor"))  # she makes her ids of what all know
        await say(world, his, task, "failure", reason="not_home", report_id=told)
        await eventually(lambda: outcomes(world), lambda rows: len(rows) == 1)
        await say(world, hers, task)
        parked = await eventually(lambda: query(world, PARKED), lambda rows: len(rows) == 1)
        assert parked == [{"queue": topology.team_queue("3276", "tim-nomor"), "reason": "RefusedError"}]
        said = {"report_id": told, "task_id": task, "team": "tim-nomor", "kind": "accept"}
        answer = await field.post(f"/v1/tasks/{task}/reports", json=said)
        assert (answer.status_code, answer.json()["outcome"]) == (409, "REPORT_ID_USED")
        again = await field.post(f"/v1/tasks/{task}/reports", json={**said, "report_id": str(uuid.UUID(int=4))})
        assert again.json()["outcome"] == "accepted"


async def test_a_login_of_another_kelurahan_has_nothing_to_do_with_a_task_until_it_is_given_that(world: World) -> None:
    made = await team_login(world, "tim-pindah", OTHER)
    connection = await aio_pika.connect(mine(world, made))
    queue = await (await connection.channel()).get_queue(topology.tasks_queue(OTHER), ensure=False)
    await queue.consume(AsyncMock(), no_ack=False)
    async with with_a_task(world) as (_, task):
        await say(world, made, task)
        parked = await eventually(lambda: query(world, PARKED), lambda rows: len(rows) == 1)
        assert parked[0]["reason"] == "RefusedError"
        with pytest.raises(ChannelAccessRefused):
            await read(world, made, KELURAHAN)
        await publishers.change(operator(world), "tim-pindah", units=[KELURAHAN])
        await eventually(lambda: is_open(connection), lambda still: not still)  # it read what is not its own any more
        # the page may know it before the relay has told it
        await eventually(lambda: read(world, made, KELURAHAN), bool)
        await eventually(lambda: tried_again(world), lambda rows: rows == [("tim-pindah", "accept", "accepted")])


async def tried_again(world: World) -> list[tuple[Any, ...]]:
    """What is kept once the parked messages were tried, as `peduli parked retry` has it done."""
    await world.admin.execute("update distribution.parked set retry_at = now() where retry_at > now()")
    return await outcomes(world)


async def is_open(connection: aio_pika.abc.AbstractConnection) -> bool:
    transport = connection.transport
    return transport is not None and not transport.connection.is_closed


async def read(world: World, made: Secrets, kelurahan: str) -> int:
    """How many tasks a login finds in a queue; it gives them back."""
    connection = await aio_pika.connect(mine(world, made))
    async with connection:
        channel = await connection.channel()
        queue = await channel.get_queue(topology.tasks_queue(kelurahan), ensure=False)
        got = await queue.get(fail=False)
        if got is not None:
            await got.nack(requeue=True)
        return int(got is not None)


async def test_under_a_teams_key_nothing_else_is_told_than_reports_of_tasks(world: World) -> None:
    made = await team_login(world, "tim-kunci")
    async with with_a_task(world):
        told = message(household("KK-9"), "household.report_submitted", ce_id="h", ce_source="/rt/9")
        await publish(mine(world, made), [(told, "3276.task.accept_submitted.v1.tim-kunci")])
        parked = await eventually(lambda: query(world, PARKED), lambda rows: len(rows) == 1)
        assert parked[0]["reason"] == "UnknownTypeError"
        assert len(await query(world, "select 1 from distribution.households")) == 1


async def test_a_login_is_renewed_and_taken_away_and_what_was_confirmed_is_applied(world: World) -> None:
    token_only = await add(world, "tim-lama", "team", sources=("tim-lama",), units=(KELURAHAN,))
    old = await team_login(world, "tim-lama")  # beside the token that it had
    assert (token_only.amqp_user, old.amqp_user) == ("", "team.3276.tim-lama.2")
    async with with_a_task(world) as (_, task):
        new = await team_login(world, "tim-lama", keep=timedelta(0))
        with pytest.raises(aio_pika.exceptions.ProbableAuthenticationError):
            await aio_pika.connect(mine(world, old))
        await say(world, new, task)
        await eventually(lambda: outcomes(world), lambda rows: len(rows) == 1)
        assert await publishers.revoke(operator(world), "tim-lama") == ""
        with pytest.raises(aio_pika.exceptions.ProbableAuthenticationError):
            await aio_pika.connect(mine(world, new))
        assert await topology.look_at(world.rabbitmq.url, topology.team_queue("3276", "tim-lama")) is None
    with pytest.raises(PublisherError, match="revoked"):
        await team_login(world, "tim-lama")


async def test_a_team_gets_no_login_of_anothers_name_nor_without_a_kelurahan(world: World) -> None:
    await add(world, "koperasi")
    with pytest.raises(PublisherError, match="koperasi is the name of another"):
        await team_login(world, "koperasi")
    with pytest.raises(PublisherError, match="tim-opd has no kelurahan"):
        await team_login(world, "tim-opd", "32.76.SETDA")
    assert [row["name"] for row in await publishers.listed(operator(world))] == ["koperasi"]


async def test_a_broker_that_lost_everything_gets_the_teams_queues_again(world: World) -> None:
    await team_login(world, "tim-hilang")
    assert await publishers.queues(world.database_url, ["3276"]) == [topology.of_team("3276", "tim-hilang", 100)]

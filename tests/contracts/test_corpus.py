"""Every example ever published, published once more to the real broker: each has the effect that its file says."""

from __future__ import annotations

import contextlib
from collections.abc import AsyncIterator
from typing import Any
from uuid import UUID

import aio_pika
import httpx
import orjson
import pytest

import services.distribution.app as distribution
import services.purchases.app as purchases
import services.reporting.app as reporting
from services.distribution.domain.proof import code_of
from shared.contracts.corpus import Example, examples
from shared.contracts.envelope import identity_of
from shared.contracts.registry import INBOUND, TOLD
from shared.ids import derived_id
from shared.messaging.topology import DISTRIBUTED
from tests.support.eventually import eventually
from tests.support.journey import household, one_task, query, recent
from tests.support.publish import SOURCE, message
from tests.support.running import running
from tests.support.servers import World

CORPUS = list(examples())
PLAIN = {one.kind: one for one in CORPUS if one.title == "plain" and not one.effect}
OF_PURCHASES = ("purchase.", "pledge.")
SUBMITTED = [one for one in CORPUS if one.kind in INBOUND and one.kind.startswith(OF_PURCHASES)]
REPORTS = [one for one in CORPUS if one.kind in INBOUND and not one.kind.startswith(OF_PURCHASES)]
EVENTS = [one for one in CORPUS if one.kind in TOLD]

SAYS = {  # the effect of an example whose name says none
    "purchase.submitted.v1": "recorded",
    "purchase.correction_submitted.v1": "corrected",
    "purchase.void_submitted.v1": "voided",
    "pledge.submitted.v1": "recorded",
    "task.accept_submitted.v1": "accepted team",
    "task.handover_submitted.v1": "accepted rt",
    "task.delivery_submitted.v1": "delivered door",
    "task.failure_submitted.v1": "failed team",
    "task.return_submitted.v1": "returned lumbung",
}
BEFORE = {  # what must have happened first
    "purchase.correction_submitted.v1": ["purchase.submitted.v1"],
    "purchase.void_submitted.v1": ["purchase.submitted.v1"],
    "task.delivery_submitted.v1": ["task.accept_submitted.v1"],
    "task.handover_submitted.v1": ["task.accept_submitted.v1"],
    "task.failure_submitted.v1": ["task.accept_submitted.v1"],
    "task.return_submitted.v1": ["task.accept_submitted.v1"],
    "purchase.corrected.v1": ["purchase.recorded.v1"],
    "purchase.voided.v1": ["purchase.recorded.v1"],
    "household.changed.v1": ["household.registered.v1"],
    "household.released.v1": ["household.registered.v1"],
    "task.accepted.v1": ["task.assigned.v1"],
    "task.handed_over.v1": ["task.assigned.v1", "task.accepted.v1"],
    "task.delivered.v1": ["task.assigned.v1", "task.accepted.v1"],
    "task.failed.v1": ["task.assigned.v1", "task.accepted.v1"],
    "task.returned.v1": ["task.assigned.v1", "task.accepted.v1", "task.failed.v1"],
    "task.recalled.v1": ["task.assigned.v1"],
}
FACTS = {  # what reporting knows of an aggregate after its event
    "purchase": "select version, case when is_voided then 'voided' else 'stands' end from facts.fct_purchase",
    "household": "select version, case when is_released then 'released' else 'isolated' end from facts.fct_household",
    "task": "select version, status from facts.fct_task",
    "lot": "select version, kind from facts.fct_stock_change",
    "pledge": "select version, pledged_packets::text from facts.fct_pledge",
    "recipients": "select 1, string_agg(packets::text, ' ' order by recipients) from facts.fct_recipients",
    "seller": "select version, 'changed' from facts.ref_sellers where version > 0",
    "product": "select version, 'changed' from facts.ref_products where version > 0",
    "unit": "select version, 'changed' from facts.ref_units where version > 0",
    "purchase.rejected.v1": "select 1, cardinality(codes)::text from facts.fct_rejection",
    "pledge.rejected.v1": "select 1, count(*)::text from facts.fct_pledge",
}
STATES = {
    "purchase.recorded.v1": "stands",
    "purchase.corrected.v1": "stands",
    "purchase.rejected.v1": "1",
    "pledge.recorded.v1": "40",
    "pledge.rejected.v1": "0",
    "recipients.counted.v1": "12 655",
    "household.registered.v1": "isolated",
    "household.changed.v1": "isolated",
    "task.handed_over.v1": "accepted",
}


async def publish(world: World, exchange: str, kind: str, body: Any, **headers: Any) -> str:
    """Publish a body as an event of `kind`; returns its identity."""
    item = message(orjson.dumps(body), kind.removesuffix(".v1"), **headers)
    connection = await aio_pika.connect(world.rabbitmq.url)
    async with connection:
        channel = await connection.channel(publisher_confirms=True, on_return_raises=True)
        target = await channel.get_exchange(exchange, ensure=False)
        await target.publish(item, f"3276.{kind}", mandatory=True)
    return identity_of("3276", SOURCE, str(item.message_id))


async def parked(world: World, schema: str) -> list[str]:
    return [row["reason"] for row in await query(world, f"select reason from {schema}.parked")]


def name(example: Example) -> str:
    return example.name


@pytest.mark.parametrize("example", SUBMITTED, ids=name)
async def test_a_submitted_example_is_answered_as_it_says(world: World, example: Example) -> None:
    outcome = "select outcome from purchases.submissions order by received_at desc, submission_id desc limit 1"
    count = "select count(*) as n from purchases.submissions"
    wanted = example.effect or SAYS[example.kind]
    async with running(purchases.service(world.settings())):
        before = BEFORE.get(example.kind, []) if wanted != "waiting" else []
        for kind in before:
            await publish(world, "peduli.intake", kind, {**PLAIN[kind].body, "reference": example.body["reference"]})
            await eventually(lambda: query(world, outcome), bool)
        await publish(world, "peduli.intake", example.kind, example.body)
        if wanted == "parked":
            await eventually(lambda: parked(world, "purchases"), lambda seen: len(seen) == 1)
            return
        await eventually(lambda: query(world, count), lambda seen: seen == [{"n": len(before) + 1}])
        assert await query(world, outcome) == [{"outcome": wanted}]


@contextlib.asynccontextmanager
async def a_waiting_door(world: World) -> AsyncIterator[tuple[httpx.AsyncClient, str]]:
    """The distribution service with one assigned task, and its id."""
    async with running(distribution.service(world.settings())) as client, running(purchases.service(world.settings())):
        await client.post("/v1/households", json=household(), headers={"Peduli-Source": "/rt/1"})
        await publish(world, "peduli.intake", "purchase.submitted.v1", recent())
        yield client, (await one_task(client))["task_id"]


@pytest.mark.parametrize("example", [one for one in REPORTS if one.kind in SAYS and not one.effect], ids=name)
async def test_a_task_report_moves_its_task(world: World, example: Example) -> None:
    async with a_waiting_door(world) as (_, task):

        async def status() -> str:  # of this task: what is returned is soon on its way again, as another
            (row,) = await query(world, f"select status, custody from distribution.tasks where task_id = '{task}'")
            return f"{row['status']} {row['custody']}"

        for kind in (*BEFORE.get(example.kind, []), example.kind):
            body = example.body if kind == example.kind else {**PLAIN[kind].body, "report_id": str(derived_id(kind))}
            own = {"task_id": task, "team": example.body["team"]}
            if body.get("proof_kind") == "code":  # each task has its own, and none before it is accepted
                own["proof"] = code_of(b"hash-key-of-tests", UUID(task), 1, own["team"])
            await publish(world, "peduli.intake", kind, {**body, **own})
            stays = body.get("fetched") is False
            await eventually(status, ("accepted lumbung" if stays else SAYS[kind]).__eq__)


@pytest.mark.parametrize("example", [one for one in REPORTS if one.kind not in SAYS or one.effect], ids=name)
async def test_a_household_is_known_and_what_cannot_be_is_parked(world: World, example: Example) -> None:
    async with running(distribution.service(world.settings())):
        await publish(world, "peduli.intake", example.kind, example.body)
        if example.effect == "parked":
            await eventually(lambda: parked(world, "distribution"), lambda seen: seen == ["RefusedError"])
        else:
            known = "select kelurahan, size from distribution.households"
            wanted = [{"kelurahan": example.body["kelurahan"], "size": example.body["size"]}]
            await eventually(lambda: query(world, known), lambda seen: seen == wanted)


@pytest.mark.parametrize("example", EVENTS, ids=name)
async def test_an_example_of_what_is_told_becomes_a_fact(world: World, example: Example) -> None:
    aggregate = example.kind.partition(".")[0]
    chain = [*(PLAIN[kind] for kind in BEFORE.get(example.kind, [])), example]
    known = FACTS.get(example.kind, FACTS[aggregate])
    settings, is_distributed = world.settings(), aggregate in DISTRIBUTED
    async with contextlib.AsyncExitStack() as stack:
        for reader in (reporting, distribution) if is_distributed else (reporting,):
            await stack.enter_async_context(running(reader.service(settings)))
        for version, one in enumerate(chain, start=1):
            subject = one.body.get(f"{aggregate}_id") or one.body.get("submission_id") or aggregate
            about = {"ce_aggregate": subject, "ce_version": str(version), "ce_time": "2021-07-22T03:05:00Z"}
            await publish(world, "peduli.events", one.kind, one.body, **about)
        applied = f"aggregate_versions where (aggregate, version) = ('{subject}', {len(chain)})"
        await eventually(lambda: query(world, f"select from facts.{applied}"), bool)
        found = await query(world, known)
        state = STATES.get(example.kind, example.kind.split(".")[1])
        assert [tuple(row.values()) for row in found] == [(len(chain), state)]
        if is_distributed:
            await eventually(lambda: query(world, f"select from distribution.{applied}"), bool)
        assert await parked(world, "facts") + await parked(world, "distribution") == []

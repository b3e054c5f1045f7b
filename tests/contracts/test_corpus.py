"""Every example ever published, published once more to the real broker: each has the effect that its file says.

They go to the same running services, each under a source, or about a thing, of its own.
"""

from __future__ import annotations

from collections.abc import AsyncIterator
from typing import Any
from uuid import UUID

import aio_pika
import orjson
import pytest
from aio_pika.abc import AbstractChannel

import services.distribution.app as distribution
import services.purchases.app as purchases
import services.reporting.app as reporting
from services.distribution.domain.proof import code_of
from services.distribution.usecases.households import Keys, household_id
from shared.contracts.corpus import Example, examples
from shared.contracts.registry import INBOUND, TOLD
from shared.ids import derived_id
from shared.messaging.topology import DISTRIBUTED
from tests.support.eventually import eventually
from tests.support.journey import query, recent, register
from tests.support.publish import message
from tests.support.running import Door, running
from tests.support.servers import World

CORPUS = list(examples())
TELLER = "/rt/1"  # of all households: another's, with the same telephone, would be the same one
KEYS = Keys(b"hash-key-of-tests", b"seal-key-of-tests")
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
MOVING = [one for one in REPORTS if one.kind in SAYS and not one.effect]
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
FACTS = {  # what reporting knows of an aggregate after its event; {} is its id
    "purchase": "select version, case when is_voided then 'voided' else 'stands' end from facts.fct_purchase"
    " where purchase_id = '{}'",
    "household": "select version, case when is_released then 'released' else 'isolated' end from facts.fct_household"
    " where household_id = '{}'",
    "task": "select version, status from facts.fct_task where task_id = '{}'",
    "lot": "select version, kind from facts.fct_stock_change where lot_id = '{}'",
    "pledge": "select version, pledged_packets::text from facts.fct_pledge where pledge_id = '{}'",
    "recipients": "select 1, string_agg(packets::text, ' ' order by recipients) from facts.fct_recipients"
    " where count_id = '{}'",
    "seller": "select version, 'changed' from facts.ref_sellers where seller_code = '{}'",
    "product": "select version, 'changed' from facts.ref_products where sku = '{}'",
    "unit": "select version, 'changed' from facts.ref_units where unit_code = '{}'",
    "purchase.rejected.v1": "select 1, cardinality(codes)::text from facts.fct_rejection where submission_id = '{}'",
    "pledge.rejected.v1": "select 1, count(*)::text from facts.fct_pledge where pledge_id = '{}'",
}
CODES = {"seller": "seller_code", "product": "sku", "unit": "unit_code"}
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


@pytest.fixture(scope="module")
async def channel(shared_world: World) -> AsyncIterator[AbstractChannel]:
    """Where everything is published."""
    connection = await aio_pika.connect(shared_world.rabbitmq.url)
    async with connection:
        yield await connection.channel(publisher_confirms=True, on_return_raises=True)


@pytest.fixture(scope="module")
async def submitting(shared_world: World) -> AsyncIterator[World]:
    """The purchases service at work."""
    async with running(purchases.service(shared_world.settings())):
        yield shared_world


@pytest.fixture(scope="module")
async def distributing(shared_world: World) -> AsyncIterator[Door]:
    """The distribution service at work."""
    async with running(distribution.service(shared_world.settings())) as door:
        yield door


@pytest.fixture(scope="module")
async def reporting_(shared_world: World) -> AsyncIterator[World]:
    """The reporting service at work."""
    async with running(reporting.service(shared_world.settings())):
        yield shared_world


@pytest.fixture(scope="module")
async def tasks(submitting: World, distributing: Door, channel: AbstractChannel) -> dict[str, str]:
    """An assigned task for each example of a report about one; all at once, so that none takes another's packet."""
    doors = {}
    for example in MOVING:
        doors[await register(distributing, household_ref=example.name)] = example.name
        await publish(channel, "peduli.intake", "purchase.submitted.v1", recent(example.name))
    assigned = "select household_id::text, task_id::text from distribution.tasks"
    found = await eventually(lambda: query(submitting, assigned), lambda rows: len(rows) == len(doors))
    return {doors[row["household_id"]]: row["task_id"] for row in found}


async def publish(channel: AbstractChannel, exchange: str, kind: str, body: Any, **headers: Any) -> str:
    """Publish a body as an event of `kind`; returns its ce-id."""
    item = message(orjson.dumps(body), kind.removesuffix(".v1"), **headers)
    target = await channel.get_exchange(exchange, ensure=False)
    await target.publish(item, f"3276.{kind}", mandatory=True)
    return str(item.message_id)


async def parked(world: World, schema: str, event: str) -> list[str]:
    """Why this event is parked."""
    sql = f"select reason from {schema}.parked where headers->>'ce-id' = '{event}'"
    return [row["reason"] for row in await query(world, sql)]


def name(example: Example) -> str:
    return example.name


@pytest.mark.parametrize("example", SUBMITTED, ids=name)
async def test_a_submitted_example_is_answered_as_it_says(
    submitting: World, channel: AbstractChannel, example: Example
) -> None:
    source, reference = f"/pos/{example.name}", f"KOP-{derived_id(example.name)}"
    outcomes = f"select outcome from purchases.submissions where source = '{source}' order by received_at"
    wanted = example.effect or SAYS[example.kind]
    before = BEFORE.get(example.kind, []) if wanted != "waiting" else []
    for kind in before:
        body = {**PLAIN[kind].body, "reference": reference}
        await publish(channel, "peduli.intake", kind, body, ce_source=source)
        await eventually(lambda: query(submitting, outcomes), bool)
    body = {**example.body, "reference": reference} if "reference" in example.body else example.body
    event = await publish(channel, "peduli.intake", example.kind, body, ce_source=source)
    if wanted == "parked":
        await eventually(lambda: parked(submitting, "purchases", event), lambda seen: len(seen) == 1)
        return
    found = await eventually(lambda: query(submitting, outcomes), lambda seen: len(seen) == len(before) + 1)
    assert found[-1] == {"outcome": wanted}


@pytest.mark.parametrize("example", MOVING, ids=name)
async def test_a_task_report_moves_its_task(
    tasks: dict[str, str], submitting: World, channel: AbstractChannel, example: Example
) -> None:
    task = tasks[example.name]

    async def status() -> str:  # of this task: what is returned is soon on its way again, as another
        (row,) = await query(submitting, f"select status, custody from distribution.tasks where task_id = '{task}'")
        return f"{row['status']} {row['custody']}"

    for kind in (*BEFORE.get(example.kind, []), example.kind):
        body = example.body if kind == example.kind else PLAIN[kind].body
        own = {"report_id": str(derived_id(example.name, kind)), "task_id": task, "team": example.body["team"]}
        if body.get("proof_kind") == "code":  # each task has its own, and none before it is accepted
            own["proof"] = code_of(KEYS.hash_key, UUID(task), 1, own["team"])
        await publish(channel, "peduli.intake", kind, {**body, **own})
        stays = body.get("fetched") is False
        await eventually(status, ("accepted lumbung" if stays else SAYS[kind]).__eq__)


@pytest.mark.parametrize("example", [one for one in REPORTS if one not in MOVING], ids=name)
async def test_a_household_is_known_and_what_cannot_be_is_parked(
    distributing: Door, shared_world: World, channel: AbstractChannel, example: Example
) -> None:
    own = {"household_ref": example.name} if "household_ref" in example.body else {}
    event = await publish(channel, "peduli.intake", example.kind, {**example.body, **own}, ce_source=TELLER)
    if example.effect == "parked":
        await eventually(lambda: parked(shared_world, "distribution", event), ["RefusedError"].__eq__)
    else:
        household = household_id("3276", TELLER, example.name, KEYS)
        known = f"select kelurahan, size from distribution.households where household_id = '{household}'"
        wanted = [{"kelurahan": example.body["kelurahan"], "size": example.body["size"]}]
        await eventually(lambda: query(shared_world, known), wanted.__eq__)


@pytest.mark.parametrize("example", EVENTS, ids=name)
async def test_an_example_of_what_is_told_becomes_a_fact(
    reporting_: World, distributing: Door, channel: AbstractChannel, example: Example
) -> None:
    aggregate = example.kind.partition(".")[0]
    chain = [*(PLAIN[kind] for kind in BEFORE.get(example.kind, [])), example]
    key, subject = own_subject(example, aggregate)
    events = []
    for version, one in enumerate(chain, start=1):
        about = {"ce_aggregate": subject, "ce_version": str(version), "ce_time": "2021-07-22T03:05:00Z"}
        body = {**one.body, key: subject}
        events.append(await publish(channel, "peduli.events", one.kind, body, **about))
    applied = f"aggregate_versions where (aggregate, version) = ('{subject}', {len(chain)})"
    await eventually(lambda: query(reporting_, f"select from facts.{applied}"), bool)
    known = FACTS.get(example.kind, FACTS[aggregate]).format(subject)
    state = STATES.get(example.kind, example.kind.split(".")[1])
    assert [tuple(row.values()) for row in await query(reporting_, known)] == [(len(chain), state)]
    if aggregate in DISTRIBUTED:
        await eventually(lambda: query(reporting_, f"select from distribution.{applied}"), bool)
    for event in events:
        assert await parked(reporting_, "facts", event) + await parked(reporting_, "distribution", event) == []


def own_subject(example: Example, aggregate: str) -> tuple[str, str]:
    """The field with the id of what an example is about, and an id that no other example tells of."""
    for key in (f"{aggregate}_id", "submission_id", "count_id"):
        if key in example.body:
            return key, str(derived_id(example.name))
    key = CODES[aggregate]
    code = example.body[key]
    return key, f"{code}-{example.title.upper()}" if aggregate == "seller" else code

"""The alarms ring for what they name, and for nothing else."""

from __future__ import annotations

import pytest

from peduli.alarms import look
from tests.support.eventually import eventually
from tests.support.publish import message, publish, purchase
from tests.support.repository import ROOT
from tests.support.servers import World

NOBODY = {"purchases": "http://127.0.0.1:1"}


async def ringing(world: World) -> set[str]:
    """The names of the alarms that ring now; nobody is asked for readiness."""
    return {alarm.name for alarm in await look(world.settings(), {}) if alarm.is_ringing}


async def test_a_message_that_no_queue_wants_rings(world: World) -> None:
    assert await ringing(world) == set()
    await publish(world.rabbitmq.url, [(message(purchase(), "stranger.came"), "3276.stranger.came.v1")])
    await eventually(lambda: ringing(world), lambda names: names == {"unroutable-not-empty"})


async def test_something_parked_rings_until_it_is_discarded(world: World) -> None:
    await world.admin.execute(
        """insert into distribution.parked (parked_id, queue, routing_key, reason, headers, body)
        values (gen_random_uuid(), 'distribution.intake', '', 'RefusedError', '{}', '')""",
    )
    assert await ringing(world) == {"something-parked"}
    await world.admin.execute("update distribution.parked set state = 'discarded'")
    assert await ringing(world) == set()


@pytest.mark.parametrize(("age", "expected"), [("30 seconds", set()), ("90 seconds", {"outbox-not-draining"})])
async def test_an_outbox_rings_only_when_its_oldest_event_waits_too_long(
    world: World, age: str, expected: set[str]
) -> None:
    await world.admin.execute(
        f"""with told as (
          insert into purchases.event_log
            (event_id, aggregate, version, type, routing_key, headers, body, recorded_at)
          values (gen_random_uuid(), 'a', 1, 't', 'k', '{{}}', '', now() - interval '{age}') returning seq, aggregate)
        insert into purchases.outbox (seq, aggregate) select seq, aggregate from told""",
    )
    assert await ringing(world) == expected


async def test_a_service_that_does_not_answer_rings(world: World) -> None:
    alarms = await look(world.settings(), NOBODY)
    assert [(alarm.name, alarm.seen) for alarm in alarms if alarm.is_ringing] == [
        ("lane-not-ready", "purchases no answer")
    ]


async def test_every_alarm_has_a_runbook_and_every_runbook_an_alarm(world: World) -> None:
    alarms = await look(world.settings(), {})
    assert {ROOT / alarm.runbook for alarm in alarms} == set((ROOT / "docs/runbooks").glob("*.md"))

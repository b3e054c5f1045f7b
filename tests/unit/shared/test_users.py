"""The broker's rights fit the topology: each service has what is its own, and nothing else."""

from __future__ import annotations

import re

from services.distribution import handlers as distribution
from services.distribution.usecases import households
from services.purchases import handlers as purchases
from services.purchases.usecases import judging
from services.reporting import handlers as reporting
from shared.contracts.registry import INBOUND, TOLD
from shared.messaging import topology
from shared.messaging.users import RIGHTS
from shared.reference.store import Cities

QUEUES = [queue.name for queue in topology.build({"3276": ["32.76.06.1001"]}, shards=2).queues]


def test_each_service_consumes_its_own_queues_and_no_other() -> None:
    readable = {
        service: {queue for queue in QUEUES if re.search(rights.consumes, queue)} for service, rights in RIGHTS.items()
    }
    assert readable == {
        "purchases": {"purchases.intake", "peduli.dead.purchases"},
        "distribution": {
            "distribution.intake",
            "distribution.events.0",
            "distribution.events.1",
            "peduli.dead.distribution",
        },
        "reporting": {"reporting.events.0", "reporting.events.1", "peduli.dead.reporting"},
    }


def test_every_event_has_exactly_one_service_that_may_tell_it() -> None:
    tellers = {
        kind: [service for service, rights in RIGHTS.items() if re.search(rights.keys, f"3276.{kind}")] for kind in TOLD
    }
    assert {kind: found for kind, found in tellers.items() if len(found) != 1} == {}
    assert {found[0] for found in tellers.values()} == {"purchases", "distribution"}
    assert not set(INBOUND) & set(TOLD)


def test_the_queues_whose_order_a_discard_guards_are_those_that_lanes_read_in_order() -> None:
    cities = Cities()
    lanes = [
        *purchases.lanes(cities, judging.Keys(b"", b"")),
        *distribution.lanes(cities, households.Keys(b"", b""), 2),
        *reporting.lanes(cities, 2),
    ]
    assert {lane.queue for lane in lanes if lane.ordered} == {queue for queue in QUEUES if topology.is_ordered(queue)}
    assert not topology.is_ordered(topology.publisher_queue("3276", "events"))

"""The broker's doors of the purchases service: the city's own, and one for each publisher."""

from __future__ import annotations

import dataclasses
import time
from collections.abc import Callable, Sequence

from services.purchases.usecases.judging import Keys
from services.purchases.usecases.receive import apply, opened
from shared.access.model import EVERYTHING, Principal, Scope
from shared.access.store import Directory
from shared.clock import now
from shared.contracts.envelope import Envelope
from shared.database.pool import Transaction
from shared.messaging.applier import Handler, Lane
from shared.messaging.topology import publisher_queue
from shared.reference.store import Cities


def lanes(cities: Cities, keys: Keys, *, stamped: bool = False) -> list[Lane]:
    """`purchases.intake`: what the city's own systems tell, of whatever source and unit.

    Unordered: (source, reference) and waiting do the ordering. `stamped`: the broker writes when a message came.
    """
    return [Lane("purchases.intake", on_submissions(cities, keys, stamped=stamped), ordered=False, consumers=2)]


def publisher_lanes(directory: Directory, cities: Cities, keys: Keys, *, stamped: bool) -> list[Lane]:
    """A lane for each publisher that has a queue: who speaks is sure, because only its login reaches the queue."""
    return [_publisher_lane(publisher, directory, cities, keys, stamped) for publisher in directory.with_queue()]


def _publisher_lane(publisher: Principal, directory: Directory, cities: Cities, keys: Keys, stamped: bool) -> Lane:
    """Scope and limits are looked up anew for each batch, so that a change needs no new lane."""

    def fresh() -> Principal:
        return directory.named(*publisher.key) or publisher

    def own(event: Envelope) -> Envelope:
        """Under a source of another, an event is told apart from all that this other may tell."""
        if fresh().scope.has_source(event.source):
            return event
        return dataclasses.replace(event, event_id=f"{publisher.name}|{event.event_id}")

    return Lane(
        publisher_queue(*publisher.key),
        on_submissions(cities, keys, lambda: fresh().scope, stamped=stamped),
        ordered=False,
        own=own,
        rest=lambda count: directory.limits_of(fresh()).purchases.spend(count, time.monotonic()),
        batch=publisher.purchases_per_minute,
    )


def on_submissions(
    cities: Cities, keys: Keys, scope: Callable[[], Scope] = lambda: EVERYTHING, *, stamped: bool
) -> Handler:
    """A handler of submitted, corrected and voided purchases, and of pledges; `scope` is the sender's."""

    async def handle(tx: Transaction, events: Sequence[Envelope]) -> None:
        allowed, moment = scope(), now()
        told = [opened(event, allowed, (stamped and event.stamped_at) or moment) for event in events]
        await apply(tx, told, cities=cities, keys=keys, now=moment)

    return handle

"""The broker's door of the reporting service: every event of every city."""

from __future__ import annotations

from collections.abc import Sequence

from services.reporting.usecases.project import project, purchases_of
from shared.contracts.envelope import Envelope
from shared.database.pool import Transaction
from shared.messaging.applier import Lane
from shared.observability.logs import correlate
from shared.reference import told
from shared.reference.store import Cities


def lanes(cities: Cities, shards: int) -> list[Lane]:
    """One ordered lane per shard."""

    async def on_events(tx: Transaction, events: Sequence[Envelope]) -> None:
        await told.apply(tx, events)
        await project(tx, events, cities=cities)
        correlate("event_tallied", ((event.type, purchases_of(event)) for event in events))

    return [Lane(f"reporting.events.{shard}", on_events, ordered=True, serves=cities.serves) for shard in range(shards)]

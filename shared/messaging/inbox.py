"""The inbox: each event has its effect once, and each aggregate goes 1, 2, 3 … (messaging.md §1.3, §1.4)."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass

from shared.contracts.envelope import Envelope
from shared.database.pool import Transaction
from shared.database.queries import load_queries

queries = load_queries(__file__)


@dataclass(frozen=True)
class Order:
    """What to do with a batch: apply these in this order, ignore those, keep the others waiting."""

    due: tuple[Envelope, ...]
    stale: tuple[Envelope, ...]
    waiting: tuple[Envelope, ...]


def order(events: Sequence[Envelope], applied: Mapping[str, int]) -> Order:
    """Sort a batch by each aggregate's version, given the last one `applied`; version 0 means unordered."""
    due: list[Envelope] = []
    stale: list[Envelope] = []
    waiting: list[Envelope] = []
    last = dict(applied)
    for event in sorted(events, key=lambda event: event.version):
        if event.version == 0 or event.version == last.get(event.aggregate, 0) + 1:
            due.append(event)
            last[event.aggregate] = event.version
        elif event.version <= last.get(event.aggregate, 0):
            stale.append(event)
        else:
            waiting.append(event)
    return Order(tuple(due), tuple(stale), tuple(waiting))


async def claim(tx: Transaction, events: Sequence[Envelope]) -> list[Envelope]:
    """Those of `events` that were never applied, each once, now written down as applied."""
    by_identity = {event.identity: event for event in reversed(events)}
    rows = await queries.claim_events(tx, events=sorted(by_identity))
    fresh = {row["event"] for row in rows}
    return [event for event in events if event.identity in fresh and by_identity[event.identity] is event]


async def claim_in_order(tx: Transaction, queue: str, events: Sequence[Envelope]) -> tuple[list[Envelope], Order]:
    """Claim those whose turn it is and move their aggregates on; also tells what is stale and what waits.

    The version that an aggregate has reached is the record that its events were applied; only those without a version
    are written down by themselves.
    """
    await queries.claim_queue(tx, queue=queue)
    aggregates = sorted({event.aggregate for event in events})
    rows = await queries.load_versions(tx, aggregates=aggregates)
    found = order(events, {row["aggregate"]: row["version"] for row in rows})
    unversioned = [event for event in found.due if not event.version]
    in_turn = [event for event in found.due if event.version]
    fresh = await claim(tx, unversioned) if unversioned else []
    if in_turn:
        reached = {event.aggregate: event.version for event in in_turn}  # they are sorted: the last is the highest
        names = sorted(reached)
        await queries.save_versions(tx, aggregates=names, versions=[reached[name] for name in names])
    return fresh + in_turn, found

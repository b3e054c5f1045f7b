"""What waits, looked at every few seconds: in the queues, in the outbox, in the parked table (messaging.md §5.9).

It fills the operator's gauges, and tells readiness of work that nobody does: of a lane whose queue is not empty though
it has nothing in hand, and of a relay whose oldest event stays where it is.
"""

from __future__ import annotations

import asyncio
import contextlib
from collections import Counter
from collections.abc import Sequence

import structlog

from shared.database.pool import Pool
from shared.messaging import outbox, parking
from shared.messaging.connection import Connection, open_channel, open_connection
from shared.observability import metrics
from shared.observability.health import Progress

log = structlog.get_logger()
ANSWER_SECONDS = 5.0  # for one question; a broker or database that takes longer is not there


class Watch:
    """Watches one service. `lanes` are told what waits in their queues; `progress` has its own looks and the relay."""

    def __init__(
        self, service: str, pool: Pool, *, amqp_url: str, lanes: Sequence[Progress], relays: bool, every_seconds: float
    ) -> None:
        self._service = service
        self._pool = pool
        self._amqp_url = amqp_url
        self._lanes = lanes
        self._every = every_seconds
        self._looks = Progress("watch")
        self._relay = Progress("relay", consuming=True)
        self._head: int | None = None
        self._broker: Connection | None = None
        self.progress = (self._looks, self._relay) if relays else (self._looks,)

    async def run(self, stop: asyncio.Event) -> None:
        """Look until `stop`; an outage only makes the looks fail, and readiness tells of it."""
        while not stop.is_set():
            # side by side: while one server is away the operator wants to know what waits in the other
            found = await asyncio.gather(self._look_at_queues(), self._look_at_rows(), return_exceptions=True)
            errors = [type(error).__name__ for error in found if error is not None]
            if errors:
                log.warning("watch_interrupted", errors=errors)
            else:
                self._looks.moved()
            with contextlib.suppress(TimeoutError):
                await asyncio.wait_for(stop.wait(), self._every)
        if self._broker is not None:
            await self._broker.close()

    async def _look_at_queues(self) -> None:
        if self._broker is None or self._broker.is_closed:
            self._broker = await open_connection(self._amqp_url, f"peduli-{self._service}-watch")
        channel = await open_channel(self._broker, confirms=False)
        lanes = list(self._lanes)  # they come and go
        ours = Counter(lane.name for lane in lanes)
        for lane in lanes:
            found = await channel.queue_declare(lane.name, passive=True, timeout=ANSWER_SECONDS)
            ready, consumers = found.message_count or 0, found.consumer_count or 0
            # with another instance beside us the messages may be its work: it tells of them itself
            lane.queued = ready if consumers <= ours[lane.name] else 0
            metrics.QUEUE_READY.labels(lane.name).set(ready)
            if lane.consuming and not lane.has_work:
                lane.moved()
        await channel.close()

    async def _look_at_rows(self) -> None:
        row = await outbox.queries.load_backlog(self._pool)
        metrics.EVENTS_UNPUBLISHED.labels(self._service).set(row["events"])
        metrics.EVENTS_QUARANTINED.labels(self._service).set(row["quarantined"])
        metrics.EVENTS_OLDEST_SECONDS.labels(self._service).set(row["oldest_seconds"])
        self._relay.queued = row["events"] - row["quarantined"]
        if row["head"] is None or row["head"] != self._head:  # whichever instance leads: the oldest was confirmed
            self._relay.moved()
        self._head = row["head"]
        metrics.MESSAGES_PARKED.clear()
        for parked in await parking.queries.count_parked(self._pool):
            metrics.MESSAGES_PARKED.labels(parked["queue"], parked["kind"]).set(parked["messages"])

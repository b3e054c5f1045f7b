"""The batch lane: one queue, one connection, one transaction per batch (messaging.md §5).

A lane takes what has arrived, claims it in the inbox, calls the handler once with all of it, commits, and then
acknowledges all with one frame. It and the applier alone know of retries, bisection and parking; handlers do not.
"""

from __future__ import annotations

import asyncio
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field

import aiormq
import aiormq.abc
import structlog
from pamqp.commands import Basic

from shared.database.transient import is_transient
from shared.messaging import inbox, parking, suspects
from shared.messaging.applier import Applier, read
from shared.messaging.breaker import Breaker
from shared.messaging.connection import open_channel, open_connection
from shared.messaging.parking import Message
from shared.observability import metrics
from shared.observability.health import Progress

log = structlog.get_logger()

PREFETCH_BATCHES = 2  # one in work, one behind it: with messages of 64 KiB that is 128 MB a lane
LINGERS = 20  # while messages stream in, waiting for a full batch costs less than another transaction
PROBE_SECONDS = 1.0
REST_SECONDS = 5.0
CALM_SECONDS, HURRY_SECONDS = 0.1, 2.0  # without a delivery none is on its way; a stop waits no longer for it


@dataclass(frozen=True)
class Delivery:
    """A message in hand; `tag` is valid on its channel only."""

    tag: int
    redelivered: bool
    message: Message

    @property
    def key(self) -> str:
        return self.message.envelope.identity if self.message.envelope else ""


@dataclass
class Hand:
    """What one session was given: the last tags received and acknowledged, and whether no more is to come."""

    received: int = 0
    acknowledged: int = 0
    is_last: asyncio.Event = field(default_factory=asyncio.Event)


class Consumer:
    """Runs one lane against the broker until it is told to stop."""

    def __init__(self, applier: Applier, *, amqp_url: str, batch_size: int, linger_seconds: float) -> None:
        self.applier = applier
        self.queue = applier.lane.queue
        self.progress = Progress(self.queue)
        self._amqp_url = amqp_url
        self._batch_size = min(batch_size, applier.lane.batch or batch_size)
        self._prefetch = self._batch_size * PREFETCH_BATCHES
        self._linger = linger_seconds
        self._breaker = Breaker(self._batch_size)
        self._in_hand: set[str] = set()  # of those that came again: who is written down as such by this process

    async def run(self, stop: asyncio.Event) -> None:
        """Consume until `stop`, through every outage of broker and database."""
        while not stop.is_set():
            try:
                await self._session(stop)
            except asyncio.CancelledError:
                raise
            except Exception as error:
                log.warning("lane_interrupted", queue=self.queue, error=type(error).__name__)
            self.progress.consuming = False
            self.progress.waiting = 0  # what was in hand goes to whoever consumes this queue next
            metrics.LANE_OPEN.labels(self.queue).set(0)
            if not stop.is_set():
                await _wait(stop, PROBE_SECONDS)

    async def _probe(self, stop: asyncio.Event) -> bool:
        """Wait until the database answers; False when told to stop first."""
        while not stop.is_set():
            try:
                await self.applier.pool.fetchval("select 1", timeout=PROBE_SECONDS * 2)
            except Exception:
                await _wait(stop, PROBE_SECONDS)
            else:
                return True
        return False

    async def _session(self, stop: asyncio.Event) -> None:
        if not await self._probe(stop):
            return
        if self._breaker.open:
            self._breaker.reset()
        connection = await open_connection(self._amqp_url, f"peduli-{self.queue}")
        try:
            channel = await open_channel(connection, confirms=False)
            await channel.basic_qos(prefetch_count=self._prefetch)
            buffer: asyncio.Queue[Delivery | None] = asyncio.Queue()
            hand = Hand()

            def receive(message: aiormq.abc.DeliveredMessage) -> None:
                delivery = delivery_of(message)
                hand.received = delivery.tag
                buffer.put_nowait(delivery)

            tag = await channel.consume(self.queue, receive)
            self.progress.consuming = True
            metrics.LANE_OPEN.labels(self.queue).set(1)
            for closing in (channel.closing, connection.closing):
                closing.add_done_callback(lambda _: buffer.put_nowait(None))
            stopper = asyncio.create_task(self._cancel(stop, channel, tag, buffer, hand))
            try:
                await self._consume(channel, buffer, stop, hand)
                if (
                    not channel.is_closed
                ):  # an answer from the queue: it has our last acknowledgement, nothing comes again
                    await channel.queue_declare(self.queue, passive=True)
            finally:
                stopper.cancel()
        finally:
            await connection.close()

    async def _cancel(
        self,
        stop: asyncio.Event,
        channel: aiormq.abc.AbstractChannel,
        tag: str,
        buffer: asyncio.Queue[Delivery | None],
        hand: Hand,
    ) -> None:
        """On `stop`: no new messages, then the end mark behind those in hand, so that none is delivered twice."""
        await stop.wait()
        try:
            await self._calm(channel, hand)
            await channel.basic_cancel(tag)
        finally:
            hand.is_last.set()
            buffer.put_nowait(None)

    async def _calm(self, channel: aiormq.abc.AbstractChannel, hand: Hand) -> None:
        """Wait until no delivery is on its way: a quorum queue would drop it at the cancel, and give it again later.

        Nothing is acknowledged meanwhile, so the broker has no more to give once the prefetch is full. Where messages
        go on coming one by one it never is: the few that are under way then do come again.
        """
        clock = asyncio.get_running_loop().time
        ends, seen, since = clock() + HURRY_SECONDS, hand.received, clock()
        while hand.received - hand.acknowledged < self._prefetch and clock() < ends:
            await channel.queue_declare(self.queue, passive=True)  # as slow as the broker is
            await asyncio.sleep(CALM_SECONDS / 4)
            if hand.received != seen:
                seen, since = hand.received, clock()
            elif clock() - since >= CALM_SECONDS:
                return

    async def _consume(
        self,
        channel: aiormq.abc.AbstractChannel,
        buffer: asyncio.Queue[Delivery | None],
        stop: asyncio.Event,
        hand: Hand,
    ) -> None:
        ended = False
        while not ended:
            batch, ended = await self._collect(buffer)
            if not batch:
                continue
            if channel.is_closed:
                return
            self.progress.waiting = len(batch) + buffer.qsize()
            with metrics.BATCH_SECONDS.labels(self.queue).time():
                settled = await self._settle(batch, stop)
            if not settled:
                return
            if stop.is_set():
                await hand.is_last.wait()
            await channel.basic_ack(batch[-1].tag, multiple=True)
            hand.acknowledged = batch[-1].tag
            self.progress.waiting = buffer.qsize()
            self.progress.moved()
            await self._rest(self.applier.lane.rest(len(batch)), stop)

    async def _rest(self, seconds: float, stop: asyncio.Event) -> None:
        """Let a limit pass; what comes meanwhile waits in the queue, and is refused when that is full."""
        while seconds > 0 and not stop.is_set():
            await _wait(stop, min(seconds, REST_SECONDS))
            seconds -= REST_SECONDS
            self.progress.moved()  # to rest is not to be stuck

    async def _collect(self, buffer: asyncio.Queue[Delivery | None]) -> tuple[list[Delivery], bool]:
        """At most a batch; quiet for the linger ends it sooner. True: the session ends behind it."""
        first = await buffer.get()
        if first is None:
            return [], True
        batch = [first]
        clock = asyncio.get_running_loop().time
        deadline = clock() + self._linger * LINGERS
        while len(batch) < self._breaker.size:
            try:
                item = (
                    buffer.get_nowait()
                    if not buffer.empty()
                    else await asyncio.wait_for(buffer.get(), min(self._linger, max(0.0, deadline - clock())))
                )
            except TimeoutError:
                break
            if item is None:
                return batch, True
            batch.append(item)
        return batch, False

    async def _settle(self, batch: Sequence[Delivery], stop: asyncio.Event) -> bool:
        """Apply a batch, trying again through short troubles; False when the breaker opened."""
        while True:
            try:
                await self._apply(batch)
            except Exception as error:
                if not is_transient(error):
                    raise
                self._breaker.failed()
                log.warning("batch_retried", queue=self.queue, error=type(error).__name__)
                if self._breaker.open:
                    return False
                await asyncio.sleep(0.2)
            else:
                self._breaker.succeeded()
                return True

    async def _apply(self, batch: Sequence[Delivery]) -> None:
        again = [delivery.key for delivery in batch if delivery.redelivered and delivery.key]
        metrics.EVENTS_REDELIVERED.labels(self.queue).inc(len(again))
        rows = again and await inbox.queries.load_deliveries(self.applier.pool, queue=self.queue, events=again)
        # what this process itself has written down is no death
        attempts = {row["event"]: row["attempts"] - (row["event"] in self._in_hand) for row in rows}
        for group in suspects.groups(batch, lambda delivery: attempts.get(delivery.key, 0)):
            await self._apply_group(group, attempts)

    async def _apply_group(self, group: Sequence[Delivery], attempts: Mapping[str, int]) -> None:
        """Some that may have killed their process, written down before; the worst is parked unread."""
        pool, again = self.applier.pool, sorted({each.key for each in group if each.redelivered and each.key})
        if not again:
            await self.applier.apply([delivery.message for delivery in group])
            return
        if attempts.get(group[0].key, 0) >= suspects.PARK_AFTER:
            await self.applier.park(group[0].message, parking.KILLS)
        else:
            noted = [event for event in again if event not in self._in_hand]
            await inbox.queries.note_in_hand(pool, queue=self.queue, events=noted)
            self._in_hand.update(noted)
            await self.applier.apply([delivery.message for delivery in group])
        # done, and so innocent, should the process die later in this batch
        await inbox.queries.delete_deliveries(pool, queue=self.queue, events=again)
        self._in_hand.difference_update(again)


def delivery_of(message: aiormq.abc.DeliveredMessage) -> Delivery:
    """The broker's message as ours."""
    properties = message.header.properties
    delivery = message.delivery
    if not isinstance(delivery, Basic.Deliver) or delivery.delivery_tag is None:
        raise TypeError("only pushed messages are consumed")
    return Delivery(
        tag=delivery.delivery_tag,
        redelivered=bool(delivery.redelivered),
        message=read(str(delivery.routing_key), dict(properties.headers or {}), properties.content_type, message.body),
    )


async def _wait(stop: asyncio.Event, seconds: float) -> None:
    try:
        await asyncio.wait_for(stop.wait(), seconds)
    except TimeoutError:
        return

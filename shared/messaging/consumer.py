"""The batch lane: one queue, one connection, one transaction per batch (messaging.md §5).

A lane takes what has arrived, claims it in the inbox, calls the handler once with all of it, commits, and then
acknowledges all with one frame. It alone knows of retries, bisection and parking; handlers know of none of it.
"""

from __future__ import annotations

import asyncio
from collections.abc import Awaitable, Callable, Sequence
from dataclasses import dataclass

import aiormq
import aiormq.abc
import structlog
from pamqp.commands import Basic

from shared.clock import now
from shared.contracts import envelope
from shared.contracts.envelope import Envelope
from shared.database.pool import Pool, Transaction
from shared.database.transient import is_transient
from shared.messaging import inbox, parking
from shared.messaging.breaker import Breaker
from shared.messaging.connection import open_channel, open_connection
from shared.messaging.parking import Message
from shared.observability import metrics
from shared.observability.health import Progress

Handler = Callable[[Transaction, Sequence[Envelope]], Awaitable[None]]
log = structlog.get_logger()

PREFETCH_BATCHES = 2  # one in work, one behind it: with messages of 64 KiB that is 128 MB a lane
LINGERS = 20  # while messages stream in, waiting for a full batch costs less than another transaction
PROBE_SECONDS = 1.0
ALONE_AFTER, PARK_AFTER = 2, 5  # on a quiet queue a message is alone by nature, and a process may die of other things
REST_SECONDS = 5.0


@dataclass(frozen=True)
class Lane:
    """One queue and what to do with it. `ordered` lanes apply each aggregate's versions 1, 2, 3 …

    Events that it does not serve are parked, and tried again: their city may be loaded in a moment. A lane with a
    limit says how many seconds it has to `rest` after so many messages, and takes at most `batch` at once. `own` gives
    an event the identity under which it is claimed: a sender must not be able to use up that of another. An unordered
    lane may have several `consumers`: while one batch waits for the database, the next is already thought about.
    """

    queue: str
    handle: Handler
    ordered: bool
    serves: Callable[[Envelope], bool] = lambda _: True
    own: Callable[[Envelope], Envelope] = lambda event: event
    rest: Callable[[int], float] = lambda _: 0.0
    batch: int | None = None
    consumers: int = 1


@dataclass(frozen=True)
class Delivery:
    """A message in hand; `tag` is valid on its channel only."""

    tag: int
    redelivered: bool
    message: Message

    @property
    def key(self) -> str:
        return self.message.envelope.identity if self.message.envelope else ""


class Applier:
    """Applies messages to the database: the part of a lane that knows no broker; the parked ones come here too."""

    def __init__(self, lane: Lane, pool: Pool, seal_key: bytes) -> None:
        self.lane = lane
        self.pool = pool
        self.seal_key = seal_key

    async def apply(self, messages: Sequence[Message]) -> None:
        """Commit the effect of all, or park what fails by itself. Raises only what heals by itself (transient)."""
        try:
            await self._commit(messages)
        except Exception as error:
            if is_transient(error):
                raise
            if len(messages) == 1:
                await self.park(messages[0], reason_of(error))
                return
            middle = len(messages) // 2
            await self.apply(messages[:middle])
            await self.apply(messages[middle:])

    async def _commit(self, messages: Sequence[Message]) -> None:
        async with self.pool.acquire() as connection, connection.transaction():
            faults = [(message, fault) for message in messages if (fault := self.fault(message))]
            faulty = {id(message) for message, _ in faults}
            waiting = await self.effect(connection, [m for m in messages if id(m) not in faulty])
            aside = faults + [(message, parking.WAITING) for message in waiting]
            await parking.park(connection, self.lane.queue, aside, seal_key=self.seal_key, now=now())
        for _, reason in aside:
            metrics.EVENTS_PARKED.labels(self.lane.queue, reason).inc()

    def fault(self, message: Message) -> str:
        """Why a message cannot even be handled here; empty when it can."""
        if message.envelope is None:
            return message.fault
        return "" if self.lane.serves(message.envelope) else parking.UNKNOWN_CITY

    async def effect(self, tx: Transaction, messages: Sequence[Message]) -> list[Message]:
        """Claim and handle readable messages in `tx`; returns those that wait for an earlier version."""
        events = [message.envelope for message in messages if message.envelope is not None]
        if not events:
            return []
        waiting: list[Message] = []
        if self.lane.ordered:  # by `id` of the envelope, so these are claimed as they are
            fresh, found = await inbox.claim_in_order(tx, self.lane.queue, events)
            early = {id(event) for event in found.waiting}
            waiting = [message for message in messages if id(message.envelope) in early]
        else:
            fresh = await inbox.claim(tx, [self.lane.own(event) for event in events])
        if fresh:
            await self.lane.handle(tx, fresh)
            if self.lane.ordered:
                await parking.queries.wake_waiting(tx, aggregates=sorted({event.aggregate for event in fresh}))
        metrics.EVENTS_APPLIED.labels(self.lane.queue).inc(len(fresh))
        metrics.EVENTS_REPEATED.labels(self.lane.queue).inc(len(events) - len(fresh) - len(waiting))
        return waiting

    async def park(self, message: Message, reason: str) -> None:
        """Set one message aside by itself."""
        async with self.pool.acquire() as connection, connection.transaction():
            await parking.park(connection, self.lane.queue, [(message, reason)], seal_key=self.seal_key, now=now())
        metrics.EVENTS_PARKED.labels(self.lane.queue, reason).inc()
        log.warning("message_parked", queue=self.lane.queue, reason=reason)


class Consumer:
    """Runs one lane against the broker until it is told to stop."""

    def __init__(self, applier: Applier, *, amqp_url: str, batch_size: int, linger_seconds: float) -> None:
        self.applier = applier
        self.queue = applier.lane.queue
        self.progress = Progress(self.queue)
        self._amqp_url = amqp_url
        self._batch_size = min(batch_size, applier.lane.batch or batch_size)
        self._linger = linger_seconds
        self._breaker = Breaker(self._batch_size)

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
            await channel.basic_qos(prefetch_count=self._batch_size * PREFETCH_BATCHES)
            buffer: asyncio.Queue[Delivery | None] = asyncio.Queue()

            tag = await channel.consume(self.queue, lambda message: buffer.put_nowait(delivery_of(message)))
            self.progress.consuming = True
            metrics.LANE_OPEN.labels(self.queue).set(1)
            for closing in (channel.closing, connection.closing):
                closing.add_done_callback(lambda _: buffer.put_nowait(None))
            stopper = asyncio.create_task(self._cancel(stop, channel, tag, buffer))
            try:
                await self._consume(channel, buffer, stop)
                if (
                    not channel.is_closed
                ):  # an answer from the queue: it has our last acknowledgement, nothing comes again
                    await channel.queue_declare(self.queue, passive=True)
            finally:
                stopper.cancel()
        finally:
            await connection.close()

    async def _cancel(
        self, stop: asyncio.Event, channel: aiormq.abc.AbstractChannel, tag: str, buffer: asyncio.Queue[Delivery | None]
    ) -> None:
        """On `stop`: no new messages, then the end mark behind those in hand, so that none is delivered twice."""
        await stop.wait()
        await channel.basic_cancel(tag)
        await channel.queue_declare(self.queue, passive=True)  # behind all that the queue had on its way to us
        buffer.put_nowait(None)

    async def _consume(
        self, channel: aiormq.abc.AbstractChannel, buffer: asyncio.Queue[Delivery | None], stop: asyncio.Event
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
            await channel.basic_ack(batch[-1].tag, multiple=True)
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
        again = [delivery for delivery in batch if delivery.redelivered and delivery.key]
        if not again:
            await self.applier.apply([delivery.message for delivery in batch])
            return
        metrics.EVENTS_REDELIVERED.labels(self.queue).inc(len(again))
        counts = await self._note_redelivered(again)
        together: list[Message] = []
        for delivery in batch:
            attempts, alone = counts.get(delivery.key, (0, 0))
            if attempts < ALONE_AFTER:
                together.append(delivery.message)
                continue
            if together:
                await self.applier.apply(together)
                together = []
            await self._apply_alone(delivery, alone)
        if together:
            await self.applier.apply(together)
        await inbox.queries.delete_redelivered(
            self.applier.pool, queue=self.queue, events=[delivery.key for delivery in again]
        )

    async def _note_redelivered(self, again: Sequence[Delivery]) -> dict[str, tuple[int, int]]:
        keys = sorted({delivery.key for delivery in again})
        rows = await inbox.queries.note_redelivered(self.applier.pool, queue=self.queue, events=keys)
        return {row["event"]: (row["attempts"], row["alone"]) for row in rows}

    async def _apply_alone(self, delivery: Delivery, alone: int) -> None:
        """A message that may kill its process: its try is written down before; after three it is parked unread."""
        if alone >= PARK_AFTER:
            await self.applier.park(delivery.message, parking.KILLS)
            return
        await inbox.queries.note_alone(self.applier.pool, queue=self.queue, event=delivery.key)
        await self.applier.apply([delivery.message])
        # done, and so innocent, should the process die later in this batch
        await inbox.queries.delete_redelivered(self.applier.pool, queue=self.queue, events=[delivery.key])


def reason_of(error: Exception) -> str:
    """Why a message was parked, without its values: the error's kind, and the constraint that it broke."""
    constraint = getattr(error, "constraint_name", None)
    return f"{type(error).__name__}{': ' + constraint if constraint else ''}"


def read(routing_key: str, headers: dict[str, object], content_type: str | None, body: bytes) -> Message:
    """A message, read if it can be; never raises."""
    try:
        found = envelope.read(headers, content_type, body, routing_key)
    except Exception as error:
        fault = parking.WRONG_TENANT if isinstance(error, envelope.TenantError) else parking.UNREADABLE
        return Message(routing_key, headers, content_type, body, fault=fault)
    return Message(routing_key, headers, content_type, body, found)


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

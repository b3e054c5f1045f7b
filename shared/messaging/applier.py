"""What a lane is, and how its messages come into the database: claimed, handled, or parked. It knows no broker."""

from __future__ import annotations

import re
from collections.abc import Awaitable, Callable, Sequence
from dataclasses import dataclass

import structlog

from shared.clock import now
from shared.contracts import envelope
from shared.contracts.envelope import Envelope
from shared.database.pool import Pool, Transaction
from shared.database.transient import is_transient
from shared.messaging import inbox, parking
from shared.messaging.parking import Message
from shared.observability import metrics

Handler = Callable[[Transaction, Sequence[Envelope]], Awaitable[None]]
log = structlog.get_logger()
_UUID = re.compile(r"[0-9a-f]{8}(-[0-9a-f]{4}){3}-[0-9a-f]{12}", re.IGNORECASE)


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


class Applier:
    """Applies messages to the database; the parked ones that are tried again come here too."""

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
        for message, reason in aside:
            self._tell(message, reason)

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
        self._tell(message, reason)

    def _tell(self, message: Message, reason: str) -> None:
        metrics.EVENTS_PARKED.labels(self.lane.queue, reason).inc()
        if reason != parking.WAITING:  # it goes on by itself, in a moment
            log.warning("message_parked", queue=self.lane.queue, reason=reason, **ids_of(message))


def ids_of(message: Message) -> dict[str, object]:
    """How a message is named in a log: by its ids, if they are any. Others give theirs, and could name a person."""
    if message.envelope is None:
        return {}
    event_id, correlation = message.envelope.event_id, message.envelope.correlation_id
    found: dict[str, object] = {"event_id": event_id} if _UUID.fullmatch(event_id) else {}
    return found | ({"correlation": [correlation]} if _UUID.fullmatch(correlation) else {})


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

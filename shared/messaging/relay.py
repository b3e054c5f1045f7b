"""The relay: publishes the outbox in order, one leader per schema (messaging.md §4)."""

from __future__ import annotations

import asyncio
from collections.abc import Sequence

import aiormq
import orjson
import structlog

from shared.database.pool import STATEMENT_SECONDS, Row, Transaction, connect
from shared.database.queries import load_queries
from shared.messaging import topology
from shared.messaging.channel import Channel, Message
from shared.messaging.connection import Connection, open_channel, open_connection
from shared.observability import metrics

queries = load_queries(str(__file__).replace("relay", "outbox"))
log = structlog.get_logger()

WINDOW = 500  # events published before their confirms are awaited
CONFIRM_SECONDS = 5.0
BUSY_SECONDS = 0.05  # company comes meanwhile: a window costs as much as forty events
IDLE_SECONDS, RETRY_SECONDS = 0.5, 1.0
FROZEN_SECONDS = 20.0  # then another may lead: by then the broker has long closed the line of one who sent no heartbeat
REFUSALS = 2  # times that one event must be refused by itself before it is quarantined


class Relay:
    """Publishes what `outbox.append` wrote. Any number may run; one leads, by advisory lock."""

    def __init__(
        self, *, database_url: str, schema: str, amqp_url: str, statement_seconds: float = STATEMENT_SECONDS
    ) -> None:
        self._database_url = database_url
        self._schema = schema
        self._amqp_url = amqp_url
        self._statement_seconds = statement_seconds
        self._window = WINDOW
        self._refused: dict[int, int] = {}

    async def run(self, stop: asyncio.Event) -> None:
        """Lead, or wait to lead, until `stop`; every failure ends in a new connection, never in a lost event."""
        while not stop.is_set():
            try:
                await self._session(stop)
            except asyncio.CancelledError:
                raise
            except Exception as error:
                log.warning("relay_interrupted", service=self._schema, error=type(error).__name__)
                await _pause(stop, RETRY_SECONDS)

    async def _session(self, stop: asyncio.Event) -> None:
        database = await connect(
            self._database_url,
            self._schema,
            statement_seconds=self._statement_seconds,
            silent_seconds=FROZEN_SECONDS,
        )
        broker: Connection | None = None
        try:
            await queries.relax_commits(database)
            while not await queries.claim_leadership(database):
                if await _pause(stop, RETRY_SECONDS):
                    return
            broker = await open_connection(self._amqp_url, f"peduli-{self._schema}-relay")
            channel = await open_channel(broker, confirms=True)
            idle = 0.0
            while not stop.is_set():
                rows = await queries.list_unpublished(database, size=self._window)
                if channel.is_closed:
                    channel = await open_channel(broker, confirms=True)
                confirmed = await self._publish(database, channel, rows) if rows else 0
                if confirmed < len(rows):
                    idle = RETRY_SECONDS
                else:
                    idle = (
                        0.0
                        if len(rows) == self._window
                        else BUSY_SECONDS
                        if rows
                        else min(idle + BUSY_SECONDS, IDLE_SECONDS)
                    )
                await _pause(stop, idle)
        finally:
            database.terminate()
            if broker is not None:
                await broker.close()

    async def _publish(self, database: Transaction, channel: Channel, rows: Sequence[Row]) -> int:
        window = channel.publish(topology.EVENTS, [message_of(row) for row in rows])
        error: Exception | None = None
        try:
            await asyncio.wait_for(window.settled, CONFIRM_SECONDS)  # one deadline for the window
        except Exception as failure:
            error = failure
        confirmed = window.confirmed
        if confirmed:
            await queries.delete_published(database, seqs=[row["seq"] for row in rows[:confirmed]])
            metrics.EVENTS_PUBLISHED.labels(self._schema).inc(confirmed)
        if error is None:
            self._window = min(self._window * 2, WINDOW)
            return confirmed
        await self._refusal(database, rows[confirmed]["seq"], error, sent=len(rows))
        if isinstance(error, TimeoutError):  # no answer in time: no word on this line helps
            raise error
        if not channel.is_closed:
            await channel.close()
        return confirmed

    async def _refusal(self, database: Transaction, seq: int, error: Exception, *, sent: int) -> None:
        """Halve what was sent until one event stands alone; refused twice by itself, it is set aside."""
        log.warning("publish_refused", service=self._schema, seq=seq, error=type(error).__name__)
        if not isinstance(error, aiormq.exceptions.ChannelClosed):
            return  # back-pressure, a time-out or a lost connection: nobody's fault, try again
        self._window = max(1, sent // 2)
        if sent > 1:
            return
        self._refused[seq] = self._refused.get(seq, 0) + 1
        if self._refused[seq] >= REFUSALS:
            await queries.save_quarantined(database, seq=seq)
            log.error("event_quarantined", service=self._schema, seq=seq)


def message_of(row: Row) -> Message:
    """A row of the outbox as it is published."""
    return Message(row["routing_key"], str(row["event_id"]), orjson.loads(row["headers"]), row["body"])


async def _pause(stop: asyncio.Event, seconds: float) -> bool:
    """Sleep, but wake at once for `stop`; True when it came."""
    try:
        await asyncio.wait_for(stop.wait(), seconds)
    except TimeoutError:
        return False
    return True

"""A lane without a service: messages about things that happen, and a handler that notes what it was given."""

from __future__ import annotations

import asyncio
from collections.abc import Sequence

import aio_pika

from shared.contracts.envelope import Envelope
from shared.database.pool import Pool, Transaction
from shared.messaging.applier import read
from shared.messaging.parking import Message
from tests.support.publish import message

QUEUE = "reporting.events.0"
KEY = "3276.thing.happened.v1"


class Effect:
    """A handler that writes down what it was given, and fails where it is told to."""

    def __init__(self, *, fails_on: str = "", hangs_on: str = "") -> None:
        self.fails_on = fails_on
        self.hangs_on = hangs_on
        self.error: Exception = ValueError("poison")
        self.seen: list[str] = []
        self.batches: list[int] = []

    async def __call__(self, tx: Transaction, events: Sequence[Envelope]) -> None:
        if any(event.event_id == self.fails_on for event in events):
            raise self.error
        if any(event.event_id == self.hangs_on for event in events):
            await asyncio.Event().wait()
        self.seen += [event.event_id for event in events]
        self.batches.append(len(events))

    async def count(self) -> int:
        return len(self.seen)


def event(event_id: str, aggregate: str = "", version: int = 0) -> aio_pika.Message:
    """Something that happened, as a publisher sends it."""
    return message({"n": event_id}, "thing.happened", ce_id=event_id, ce_aggregate=aggregate, ce_version=str(version))


def arrived(event_id: str, aggregate: str = "", version: int = 0, key: str = KEY) -> Message:
    """The same, as a lane has it in hand."""
    sent = event(event_id, aggregate, version)
    return read(key, dict(sent.headers), sent.content_type, sent.body)


async def send(amqp_url: str, messages: Sequence[aio_pika.Message]) -> None:
    """Put messages into the lane's queue, past every exchange."""
    connection = await aio_pika.connect(amqp_url)
    async with connection:
        channel = await connection.channel()
        for item in messages:
            await channel.default_exchange.publish(item, QUEUE)


async def parked(pool: Pool) -> list[tuple[str, str]]:
    """What is parked now: event ids and reasons."""
    rows = await pool.fetch("select event, reason from parked where state = 'parked' order by event")
    return [(row["event"].split("|")[2], row["reason"]) for row in rows]

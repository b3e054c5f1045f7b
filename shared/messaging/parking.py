"""Parked messages: what could not be applied waits where a person can see it (messaging.md §1.5, §5.5)."""

from __future__ import annotations

import random
import re
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from uuid import UUID

import orjson

from shared.contracts.envelope import Envelope
from shared.database.pool import Row, Transaction
from shared.database.queries import load_queries
from shared.errors import PeduliError
from shared.ids import new_id
from shared.messaging import inbox, topology
from shared.privacy import seal, unseal

queries = load_queries(__file__)

_NUL = re.compile(r"(?<!\\)((?:\\\\)*)\\u0000")  # an escaped NUL, but not a backslash that is itself escaped
SCHEDULE_SECONDS = (10, 60, 300, 1800, 7200, 43200)
WAITING = "WAITING_FOR_VERSION"
UNREADABLE = "UNREADABLE"
WRONG_TENANT = "WRONG_TENANT"
UNKNOWN_CITY = "UNKNOWN_CITY"
KILLS = "KILLS_ITS_PROCESS"
DEAD_LETTERED = "DEAD_LETTERED"


class ParkedError(PeduliError):
    """No parked message has this id."""


class EarlierMissingError(PeduliError):
    """An earlier event of the same aggregate is not applied yet: it would be ignored when it comes."""


@dataclass(frozen=True)
class Message:
    """A message as it came. `envelope` is None when it could not be read, for the reason `fault`."""

    routing_key: str
    headers: dict[str, object]
    content_type: str | None
    body: bytes
    envelope: Envelope | None = None
    fault: str = UNREADABLE


def next_try(attempts: int, now: datetime, seed: str) -> datetime | None:
    """When to try again after `attempts` failed tries: 10 s to 12 h with up to 20 % jitter, then never (None)."""
    if attempts >= len(SCHEDULE_SECONDS):
        return None
    jitter = 1 + random.Random(f"{seed}{attempts}").random() / 5  # noqa: S311 - spreads tries, guards nothing
    return now + timedelta(seconds=SCHEDULE_SECONDS[attempts] * jitter)


def first_try(reason: str, now: datetime, seed: str) -> datetime | None:
    """When a message parked for `reason` is tried: what cannot change by itself waits for a person."""
    if reason in (UNREADABLE, WRONG_TENANT, KILLS, DEAD_LETTERED):
        return None
    return now + timedelta(seconds=2) if reason == WAITING else next_try(0, now, seed)


async def park(
    tx: Transaction, queue: str, messages: Sequence[tuple[Message, str]], *, seal_key: bytes, now: datetime
) -> None:
    """Set (message, reason) pairs aside, bodies sealed."""
    if not messages:
        return
    ids = [new_id() for _ in messages]
    envelopes = [message.envelope for message, _ in messages]
    await queries.append_parked(
        tx,
        parked_ids=ids,
        queues=[queue] * len(ids),
        events=[envelope.identity if envelope else None for envelope in envelopes],
        aggregates=[envelope.aggregate or None if envelope else None for envelope in envelopes],
        versions=[envelope.version if envelope else None for envelope in envelopes],
        reasons=[reason for _, reason in messages],
        routing_keys=[message.routing_key.replace("\x00", "") for message, _ in messages],
        headers=[_json(message.headers) for message, _ in messages],
        content_types=[(message.content_type or "").replace("\x00", "") or None for message, _ in messages],
        bodies=[
            seal(seal_key, message.body, bound_to=str(parked_id))
            for parked_id, (message, _) in zip(ids, messages, strict=True)
        ],
        retry_ats=[
            first_try(reason, now, str(parked_id)) for parked_id, (_, reason) in zip(ids, messages, strict=True)
        ],
    )


def reopen(row: Row, seal_key: bytes) -> Message:
    """The message of a parked row, as it came."""
    body = unseal(seal_key, row["body"], bound_to=str(row["parked_id"]))
    return Message(row["routing_key"], orjson.loads(row["headers"]), row["content_type"], body)


async def retry(tx: Transaction, parked_id: UUID, note: str) -> None:
    """Try a parked message again at once; raises `ParkedError` when there is none."""
    if (await queries.save_retry(tx, parked_id=parked_id, note=note)) == "UPDATE 0":
        raise ParkedError(hint="`peduli parked list` shows the ids")


async def discard(tx: Transaction, parked_id: UUID, note: str) -> None:
    """Give a parked message up; in an ordered lane its aggregate goes on behind it.

    Raises `ParkedError` when there is none, and `EarlierMissingError` when it is not this event's turn yet.
    """
    queue = await queries.find_queue(tx, parked_id=parked_id)
    if queue is None:
        raise ParkedError(hint="`peduli parked list` shows the ids")
    ordered = topology.is_ordered(queue)
    if ordered:  # the lane's lock first, then its rows, as the lane does: nobody waits crosswise
        await inbox.queries.claim_queue(tx, queue=queue)
    row = await queries.save_discarded(tx, parked_id=parked_id, note=note)
    if row is None:
        raise ParkedError(hint="it was settled a moment ago")
    if ordered and row["aggregate"] and row["version"]:
        await _skip(tx, row["aggregate"], row["version"])


async def _skip(tx: Transaction, aggregate: str, version: int) -> None:
    """Let an aggregate go on behind the version whose turn it is; one that it has reached already changes nothing."""
    rows = await inbox.queries.load_versions(tx, aggregates=[aggregate])
    due = (rows[0]["version"] if rows else 0) + 1
    if version > due:
        raise EarlierMissingError(
            hint=f"version {due} of {aggregate} comes first, and this one is {version}: it goes on by itself when the "
            "earlier ones are applied; where one of those is parked, retry or discard that one"
        )
    if version == due:
        await inbox.queries.save_versions(tx, aggregates=[aggregate], versions=[version])
        await queries.wake_waiting(tx, aggregates=[aggregate])


def _json(headers: dict[str, object]) -> str:
    """Headers as JSON text; a broker's own types become text. Never raises: what is set aside must not come back.

    Postgres refuses NUL, so that goes; headers that are no JSON at all (nested a thousand deep) are left out.
    """
    try:
        text = orjson.dumps(headers, default=str, option=orjson.OPT_NON_STR_KEYS).decode()
    except (TypeError, RecursionError):
        return "{}"
    return _NUL.sub(r"\1", text)

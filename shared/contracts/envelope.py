"""CloudEvents 1.0 over AMQP and HTTP: attributes in `ce-*` headers (binary) or in the body (structured)."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import UTC, datetime
from typing import Any, NamedTuple
from uuid import UUID

import orjson

from shared.errors import PeduliError

TYPE_PREFIX = "id.go.depok.peduli."
MAX_BODY_BYTES = 64 * 1024
MAX_ATTRIBUTE = 250  # characters; two of them make a key, which Postgres cannot index beyond 2,704 bytes
MAX_VERSION = 2**31 - 1
STRUCTURED = "application/cloudevents+json"
BATCH = "application/cloudevents-batch+json"
STAMP = "timestamp_in_ms"  # the header in which a broker that is told to writes when a message came
_REQUIRED = ("specversion", "id", "type", "source")
_KEPT = ("id", "type", "source", "tenant", "aggregate", "correlationid")


class EnvelopeError(PeduliError):
    """The message is no CloudEvent that we can read."""


class TenantError(EnvelopeError):
    """The attribute ce-tenant names another city than the routing key."""


@dataclass(frozen=True)
class Envelope:
    """One event as it travels. Identity is (`source`, `event_id`) inside a city; `aggregate` and `version` order it.

    `time` is the sender's word; `stamped_at` the broker's, where it writes one, and else whatever the sender wrote.
    """

    event_id: str
    type: str
    source: str
    tenant: str
    aggregate: str
    version: int
    correlation_id: str
    time: datetime | None
    data: dict[str, Any]
    stamped_at: datetime | None = None

    @property
    def identity(self) -> str:
        """The CloudEvents identity inside its city, as one string."""
        return identity_of(self.tenant, self.source, self.event_id)


class Outgoing(NamedTuple):  # a tuple is made in a third of the time, and there is one an event
    """An event that a use case decided; the outbox gives it a row in the same transaction."""

    event_id: UUID
    type: str
    tenant: str
    aggregate: str
    version: int
    correlation_id: str
    occurred_at: datetime
    body: bytes
    place: str = ""

    @property
    def routing_key(self) -> str:
        """`<tenant>.<aggregate>.<past tense>.v<major>`, tasks with their place behind it."""
        return f"{self.tenant}.{self.type}{'.' + self.place if self.place else ''}"

    def headers(self, source: str) -> dict[str, str]:
        """The `ce-*` headers of binary mode."""
        return {
            "ce-specversion": "1.0",
            "ce-id": str(self.event_id),
            "ce-type": TYPE_PREFIX + self.type,
            "ce-source": source,
            "ce-time": self.occurred_at.isoformat(),
            "ce-subject": self.aggregate,
            "ce-tenant": self.tenant,
            "ce-aggregate": self.aggregate,
            "ce-version": str(self.version),
            "ce-correlationid": self.correlation_id,
        }


def identity_of(tenant: str, source: str, event_id: str) -> str:
    """What names an event for ever: two cities may have sources of one name."""
    return f"{tenant}|{source}|{event_id}"


def read(headers: Mapping[str, object], content_type: str | None, body: bytes, routing_key: str) -> Envelope:
    """Decode a message of either mode; raises `EnvelopeError` with what is wrong. Invents nothing.

    The city is the first word of the routing key, because that is what the broker's permissions guard.
    """
    if len(body) > MAX_BODY_BYTES:
        raise EnvelopeError("the body is larger than 64 KiB")
    try:
        parsed: Any = orjson.loads(body)
    except orjson.JSONDecodeError as error:
        raise EnvelopeError("the body is not JSON") from error
    tenant = routing_key.partition(".")[0]
    stamped_at = _moment_of(headers.get(STAMP))
    if (content_type or "").partition(";")[0].strip().lower() == STRUCTURED:  # a charset may stand behind it
        return read_structured(parsed, tenant, stamped_at)
    return _envelope({k[3:]: v for k, v in headers.items() if k.startswith("ce-")}, parsed, tenant, stamped_at)


def read_structured(event: Any, tenant: str, stamped_at: datetime | None = None) -> Envelope:
    """An event whose attributes and data are one JSON object; raises `EnvelopeError`."""
    if not isinstance(event, dict):
        raise EnvelopeError("a structured event is a JSON object")
    return _envelope({k: v for k, v in event.items() if k != "data"}, event.get("data"), tenant, stamped_at)


def _moment_of(milliseconds: object) -> datetime | None:
    """The moment of a broker's stamp; None for what is none."""
    try:
        return datetime.fromtimestamp(milliseconds / 1000, UTC) if type(milliseconds) is int else None
    except (OverflowError, ValueError, OSError):
        return None


def _envelope(attributes: Mapping[str, object], data: Any, tenant: str, stamped_at: datetime | None) -> Envelope:
    if not isinstance(data, dict):
        raise EnvelopeError("the data is not a JSON object")
    for name in _REQUIRED:
        if not isinstance(attributes.get(name), str) or not attributes[name]:
            raise EnvelopeError(f"the attribute ce-{name} is missing")
    text = {k: str(v) for k, v in attributes.items()}
    if text["specversion"] != "1.0":
        raise EnvelopeError("only CloudEvents 1.0 is read")
    for name in _KEPT:
        if name in text and (len(text[name]) > MAX_ATTRIBUTE or "\x00" in text[name]):
            raise EnvelopeError(f"the attribute ce-{name} is too long, or has a NUL")
    if text.get("tenant", tenant) != tenant:
        raise TenantError
    try:
        version = int(text.get("version", "0"))
        time = datetime.fromisoformat(text["time"]) if "time" in text else None
    except ValueError as error:
        raise EnvelopeError("ce-version or ce-time does not parse") from error
    if not 0 <= version <= MAX_VERSION:
        raise EnvelopeError("ce-version is out of range")
    return Envelope(
        event_id=text["id"],
        type=text["type"].removeprefix(TYPE_PREFIX),
        source=text["source"],
        tenant=tenant,
        aggregate=text.get("aggregate", ""),
        version=version,
        correlation_id=text.get("correlationid", ""),
        time=time,
        data=data,
        stamped_at=stamped_at,
    )

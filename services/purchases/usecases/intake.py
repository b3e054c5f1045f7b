"""The one path of a submission, whichever door it came by: broker, HTTP, later a file and a page."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta
from typing import Any
from uuid import UUID

import orjson
import structlog

from services.purchases.domain.content import lines_of, posts_of, said
from services.purchases.domain.purchase import Decision, Kind, Purchase, decide
from services.purchases.domain.submission import plain_nip, read_submission
from services.purchases.store import purchases as store
from services.purchases.store.purchases import Stored, Submission
from shared.contracts.envelope import Outgoing
from shared.contracts.event import Event, outgoing
from shared.contracts.purchases import PurchaseCorrected, PurchaseRecorded, PurchaseRejected, PurchaseVoided
from shared.contracts.reasons import Reason
from shared.contracts.submissions import PurchaseSubmission, VoidSubmission
from shared.database.pool import Row, Transaction
from shared.ids import derived_id, new_id
from shared.messaging import outbox
from shared.privacy import keyed_hash, seal, unseal
from shared.reference.model import Reference

log = structlog.get_logger()

SOURCE = "/peduli/purchases"
KINDS: dict[str, Kind] = {
    "purchase.submitted.v1": "submitted",
    "purchase.correction_submitted.v1": "corrected",
    "purchase.void_submitted.v1": "voided",
}
WAIT = timedelta(hours=24)
KEEP_RAW = timedelta(days=30)


@dataclass(frozen=True)
class Keys:
    """Secrets of this service: of the buyer's keyed hash, and of what rests sealed."""

    hash_key: bytes
    seal_key: bytes


@dataclass(frozen=True)
class Incoming:
    """A submission as it came: `submission_id` is equal for a resend of the same message."""

    submission_id: UUID
    kind: Kind
    source: str
    raw: dict[str, Any]


@dataclass(frozen=True)
class Verdict:
    """The answer to one submission."""

    submission_id: UUID
    purchase_id: UUID | None
    reference: str
    outcome: str
    version: int
    reasons: tuple[Reason, ...] = ()


@dataclass
class _Batch:
    """What a batch has changed so far; saved at the end in a handful of statements."""

    tenant: str
    keys: Keys
    now: datetime
    states: dict[UUID, tuple[Purchase, bytes]]
    changed: dict[UUID, Stored] = field(default_factory=dict)
    submissions: list[Submission] = field(default_factory=list)
    events: list[Outgoing] = field(default_factory=list)


async def submit(
    tx: Transaction, incoming: Sequence[Incoming], *, reference: Reference, keys: Keys, now: datetime
) -> list[Verdict]:
    """Judge submissions in their order; saves state, answers and events in `tx`. One verdict each, in order."""
    read = [(item, _read(item, reference, now)) for item in incoming]
    ids = {item.submission_id: purchase_id(reference.tenant, item.source, _name(item.raw)) for item in incoming}
    wanted = sorted(set(ids.values()))
    states = await store.load(tx, wanted)
    waiting: dict[UUID, list[Row]] = {}
    for row in await store.list_waiting(tx, wanted):
        waiting.setdefault(row["purchase_id"], []).append(row)
    batch = _Batch(reference.tenant, keys, now, states)
    verdicts = []
    for item, content in read:
        identity = ids[item.submission_id]
        verdict = _judge(batch, item, identity, content)
        verdicts.append(verdict)
        for row in waiting.pop(identity, []) if verdict.outcome == "recorded" else []:
            early = _reopen(row, keys)
            _judge(batch, early, identity, _read(early, reference, now))
        if verdict.outcome == "recorded":
            _judge_early_of_this_batch(batch, read, identity)
    await store.save(tx, list(batch.changed.values()), batch.submissions)
    await outbox.append(tx, batch.events, source=SOURCE)
    return verdicts


async def expire_waiting(tx: Transaction, *, tenant: str, keys: Keys, now: datetime) -> int:
    """Reject corrections and voids whose purchase did not come in 24 hours; drop raw bodies older than 30 days."""
    batch = _Batch(tenant, keys, now, {})
    for row in await store.list_overdue(tx, now - WAIT):
        item = _reopen(row, keys)
        _refuse(batch, item, row["purchase_id"], [Reason.of("PURCHASE_NOT_FOUND", "reference")])
    await store.save(tx, [], batch.submissions)
    await outbox.append(tx, batch.events, source=SOURCE)
    await store.queries.delete_old_raws(tx, before=now - KEEP_RAW)
    return len(batch.submissions)


def purchase_id(tenant: str, source: str, reference: str) -> UUID:
    """The id of the purchase that (source, reference) names, the same for ever and through every door."""
    return derived_id("purchase", tenant, source, reference)


def submission_id(source: str, event_id: str) -> UUID:
    """The id of what an event submits: (source, event id) is the event's identity, so that a resend hits it again."""
    return derived_id("submission", f"{source}|{event_id}")


def _name(raw: dict[str, Any]) -> str:
    reference = raw.get("reference")
    return reference[:100].replace("\x00", "") if isinstance(reference, str) else ""


def _read(item: Incoming, reference: Reference, now: datetime) -> PurchaseSubmission | VoidSubmission | list[Reason]:
    return read_submission(item.kind, item.raw, reference, now)


def _reopen(row: Row, keys: Keys) -> Incoming:
    raw = orjson.loads(unseal(keys.seal_key, row["raw_sealed"], bound_to=str(row["submission_id"])))
    return Incoming(row["submission_id"], row["kind"], row["source"], raw)


def _judge_early_of_this_batch(
    batch: _Batch,
    read: Sequence[tuple[Incoming, PurchaseSubmission | VoidSubmission | list[Reason]]],
    identity: UUID,
) -> None:
    """A correction that came earlier in the very same batch waits in memory only: judge it now."""
    early = {
        item.submission_id for item in batch.submissions if item.outcome == "waiting" and item.purchase_id == identity
    }
    if not early:
        return
    for item, content in read:
        if item.submission_id in early:
            _judge(batch, item, identity, content)


def _judge(
    batch: _Batch, item: Incoming, identity: UUID, content: PurchaseSubmission | VoidSubmission | list[Reason]
) -> Verdict:
    if isinstance(content, list):
        return _refuse(batch, item, identity, content)
    state = batch.states.get(identity)
    decision = decide(state[0] if state else None, said(item.kind, content))
    if decision.reason is not None:
        return _refuse(batch, item, identity, [decision.reason])
    if decision.purchase is not None and decision.outcome != "known":
        _accept(batch, item, identity, content, decision)
    raw = _sealed(batch, item) if decision.outcome == "waiting" else None
    return _answer(batch, item, identity, decision.outcome, (), raw)


def _accept(
    batch: _Batch, item: Incoming, identity: UUID, content: PurchaseSubmission | VoidSubmission, decision: Decision
) -> None:
    purchase = decision.purchase
    assert purchase is not None
    event: Event
    if isinstance(content, VoidSubmission):
        event = PurchaseVoided(purchase_id=identity, reason=content.reason)
        body, sealed_nip = batch.states[identity][1], b""
    else:
        event = _told(batch, item, identity, content, purchase)
        body = event.model_dump_json().encode()
        sealed_nip = seal(batch.keys.seal_key, plain_nip(content.buyer.nip).encode(), bound_to=str(identity))
    batch.states[identity] = (purchase, body)
    kept = batch.changed.get(identity)
    batch.changed[identity] = Stored(
        identity, item.source, _name(item.raw), purchase, body, sealed_nip or (kept.nip_sealed if kept else b"")
    )
    batch.events.append(_outgoing(batch, event, str(identity), purchase.version, str(identity)))


def _told(
    batch: _Batch, item: Incoming, identity: UUID, content: PurchaseSubmission, purchase: Purchase
) -> PurchaseRecorded:
    fields: dict[str, Any] = {
        "purchase_id": identity,
        "source": item.source,
        "reference": content.reference,
        "unit_code": content.unit_code,
        "buyer_key": keyed_hash(batch.keys.hash_key, plain_nip(content.buyer.nip)),
        "seller_code": content.seller_code,
        "channel": content.channel,
        "purpose": content.purpose,
        "programme": content.programme,
        "lines": lines_of(content),
        "total_idr": content.total_idr,
        "pickup_kelurahan": content.pickup.kelurahan if content.pickup else "",
        "posts": posts_of(content),
        "purchased_at": content.purchased_at.astimezone(UTC),
    }
    if purchase.version == 1:
        return PurchaseRecorded(**fields)
    return PurchaseCorrected(**fields, previous_version=purchase.version - 1)


def _refuse(batch: _Batch, item: Incoming, identity: UUID | None, reasons: Sequence[Reason]) -> Verdict:
    event = PurchaseRejected(
        submission_id=item.submission_id, source=item.source, reference=_name(item.raw), reasons=tuple(reasons)
    )
    correlation = str(identity or item.submission_id)
    batch.events.append(_outgoing(batch, event, f"submission-{item.submission_id}", 1, correlation))
    return _answer(batch, item, identity, "rejected", tuple(reasons), _sealed(batch, item))


def _answer(
    batch: _Batch, item: Incoming, identity: UUID | None, outcome: str, reasons: tuple[Reason, ...], raw: bytes | None
) -> Verdict:
    name = _name(item.raw)
    log.info(f"purchase_{outcome}", correlation=str(identity), submission=str(item.submission_id))
    batch.submissions.append(
        Submission(item.submission_id, identity, item.kind, item.source, name, outcome, reasons, raw)
    )
    state = batch.states.get(identity) if identity else None
    return Verdict(item.submission_id, identity, name, outcome, state[0].version if state else 0, reasons)


def _sealed(batch: _Batch, item: Incoming) -> bytes:
    return seal(batch.keys.seal_key, orjson.dumps(item.raw), bound_to=str(item.submission_id))


def _outgoing(batch: _Batch, event: Event, aggregate: str, version: int, correlation: str) -> Outgoing:
    return outgoing(
        event,
        event_id=new_id(),
        tenant=batch.tenant,
        aggregate=aggregate,
        version=version,
        correlation_id=correlation,
        occurred_at=batch.now,
    )

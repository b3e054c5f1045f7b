"""A batch of submissions being judged in memory: what it has read, what it has changed, what it will tell."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, field
from datetime import datetime
from functools import cached_property
from typing import Any, NamedTuple
from uuid import UUID

import orjson

from services.purchases.domain.content import content_hash, lines_of, posts_of, receipt, sealed_part
from services.purchases.domain.purchase import Decision, Kind, Purchase, Said, decide, retell
from services.purchases.domain.review import Telling, tellings_of
from services.purchases.domain.submission import read_purchase, read_void, unfit, within
from services.purchases.store.purchases import Known, Stored, Submission
from shared.access.model import EVERYTHING, Scope
from shared.contracts.envelope import MAX_BODY_BYTES, Outgoing
from shared.contracts.event import Event, outgoing
from shared.contracts.purchases import PurchaseCorrected, PurchaseRecorded, PurchaseRejected, PurchaseVoided
from shared.contracts.reasons import Reason
from shared.contracts.submissions import PurchaseSubmission, VoidSubmission
from shared.ids import derived_id, new_id
from shared.privacy import keyed_hash, seal
from shared.reference.model import Reference
from shared.reference.store import Cities

PLEDGE = "pledge.submitted.v1"
KINDS: dict[str, Kind] = {
    "purchase.submitted.v1": "submitted",
    "purchase.correction_submitted.v1": "corrected",
    "purchase.void_submitted.v1": "voided",
}
MOST_REASONS = 100  # that are told at once: five thousand wrong lines would be no message any more
Content = PurchaseSubmission | VoidSubmission | list[Reason]


@dataclass(frozen=True)
class Keys:
    """Secrets of this service: of the buyer's keyed hash, and of what rests sealed."""

    hash_key: bytes
    seal_key: bytes


@dataclass(frozen=True)
class Incoming:
    """A submission as it came: `submission_id` is equal for a resend of the same message; `scope` is the sender's.

    `faults`: what its door could not read of it, so that it is refused whatever the rest says.
    """

    submission_id: UUID
    kind: Kind
    tenant: str
    source: str
    raw: dict[str, Any]
    scope: Scope = EVERYTHING
    faults: tuple[Reason, ...] = ()

    @cached_property
    def reference(self) -> str:
        """The receipt number as it was told, empty where there is none."""
        told = self.raw.get("reference")
        return told[:100].replace("\x00", "") if isinstance(told, str) else ""


class Verdict(NamedTuple):
    """The answer to one submission. `told_by`: another source that had told of the same receipt before."""

    submission_id: UUID
    purchase_id: UUID
    reference: str
    outcome: str
    version: int
    reasons: tuple[Reason, ...] = ()
    told_by: str = ""


class Read(NamedTuple):
    """A submission with its content (or the reasons against it) and the ids that its words name."""

    item: Incoming
    content: Content
    name_id: UUID
    receipt_id: UUID | None
    city: Reference | None

    @classmethod
    def of(cls, item: Incoming, cities: Cities, now: datetime) -> Read:
        """Read a submission; never raises."""
        city = cities.get(item.tenant)
        content: Content
        if city is None:
            content = [Reason.of("UNKNOWN_CITY", "tenant")]
        elif fault := unfit(item.raw):
            content = [Reason.of(fault)]
        else:
            content = read_void(item.raw) if item.kind == "voided" else read_purchase(item.raw, city, now)
            content = within(item.scope, item.source, item.raw, content)
            if item.faults:
                content = [*item.faults, *(content if isinstance(content, list) else ())]
        paper = receipt(content, city) if city and isinstance(content, PurchaseSubmission) else None
        return cls(
            item,
            content,
            # under the source of another it gets a name of its own: the other must not find it among its answers
            purchase_id(item.tenant, item.source, item.reference)
            if item.scope.has_source(item.source)
            else item.submission_id,
            derived_id("receipt", item.tenant, *paper) if paper else None,
            city,
        )


def purchase_id(tenant: str, source: str, reference: str) -> UUID:
    """The id of the purchase that (source, reference) names, the same for ever and through every door."""
    return derived_id("purchase", tenant, source, reference)


def submission_id(identity: str) -> UUID:
    """The id of what an event submits, by the event's identity, so that a resend hits it again."""
    return derived_id("submission", identity)


@dataclass
class Batch:
    """Purchases as they were known, and all that judging a batch adds; saved at its end in a handful of statements."""

    keys: Keys
    now: datetime
    known: Known = field(default_factory=Known)
    waiting: dict[UUID, list[Read]] = field(default_factory=dict)
    changed: dict[UUID, Stored] = field(default_factory=dict)
    aliases: dict[UUID, tuple[UUID, str]] = field(default_factory=dict)
    receipts: dict[UUID, UUID] = field(default_factory=dict)
    submissions: list[Submission] = field(default_factory=list)
    tellings: list[Telling] = field(default_factory=list)
    events: list[Outgoing] = field(default_factory=list)

    def judge(self, read: Read) -> Verdict:
        """The verdict on one submission, and on those that waited for it."""
        verdict = self._judge(read)
        if verdict.outcome == "waiting":
            self.waiting.setdefault(read.name_id, []).append(read)
        elif read.item.kind == "submitted" and verdict.outcome != "rejected":
            for early in self.waiting.pop(read.name_id, []):
                self._judge(early)
        return verdict

    def _judge(self, read: Read) -> Verdict:
        if isinstance(read.content, list):
            return self.refuse(read.item, read.name_id, read.content)
        alias = self.aliases.get(read.name_id) or self.known.aliases.get(read.name_id)
        identity, first_hash = alias or (read.name_id, "")
        said = Said(read.item.kind, _hash_of(read.content))
        stored = self.known.purchases.get(identity)
        if stored is None and read.item.kind == "submitted":
            told = self._told_before(read)
            if told is not None:
                self.aliases[read.name_id] = (told, said.content_hash)
                return self._answer(read.item, told, "known", told_by=self.known.purchases[told].source)
        if alias and read.item.kind == "submitted":
            decision = retell(stored.purchase if stored else None, said, first_hash)
        else:
            decision = decide(stored.purchase if stored else None, said)
        if decision.reason is not None:
            return self.refuse(read.item, identity, [decision.reason])
        if decision.purchase is not None and decision.outcome != "known":
            reason = self._accept(read, identity, read.content, decision)
            if reason is not None:
                return self.refuse(read.item, identity, [reason])
        raw = self._sealed(read.item) if decision.outcome == "waiting" else None
        return self._answer(read.item, identity, decision.outcome, raw=raw)

    def _told_before(self, read: Read) -> UUID | None:
        """The standing purchase that another source told of with the same receipt."""
        if read.receipt_id is None:
            return None
        found = self.receipts.get(read.receipt_id) or self.known.receipts.get(read.receipt_id)
        stored = self.known.purchases.get(found) if found else None
        return found if stored is not None and stored.purchase.status == "recorded" else None

    def _accept(
        self, read: Read, identity: UUID, content: PurchaseSubmission | VoidSubmission, decision: Decision
    ) -> Reason | None:
        """Keep the new state and its event; the reason when the event would be larger than a message may be."""
        purchase, before, name = decision.purchase, self.known.purchases.get(identity), str(identity)
        assert purchase is not None
        event: Event
        buyers = b""
        if isinstance(content, VoidSubmission):
            event = PurchaseVoided(purchase_id=identity, reason=content.reason)
        else:
            assert read.city is not None  # what names no city was refused
            event = self._told(read.item, identity, content, purchase, before, read.city)
            buyers = seal(self.keys.seal_key, orjson.dumps(sealed_part(content)), bound_to=name)
        told = self._outgoing(read.item, event, name, purchase.version, name)
        if len(told.body) > MAX_BODY_BYTES:
            return Reason.of("TOO_LARGE")
        kept = self.changed.get(identity)
        stored = Stored(
            identity,
            read.item.tenant,
            before.source if before else read.item.source,
            before.reference if before else read.item.reference,
            purchase,
            told.body if buyers else before.content if before else b"{}",
            buyers or (kept.buyers_sealed if kept else b""),
        )
        self.known.purchases[identity] = self.changed[identity] = stored
        if read.receipt_id is not None:
            self.receipts[read.receipt_id] = identity
        if read.city is not None and isinstance(content, PurchaseSubmission):
            self.tellings += tellings_of(content, read.city)
        self.events.append(told)
        return None

    def _told(
        self,
        item: Incoming,
        identity: UUID,
        content: PurchaseSubmission,
        purchase: Purchase,
        before: Stored | None,
        city: Reference,
    ) -> PurchaseRecorded:
        said = frozenset(line["sku"] for line in orjson.loads(before.content)["lines"]) if before else frozenset()
        payers = [content.buyer] if content.buyer else content.contributors
        keys = sorted([keyed_hash(self.keys.hash_key, payer.nip) for payer in payers])
        fields: dict[str, Any] = {
            "purchase_id": identity,
            "source": before.source if before else item.source,
            "reference": before.reference if before else content.reference,
            "unit_code": content.unit_code,
            "buyer_key": keys[0] if content.buyer else "",
            "contributor_keys": () if content.buyer else tuple(keys),
            "seller_code": content.seller_code,
            "channel": content.channel,
            "purpose": content.purpose,
            "programme": content.programme,
            "lines": lines_of(content, city, said),
            "total_idr": content.total_idr,
            "pickup_kelurahan": content.pickup.kelurahan if content.pickup else "",
            "posts": posts_of(content),
            "purchased_at": content.purchased_at,
        }
        if purchase.version == 1:
            return PurchaseRecorded(**fields)
        return PurchaseCorrected(**fields, previous_version=purchase.version - 1)

    def refuse(self, item: Incoming, identity: UUID, reasons: Sequence[Reason]) -> Verdict:
        """Tell and keep every reason against a submission; its body rests sealed, so that it can be mended."""
        told = tuple(reasons[:MOST_REASONS])
        event = PurchaseRejected(
            submission_id=item.submission_id, source=item.source, reference=item.reference, reasons=told
        )
        self.events.append(self._outgoing(item, event, f"submission-{item.submission_id}", 1, str(identity)))
        return self._answer(item, identity, "rejected", reasons=told, raw=self._sealed(item))

    def _answer(
        self,
        item: Incoming,
        identity: UUID,
        outcome: str,
        *,
        reasons: tuple[Reason, ...] = (),
        raw: bytes | None = None,
        told_by: str = "",
    ) -> Verdict:
        self.submissions.append(
            Submission(
                item.submission_id,
                identity,
                item.tenant,
                item.kind,
                item.source,
                item.reference,
                outcome,
                reasons,
                raw,
                told_by,
            )
        )
        stored = self.known.purchases.get(identity)
        version = stored.purchase.version if stored else 0
        return Verdict(item.submission_id, identity, item.reference, outcome, version, reasons, told_by)

    def _sealed(self, item: Incoming) -> bytes | None:
        """The body as it rests; None for one that is nested too deep to be written down."""
        try:
            body = orjson.dumps(item.raw)
        except orjson.JSONEncodeError:
            return None
        return seal(self.keys.seal_key, body, bound_to=str(item.submission_id))

    def _outgoing(self, item: Incoming, event: Event, aggregate: str, version: int, correlation: str) -> Outgoing:
        return outgoing(
            event,
            event_id=new_id(),
            tenant=item.tenant,
            aggregate=aggregate,
            version=version,
            correlation_id=correlation,
            occurred_at=self.now,
        )


def _hash_of(content: PurchaseSubmission | VoidSubmission) -> str:
    return content_hash(content) if isinstance(content, PurchaseSubmission) else content.reason

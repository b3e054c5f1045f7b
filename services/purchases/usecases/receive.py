"""What comes as events or by HTTP: purchases and pledges side by side, each message once, each with its answer."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime
from uuid import UUID

import orjson

from services.purchases.store import purchases as store
from services.purchases.usecases.intake import submit
from services.purchases.usecases.judging import KINDS, PLEDGE, Incoming, Keys, Verdict, purchase_id, submission_id
from services.purchases.usecases.pledges import IncomingPledge, PledgeVerdict, pledge
from shared.access.model import Scope
from shared.contracts.envelope import Envelope
from shared.contracts.reasons import Reason
from shared.database.pool import Row, Transaction
from shared.errors import PeduliError
from shared.messaging import inbox
from shared.reference.store import Cities


class UnknownTypeError(PeduliError):
    """This type of message is not read here."""


@dataclass(frozen=True)
class Sent:
    """One thing that was told. With an `identity` it has its effect once: told again, the same answer."""

    item: Incoming | IncomingPledge
    identity: str = ""


Answer = Verdict | PledgeVerdict


def opened(event: Envelope, scope: Scope, arrived_at: datetime) -> Incoming | IncomingPledge:
    """An event as what a sender of this `scope` tells; raises `UnknownTypeError`.

    It has the same submission id through every door. `arrived_at`: when it reached our door, by no word of the sender.
    """
    told = submission_id(event.identity)
    if event.type == PLEDGE:
        return IncomingPledge(told, event.tenant, event.source, event.data, arrived_at, scope)
    kind = KINDS.get(event.type)
    if kind is None:
        raise UnknownTypeError
    return Incoming(told, kind, event.tenant, event.source, event.data, scope)


async def apply(
    tx: Transaction, items: Sequence[Incoming | IncomingPledge], *, cities: Cities, keys: Keys, now: datetime
) -> dict[UUID, Answer]:
    """Judge and save purchases together, then pledges; the answers by submission."""
    purchases = [item for item in items if isinstance(item, Incoming)]
    pledges = [item for item in items if isinstance(item, IncomingPledge)]
    answers: dict[UUID, Answer] = {}
    if purchases:
        verdicts = await submit(tx, purchases, cities=cities, keys=keys, now=now)
        answers |= {item.submission_id: verdict for item, verdict in zip(purchases, verdicts, strict=True)}
    if pledges:
        told = await pledge(tx, pledges, cities=cities, now=now)
        answers |= {item.submission_id: verdict for item, verdict in zip(pledges, told, strict=True)}
    return answers


async def receive(tx: Transaction, sent: Sequence[Sent], *, cities: Cities, keys: Keys, now: datetime) -> list[Answer]:
    """The answer to each, in order; what was told under the same identity before has the answer it had then."""
    fresh = await _claim(tx, sent)
    answers = await apply(tx, fresh, cities=cities, keys=keys, now=now)
    if len(fresh) < len(sent):
        before = await store.find_answers(tx, [each.item.submission_id for each in sent])
        answers = {name: _before(row) for name, row in before.items()} | answers
    return [answers.get(each.item.submission_id) or refused(each, "KEY_REUSED") for each in sent]


async def _claim(tx: Transaction, sent: Sequence[Sent]) -> list[Incoming | IncomingPledge]:
    """Those that were never told before, each once."""
    first = {each.identity: each for each in reversed(sent) if each.identity}
    rows = await inbox.queries.claim_events(tx, events=sorted(first)) if first else []
    fresh = {row["event"] for row in rows}
    return [
        each.item for each in sent if not each.identity or (each.identity in fresh and first[each.identity] is each)
    ]


def refused(sent: Sent, code: str) -> Answer:
    """The answer to what can have no other; it is not kept, for it may not even be storable."""
    item, reasons = sent.item, (Reason.of(code),)
    if isinstance(item, IncomingPledge):
        return PledgeVerdict(None, "rejected", 0, False, reasons)
    identity = purchase_id(item.tenant, item.source, item.reference)
    return Verdict(item.submission_id, identity, item.reference, "rejected", 0, reasons)


def _before(row: Row) -> Answer:
    reasons = tuple(Reason(**reason) for reason in orjson.loads(row["reasons"]))
    if row["kind"] == "pledged":
        identity = None if row["outcome"] == "rejected" else row["purchase_id"]
        return PledgeVerdict(identity, row["outcome"], row["version"], row["is_late"], reasons)
    return Verdict(
        row["submission_id"],
        row["purchase_id"],
        row["reference"],
        row["outcome"],
        row["version"],
        reasons,
        row["told_by"],
    )

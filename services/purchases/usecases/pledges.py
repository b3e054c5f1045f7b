"""Pledges are told, and told again; the last word counts."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date, datetime
from typing import Any
from uuid import UUID

from services.purchases.domain.pledge import Pledge, decide, read_pledge
from services.purchases.domain.submission import within
from services.purchases.store import purchases as submission_store
from services.purchases.store.pledges import queries
from services.purchases.store.purchases import Submission
from services.purchases.usecases.intake import SOURCE
from shared.access.model import EVERYTHING, Scope
from shared.contracts.event import Event, outgoing
from shared.contracts.pledges import PledgeRecorded, PledgeRejected
from shared.contracts.reasons import Reason
from shared.contracts.submissions import PledgeSubmission
from shared.database.pool import Row, Transaction
from shared.ids import derived_id, new_id
from shared.messaging import outbox
from shared.reference.model import Reference
from shared.reference.store import Cities


@dataclass(frozen=True)
class IncomingPledge:
    """A pledge as it came: `submission_id` is equal for a resend of the same message; `scope` is the sender's.

    `arrived_at` is when it reached our door, however long it waited behind it: that moment decides what is late.
    """

    submission_id: UUID
    tenant: str
    source: str
    raw: dict[str, Any]
    arrived_at: datetime
    scope: Scope = EVERYTHING


@dataclass(frozen=True)
class PledgeVerdict:
    """The answer: `outcome` is recorded, changed, known or rejected."""

    pledge_id: UUID | None
    outcome: str
    version: int
    is_late: bool
    reasons: tuple[Reason, ...] = ()


def pledge_id(tenant: str, unit_code: str, programme: str, round_: date) -> UUID:
    """The id of what a unit pledges for a round, the same for ever and through every door."""
    return derived_id("pledge", tenant, unit_code, programme, round_.isoformat())


def standing(row: Row) -> Pledge:
    """A pledge as it is kept."""
    return Pledge(row["version"], row["sum_idr"], row["packets"], row["is_late"], row["changed_at"])


async def pledge(
    tx: Transaction, incoming: Sequence[IncomingPledge], *, cities: Cities, now: datetime
) -> list[PledgeVerdict]:
    """Apply pledges of any cities in their order; a handful a week per unit, so that each is its own statement."""
    return [await _pledge(tx, item, cities.get(item.tenant), now) for item in incoming]


async def _pledge(tx: Transaction, item: IncomingPledge, city: Reference | None, now: datetime) -> PledgeVerdict:
    if city is None:
        return await _refuse(tx, item, [Reason.of("UNKNOWN_CITY", "tenant")], now)
    content = within(item.scope, item.source, item.raw, read_pledge(item.raw, city, now))
    if isinstance(content, list):
        return await _refuse(tx, item, content, now)
    identity = pledge_id(city.tenant, content.unit_code, content.programme, content.round)
    await queries.claim_pledge(tx, pledge_id=identity)
    row = await queries.find_pledge(tx, pledge_id=identity)
    before = standing(row) if row else None
    arrived_at = min(item.arrived_at, now)
    after = decide(before, content, arrived_at, city.zone)
    outcome = "known" if after == before else "changed" if before else "recorded"
    if after != before:
        await _save(tx, item, identity, content, after, arrived_at)
    await _note(tx, item, identity, outcome, content.round.isoformat(), ())
    return PledgeVerdict(identity, outcome, after.version, after.is_late)


async def _save(
    tx: Transaction,
    item: IncomingPledge,
    identity: UUID,
    content: PledgeSubmission,
    after: Pledge,
    arrived_at: datetime,
) -> None:
    said = {
        "pledge_id": identity,
        "source": item.source,
        "unit_code": content.unit_code,
        "programme": content.programme,
        "round": content.round,
        "sum_idr": after.sum_idr,
        "packets": after.packets,
        "is_late": after.is_late,
    }
    moments = {"arrived_at": arrived_at, "said_at": after.said_at}
    await queries.save_pledge(tx, tenant=item.tenant, version=after.version, **moments, **said)
    await _tell(tx, item, PledgeRecorded(**said, pledged_at=arrived_at), str(identity), after.version, arrived_at)


async def _refuse(tx: Transaction, item: IncomingPledge, reasons: list[Reason], now: datetime) -> PledgeVerdict:
    event = PledgeRejected(submission_id=item.submission_id, source=item.source, reasons=tuple(reasons))
    await _tell(tx, item, event, f"submission-{item.submission_id}", 1, now)
    await _note(tx, item, item.submission_id, "rejected", "", tuple(reasons))
    return PledgeVerdict(None, "rejected", 0, False, tuple(reasons))


async def _note(
    tx: Transaction, item: IncomingPledge, identity: UUID, outcome: str, name: str, reasons: tuple[Reason, ...]
) -> None:
    line = Submission(item.submission_id, identity, item.tenant, "pledged", item.source, name, outcome, reasons, None)
    await submission_store.save_submissions(tx, [line])


async def _tell(
    tx: Transaction, item: IncomingPledge, event: Event, aggregate: str, version: int, now: datetime
) -> None:
    told = outgoing(
        event,
        event_id=new_id(),
        tenant=item.tenant,
        aggregate=aggregate,
        version=version,
        correlation_id=aggregate,
        occurred_at=now,
    )
    await outbox.append(tx, [told], source=SOURCE)

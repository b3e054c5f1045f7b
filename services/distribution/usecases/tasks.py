"""Reports from the field, and the sweeps that follow when none comes."""

from __future__ import annotations

import hashlib
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime
from uuid import UUID

from services.distribution.domain.task import decide, recall, sweep
from services.distribution.store import stock as stock_store
from services.distribution.store import tasks as store
from services.distribution.usecases.recalling import recall_unfit
from services.distribution.usecases.telling import Book, carry_out
from shared.contracts.field import AnyTaskReport, TaskDelivery, TaskFailure
from shared.database.pool import Transaction
from shared.reference.model import Reference


@dataclass(frozen=True)
class Verdict:
    """The answer to a report: `outcome` is the task's new status or the code of a refusal, `status` the task now."""

    report_id: UUID
    task_id: UUID
    outcome: str
    is_applied: bool
    status: str | None
    version: int


async def report(
    tx: Transaction, reports: Sequence[AnyTaskReport], *, reference: Reference, now: datetime
) -> list[Verdict]:
    """Apply a city's reports in order; one verdict each. A resend gets the first answer; a conflict is kept."""
    return [await _report(tx, item, reference, now) for item in reports]


async def _report(tx: Transaction, item: AnyTaskReport, reference: Reference, now: datetime) -> Verdict:
    stored = (await store.claim(tx, reference.tenant, [item.task_id])).get(item.task_id)
    before = await store.queries.find_report(tx, tenant=reference.tenant, report_id=item.report_id)
    if before is not None or stored is None:
        outcome = before or "UNKNOWN_TASK"
        return Verdict(item.report_id, item.task_id, outcome, bool(before), stored.task.status if stored else None, 0)
    decision = decide(stored.task, item, now)
    outcome = decision.refusal or decision.task.status
    await store.queries.append_report(
        tx,
        tenant=reference.tenant,
        report_id=item.report_id,
        task_id=item.task_id,
        kind=item.kind,
        team=item.team,
        outcome=outcome,
        now=now,
    )
    book = Book(reference.tenant, now)
    proof = (item.proof_kind, _hash(item.proof)) if isinstance(item, TaskDelivery) and decision.told else None
    reason = item.reason if isinstance(item, TaskFailure) else "returned"
    await carry_out(tx, book, stored, decision, reference, reason=reason, proof=proof)
    await book.write(tx)
    if decision.told in ("returned", "delivered"):
        await stock_store.queries.save_due(tx, tenants=[reference.tenant])
    return Verdict(
        item.report_id,
        item.task_id,
        outcome,
        decision.told is not None,
        decision.task.status,
        decision.task.version,
    )


async def sweep_due(tx: Transaction, *, reference: Reference, now: datetime) -> int:
    """Leases that ended, tries that are due, and packets that would come too late; returns how many tasks changed."""
    rows = await store.queries.list_overdue(tx, tenant=reference.tenant, now=now)
    over = {row["task_id"]: row["is_over"] for row in rows}
    book = Book(reference.tenant, now)
    changed = 0
    for task_id, stored in (await store.claim(tx, reference.tenant, list(over))).items():
        decision = recall(stored.task) if over[task_id] else sweep(stored.task, now)
        await carry_out(tx, book, stored, decision, reference, reason="too_late")
        changed += decision.told is not None
    await book.write(tx)
    if changed:
        await recall_unfit(tx, reference=reference, now=now)  # what is assigned again may be spoilt by a corrected date
        await stock_store.queries.save_due(tx, tenants=[reference.tenant])
    return changed


def _hash(proof: str) -> str:
    """A proof rests as its hash: a code or a role is nobody's reading."""
    return hashlib.sha256(proof.encode()).hexdigest()

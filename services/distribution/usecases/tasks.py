"""Reports from the field, and the sweeps that follow when none comes."""

from __future__ import annotations

import hashlib
from collections.abc import Sequence
from dataclasses import dataclass, replace
from datetime import datetime
from uuid import UUID

from services.distribution.domain.proof import Evidence, code_of, witness_role
from services.distribution.domain.task import Decision, decide, is_conflict, parted, recall, sweep
from services.distribution.store import photos
from services.distribution.store import stock as stock_store
from services.distribution.store import tasks as store
from services.distribution.store.tasks import Stored
from services.distribution.usecases import pickups
from services.distribution.usecases.households import Keys
from services.distribution.usecases.recalling import recall_unfit
from services.distribution.usecases.teams import Team
from services.distribution.usecases.telling import Book, carry_out, event_of
from shared.access.model import EVERYTHING, Scope
from shared.contracts.field import AnyTaskReport, TaskAccept, TaskDelivery, TaskFailure, TaskHandover
from shared.contracts.tasks import TaskLine
from shared.database.pool import Pool, Row, Transaction
from shared.ids import derived_id
from shared.reference.model import Reference

ID_USED = "REPORT_ID_USED"
UNHEARD = ("UNKNOWN_TASK", ID_USED)  # refusals of which nothing is kept: over the broker nobody would learn of them


@dataclass(frozen=True)
class Paper:
    """Work with a printed list: who typed a report in, and when it had happened; empty for a team that takes doors."""

    typed_by: str = ""
    happened_at: datetime | None = None


@dataclass(frozen=True)
class Verdict:
    """The answer to a report: `outcome` is the task's new status or the code of a refusal, `status` the task now.

    `version` is the task's now, for the next report; `rest_id` is the task that carries on what was not handed over.
    """

    report_id: UUID
    task_id: UUID
    outcome: str
    is_applied: bool
    status: str | None
    version: int
    rest_id: UUID | None = None


async def report(
    tx: Transaction,
    reports: Sequence[AnyTaskReport],
    *,
    reference: Reference,
    keys: Keys,
    now: datetime,
    paper: Paper | None = None,
    scope: Scope = EVERYTHING,
) -> list[Verdict]:
    """Apply a city's reports in order; one verdict each. A resend gets the first answer; a conflict is kept.

    What was written on `paper` counts as if it had been told when it happened. A task outside the sender's `scope` is
    one that he does not know.
    """
    return [await _report(tx, item, reference, keys, now, paper, scope) for item in reports]


async def is_within(tx: Transaction | Pool, city: Reference, team: Team, task_id: UUID) -> bool:
    """Whether a task is one that this team may see: of its kelurahan, or escalated to its kecamatan."""
    places = city.kelurahan_of(team.place)
    found = await store.queries.find_task_place(tx, tenant=city.tenant, task_id=task_id)
    if found is None or found["kelurahan"] not in places:
        return False
    return team.place in city.kelurahan or found["level"] == "kecamatan"


async def holds(tx: Transaction | Pool, city: Reference, team: str, task_id: UUID, scope: Scope = EVERYTHING) -> bool:
    """Whether a team answers for the packet of a task of its `scope`: it has taken it, and nobody else has since."""
    found = await store.queries.find_task_place(tx, tenant=city.tenant, task_id=task_id)
    return found is not None and found["holder"] == team and scope.has_unit(found["kelurahan"])


async def _report(
    tx: Transaction,
    item: AnyTaskReport,
    reference: Reference,
    keys: Keys,
    now: datetime,
    paper: Paper | None,
    scope: Scope,
) -> Verdict:
    stored = (await store.claim(tx, reference.tenant, [item.task_id])).get(item.task_id)
    if stored is not None and not scope.has_unit(stored.kelurahan):
        return Verdict(item.report_id, item.task_id, "UNKNOWN_TASK", False, None, 0)
    before = await store.queries.find_report(tx, tenant=reference.tenant, report_id=item.report_id)
    if before is not None or stored is None:
        outcome = _first_answer(before, item) if before is not None else "UNKNOWN_TASK"
        status, version = (stored.task.status, stored.task.version) if stored else (None, 0)
        return Verdict(item.report_id, item.task_id, outcome, not outcome.isupper(), status, version)
    parts = item.parts if isinstance(item, TaskDelivery) else ()
    split = parted(stored.lines, parts) if parts else (stored.lines, ())
    at = paper.happened_at or now if paper else now
    decision = (
        Decision(stored.task, refusal="NOT_IN_THIS_PACKET")
        if split is None
        else await _decide(tx, stored, item, reference, keys, at, on_paper=paper is not None)
    )
    outcome = decision.refusal or decision.task.status
    await _keep(tx, stored, item, decision, outcome, reference, now, paper or Paper())
    rest = None
    if decision.told is None:
        if decision.task != stored.task:
            await store.save(tx, item.task_id, decision.task, at)
    elif split is not None:
        rest = await _carry_out(tx, stored, item, decision, split, reference, at)
    task = decision.task
    applied = decision.refusal is None
    return Verdict(item.report_id, item.task_id, outcome, applied, task.status, task.version, rest)


def _first_answer(before: Row, item: AnyTaskReport) -> str:
    """What a resend is told. Another report under the same id is none: it was silently lost, and a team could have
    used up the ids of another.
    """
    is_resent = (before["task_id"], before["team"], before["kind"]) == (item.task_id, item.team, item.kind)
    return str(before["outcome"]) if is_resent else ID_USED


async def _decide(
    tx: Transaction,
    stored: Stored,
    item: AnyTaskReport,
    reference: Reference,
    keys: Keys,
    now: datetime,
    *,
    on_paper: bool,
) -> Decision:
    """The decision, with what the store knows of the team and of the proof."""
    if isinstance(item, TaskAccept):
        return await _accept(tx, stored, item, reference, now, on_paper=on_paper)
    if isinstance(item, TaskDelivery):
        code = code_of(keys.hash_key, stored.task_id, stored.task.attempt, item.team)
        arrived = await photos.queries.list_whole(tx, task_id=stored.task_id, team=item.team)
        evidence = Evidence(code, frozenset(row["digest"] for row in arrived))
        return decide(stored.task, item, now, evidence=evidence)
    return decide(stored.task, item, now, by_chair=reference.regions[stored.kelurahan].by_chair)


async def _accept(
    tx: Transaction, stored: Stored, item: TaskAccept, reference: Reference, now: datetime, *, on_paper: bool
) -> Decision:
    """The decision; a team of the field page that takes what lies in the lumbung is given its time to fetch it."""
    team = replace(await store.team_of(tx, reference.tenant, item.team), on_paper=on_paper)
    decision = decide(stored.task, item, now, team=team)
    goes_there = team.capacity is not None and stored.task.goods == "reserved" and (on_paper or not item.fetched)
    if decision.refusal is not None or not goes_there:
        return decision
    slot = await pickups.give(tx, reference, item.team, stored.kelurahan, now)
    return decide(stored.task, item, now, team=replace(team, fetches_by=slot.waits_until)) if slot else decision


async def _keep(
    tx: Transaction,
    stored: Stored,
    item: AnyTaskReport,
    decision: Decision,
    outcome: str,
    reference: Reference,
    now: datetime,
    paper: Paper,
) -> None:
    details = {TaskFailure: "reason", TaskDelivery: "proof_kind", TaskHandover: "to"}
    await store.queries.append_report(
        tx,
        tenant=reference.tenant,
        report_id=item.report_id,
        task_id=item.task_id,
        kind=item.kind,
        team=item.team,
        version=item.version,
        detail=getattr(item, details.get(type(item), ""), ""),
        note=item.note if isinstance(item, TaskFailure) else "",
        outcome=outcome,
        is_conflict=is_conflict(stored.task, item, decision.refusal),
        now=now,
        typed_by=paper.typed_by,
        happened_at=paper.happened_at,
    )


async def _carry_out(
    tx: Transaction,
    stored: Stored,
    item: AnyTaskReport,
    decision: Decision,
    split: tuple[Sequence[TaskLine], Sequence[TaskLine]],
    reference: Reference,
    now: datetime,
) -> UUID | None:
    """Save, move and tell; returns the task that carries on the rest of the packet, if there is one."""
    handed, left = split
    book = Book(reference.tenant, now)
    proof = _proof(item) if isinstance(item, TaskDelivery) else None
    reason = item.reason if isinstance(item, TaskFailure) else "returned"
    given = replace(stored, lines=tuple(handed))
    await carry_out(tx, book, given, decision, reference, reason=reason, proof=proof)
    rest = _rest(stored, left) if left else None
    if rest is not None:
        await store.part(tx, stored, handed, rest, now)
        for version, step in enumerate((Decision(rest.task, "assigned"), Decision(rest.task, "accepted")), start=1):
            book.tell(event_of(rest, step, now, "", ""), rest.task_id, version, rest.lines[0].purchase_id)
    await book.write(tx)
    if decision.told in ("returned", "delivered"):
        await stock_store.queries.save_due(tx, tenants=[reference.tenant])
    return rest.task_id if rest else None


def _rest(stored: Stored, left: Sequence[TaskLine]) -> Stored:
    """What is still carried, as a task of its own: accepted already, in the same hands."""
    task_id, packet_id = (derived_id(kind, str(stored.task_id)) for kind in ("rest", "rest-packet"))
    task = replace(stored.task, version=2, code_tries=0, not_home=0, lapses=0, barred=())
    return replace(stored, task_id=task_id, packet_id=packet_id, lines=tuple(left), task=task)


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


def _proof(item: TaskDelivery) -> tuple[str, str]:
    """A proof's kind and hash: a code or a role is nobody's reading, and of a witness only the role counts."""
    told = witness_role(item.proof) if item.proof_kind == "witness" else item.proof
    return item.proof_kind, hashlib.sha256(told.encode()).hexdigest()

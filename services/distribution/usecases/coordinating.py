"""What a coordinator decides: who brings a packet, what comes back, which of two reports counts, which team rests,
which phone is cut off, and what a household is answered.
"""

from __future__ import annotations

import hashlib
from collections.abc import Callable
from dataclasses import dataclass
from datetime import datetime
from typing import Literal
from uuid import UUID

from services.distribution.domain.task import OPEN, Decision, Task, overrule, reassign, recall
from services.distribution.store import homes
from services.distribution.store import stock as stock_store
from services.distribution.store import tasks as task_store
from services.distribution.store.coordination import queries
from services.distribution.usecases import teams
from services.distribution.usecases.coordinators import Coordinator
from services.distribution.usecases.telling import Book, carry_out
from shared.contracts.field import AnyTaskReport, TaskDelivery, TaskFailure, TaskHandover, TaskReturn
from shared.contracts.tasks import Level
from shared.database.pool import Row, Transaction
from shared.errors import PeduliError
from shared.ids import new_id
from shared.reference.model import Reference

SHORTEST_REASON, LONGEST_REASON = 3, 200
PROOF = "koordinator"  # who saw it, when a report is believed that was refused
Keep = Literal["keep_standing", "keep_report"]


class ElsewhereError(PeduliError):
    """This packet, report or team is not of the coordinator's place."""


@dataclass(frozen=True)
class Word:
    """A coordinator's word: whose it is, why, and when."""

    coordinator: Coordinator
    city: Reference
    reason: str
    now: datetime

    @property
    def is_enough(self) -> bool:
        """Whether there is a reason that somebody can read later."""
        return len(self.reason.strip()) >= SHORTEST_REASON

    @property
    def kelurahan(self) -> list[str]:
        """Where it counts."""
        return self.city.kelurahan_of(self.coordinator.place)


async def give_turn(tx: Transaction, word: Word, task_id: UUID, version: int, team_name: str) -> str:
    """Give a packet to another team, for one lease; answers `reassign`, or the code of a refusal.

    A team of the kecamatan gets what is then the kecamatan's. Raises `ElsewhereError`.
    """
    team = await _team(tx, word, team_name)
    if team.is_paused:
        return "TEAM_PAUSED"

    def decide(task: Task) -> Decision:
        level: Level = task.level if team.place in word.city.kelurahan else "kecamatan"
        return reassign(task, team.name, level, word.now)

    return await _change(tx, word, "reassign", task_id, version, decide, team=team.name)


async def call_back(tx: Transaction, word: Word, task_id: UUID, version: int) -> str:
    """Call a packet back: what is on its way comes with a report. Answers `call_back`, or a refusal's code.

    Its goods and its household are planned anew. Raises `ElsewhereError`.
    """
    return await _change(tx, word, "call_back", task_id, version, _recalled)


async def settle(tx: Transaction, word: Word, report_id: UUID, keep: Keep) -> str:
    """Decide, once, between what stands and a report that says something else; answers `keep`, or a refusal's code.

    Raises `ElsewhereError`.
    """
    row = await queries.find_conflict(tx, tenant=word.city.tenant, report_id=report_id)
    if row is None:
        raise ElsewhereError
    stored = await _claim(tx, word, row["task_id"])
    if not word.is_enough:
        return "NO_REASON"
    if keep == "keep_standing":
        await _write_down(tx, word, keep, task_id=stored.task_id, report_id=report_id)
        return keep
    report = _report_of(row)
    decision = overrule(stored.task, report, word.now)
    if decision.refusal is not None:
        return decision.refusal
    if await _write_down(tx, word, keep, task_id=stored.task_id, report_id=report_id) is not None:
        reason = report.reason if isinstance(report, TaskFailure) else "settled"
        await _tell(tx, word, stored, decision, reason, ("witness", hashlib.sha256(PROOF.encode()).hexdigest()))
    return keep


async def pause(tx: Transaction, word: Word, team_name: str, *, is_paused: bool) -> str:
    """Let a team take no more doors, or work again; what it has in hand it brings. Raises `ElsewhereError`."""
    team = await _team(tx, word, team_name)
    if not word.is_enough:
        return "NO_REASON"
    kind = "pause" if is_paused else "resume"
    if team.is_paused != is_paused:
        await queries.save_pause(tx, tenant=team.tenant, team=team.name, is_paused=is_paused, now=word.now)
        await _write_down(tx, word, kind, team=team.name)
    return kind


async def cut_off(tx: Transaction, word: Word, team_name: str, device: UUID) -> str:
    """Cut a device of a team off; answers `cut_off`, or a refusal's code. Raises `ElsewhereError`."""
    team = await _team(tx, word, team_name)
    if not word.is_enough:
        return "NO_REASON"
    if not await teams.revoke(tx, word.city, team.name, device, now=word.now):
        return "NOT_SIGNED_IN"
    await _write_down(tx, word, "cut_off", team=team.name)
    return "cut_off"


async def answer_case(tx: Transaction, word: Word, task_id: UUID, reply: str) -> str:
    """Answer, once, what a household says of its packet: its page shows the sentence of `reply`, a code of `REPLIES`.

    Answers `answer_case`, or a refusal's code. Raises `ElsewhereError`.
    """
    stored = await _claim(tx, word, task_id)
    if not word.is_enough:
        return "NO_REASON"
    of = {"tenant": word.city.tenant, "task_id": stored.task_id}
    if await homes.queries.save_reply(tx, **of, reply=reply, now=word.now) is None:
        return "NO_OPEN_CASE"
    await _write_down(tx, word, "answer_case", task_id=stored.task_id)
    return "answer_case"


async def _change(
    tx: Transaction,
    word: Word,
    kind: str,
    task_id: UUID,
    version: int,
    decide: Callable[[Task], Decision],
    *,
    team: str = "",
) -> str:
    """Change a packet that still stands as the coordinator saw it; a form that is sent twice changes it once."""
    stored = await _claim(tx, word, task_id)
    if not word.is_enough:
        return "NO_REASON"
    if stored.task.version != version:
        return "STALE_VERSION"
    decision = decide(stored.task)
    if decision.refusal is not None:
        return decision.refusal
    await _write_down(tx, word, kind, task_id=task_id, team=team)
    await _tell(tx, word, stored, decision, "called_back")
    return kind


def _recalled(task: Task) -> Decision:
    return recall(task) if task.status in OPEN else Decision(task, refusal=f"TASK_IS_{task.status.upper()}")


async def _tell(
    tx: Transaction,
    word: Word,
    stored: task_store.Stored,
    decision: Decision,
    reason: str,
    proof: tuple[str, str] | None = None,
) -> None:
    book = Book(word.city.tenant, word.now)
    is_delivered = decision.told == "delivered"
    await carry_out(tx, book, stored, decision, word.city, reason=reason, proof=proof if is_delivered else None)
    await book.write(tx)
    await stock_store.queries.save_due(tx, tenants=[word.city.tenant])


async def _claim(tx: Transaction, word: Word, task_id: UUID) -> task_store.Stored:
    stored = (await task_store.claim(tx, word.city.tenant, [task_id])).get(task_id)
    if stored is None or stored.kelurahan not in word.kelurahan:
        raise ElsewhereError
    return stored


async def _team(tx: Transaction, word: Word, name: str) -> teams.Team:
    team = await teams.find(tx, word.city.tenant, name)
    if team is None or team.place not in (word.coordinator.place, *word.kelurahan):
        raise ElsewhereError
    return team


async def _write_down(
    tx: Transaction,
    word: Word,
    kind: str,
    *,
    task_id: UUID | None = None,
    report_id: UUID | None = None,
    team: str = "",
) -> UUID | None:
    """Keep who decided, and why; None when that report was decided on before."""
    kept: UUID | None = await queries.append_act(
        tx,
        act_id=new_id(),
        tenant=word.city.tenant,
        coordinator=word.coordinator.name,
        kind=kind,
        task_id=task_id,
        report_id=report_id,
        team=team,
        reason=word.reason.strip()[:LONGEST_REASON],
        now=word.now,
    )
    return kept


def _report_of(row: Row) -> AnyTaskReport:
    """A kept report, as far as a decision needs it."""
    of = {"report_id": row["report_id"], "task_id": row["task_id"], "team": row["team"]}
    match row["kind"]:
        case "deliver":
            return TaskDelivery(**of, proof_kind=row["detail"], proof=PROOF)
        case "fail":
            return TaskFailure(**of, reason=row["detail"])
        case "handover":
            return TaskHandover(**of, to=row["detail"])
        case _:
            return TaskReturn(**of)

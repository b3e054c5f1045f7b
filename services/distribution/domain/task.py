"""One task from assignment to the door: a state machine. The first valid report wins (allocation.md §5)."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, replace
from datetime import datetime, timedelta
from typing import Literal

from services.distribution.domain import proof
from services.distribution.domain.proof import Evidence
from services.distribution.domain.stock import Account
from shared.contracts.field import (
    AnyTaskReport,
    DeliveredPart,
    TaskAccept,
    TaskDelivery,
    TaskFailure,
    TaskHandover,
    TaskReturn,
)
from shared.contracts.tasks import Level, TaskLine

LEASE = timedelta(minutes=90)
LEASE_OF_CHAIR = timedelta(hours=6)  # an RT or RW chair walks, and brings it in the course of the day
LEASE_ON_PAPER = timedelta(hours=6)  # who goes with a printed list tells of its doors when he is back
NOT_HOME_AGAIN = timedelta(hours=3)
NOT_HOME_TRIES = 2
LAPSES_TO_BAR = 2  # leases over, after which it is another team's turn
LAPSES_TO_ESCALATE = 3

Status = Literal["assigned", "accepted", "failed", "delivered", "returned", "recalled"]
Told = Literal["assigned", "accepted", "handed_over", "failed", "delivered", "returned", "recalled"]
Custody = Literal["lumbung", "team", "rt", "rw", "door"]
OPEN: tuple[Status, ...] = ("assigned", "accepted", "failed")


@dataclass(frozen=True)
class Task:
    """`goods` is the account where the packet's pieces are; `attempt` counts assignments from 1.

    `custody` says in whose hands the packet is, and `holder` which team answers for it there. `lapses` counts leases
    that ended without a report, `barred` are the teams that let them; `level` says who is asked to bring it now, and
    `asked` names the one team whose turn it is by a coordinator's word, until its lease ends.
    """

    status: Status
    version: int
    goods: Account
    team: str = ""
    attempt: int = 1
    lease_until: datetime | None = None
    retry_at: datetime | None = None
    not_home: int = 0
    custody: Custody = "lumbung"
    holder: str = ""
    lapses: int = 0
    barred: tuple[str, ...] = ()
    level: Level = "kelurahan"
    code_tries: int = 0
    asked: str = ""

    @property
    def is_promised(self) -> bool:
        """Whether a team has taken it that has yet to fetch it: its goods can still be had in the lumbung."""
        return self.status == "accepted" and self.goods == "reserved"

    @property
    def is_carried(self) -> bool:
        """Whether a team, or a chair for it, is on the way with it."""
        return self.status == "accepted" and self.goods == "in_transit"


@dataclass(frozen=True)
class Team:
    """A team's doors in hand, and how many it can carry (None: it plans its own load); a paused one takes no more.

    One that goes `on_paper` cannot tell of a door before it is back. What it takes in the lumbung stays its own until
    `fetches_by` at least, when its time there is over.
    """

    load: int = 0
    capacity: int | None = None
    is_paused: bool = False
    on_paper: bool = False
    fetches_by: datetime | None = None


@dataclass(frozen=True)
class Decision:
    """The task after the report, the event to tell (its past participle), or the code of a refusal.

    A refusal tells nothing; it may still count (a wrong code is a try). So does a promise to fetch a packet: that it
    has a team is told when its goods leave.
    """

    task: Task
    told: Told | None = None
    refusal: str | None = None


def decide(
    task: Task,
    report: AnyTaskReport,
    now: datetime,
    *,
    team: Team | None = None,
    evidence: Evidence | None = None,
    by_chair: bool = True,
) -> Decision:
    """What a report means for a task; `evidence` is what its proof is held against.

    `by_chair`: whether in its kelurahan the chair of an RT or RW may be the last hand.
    """
    if isinstance(report, TaskHandover) and not by_chair:
        return Decision(task, refusal="NO_CHAIRS_HERE")
    if task.team and task.team != report.team:
        return Decision(task, refusal="TAKEN_BY_ANOTHER_TEAM")
    if isinstance(report, TaskDelivery):
        return _deliver(task, report, evidence or Evidence())
    if report.version is not None and report.version < task.version and task.status in OPEN:
        return Decision(task, refusal="STALE_VERSION")  # something was reported that its writer had not seen
    if isinstance(report, TaskAccept):
        return _accept(task, report, now, team or Team())
    if isinstance(report, TaskFailure):
        return _failed(task, report, now) if _has(task, report.team) else Decision(task, refusal=_idle(task))
    if isinstance(report, TaskHandover):
        return _hand_over(task, report, now) if _has(task, report.team) else Decision(task, refusal=_idle(task))
    return _return(task, report)


def recall(task: Task) -> Decision:
    """Stop a packet: reserved goods are free at once; goods on the way come back with a return report."""
    if task.status not in OPEN:
        return Decision(task)
    goods: Account = "available" if task.goods == "reserved" else task.goods
    return _go(task, "recalled", "recalled", goods, lease_until=None, retry_at=None)


def reassign(task: Task, team: str, level: Level, now: datetime) -> Decision:
    """Give one team the turn for a lease, also one that let leases end; it fetches the packet where it is."""
    if task.status not in OPEN:
        return Decision(task, refusal=_closed(task))
    if task.team == team:
        return Decision(task, refusal="TEAM_HAS_IT")
    barred = tuple(other for other in task.barred if other != team)
    return _again(task, asked=team, barred=barred, level=level, lease_until=now + LEASE)


def overrule(task: Task, report: AnyTaskReport, now: datetime) -> Decision:
    """A coordinator believes a report that was refused, as long as the pieces can still go where it says they went."""
    if isinstance(report, TaskDelivery) and task.goods in ("reserved", "in_transit"):
        return _at_door(task, report)
    if isinstance(report, TaskReturn) and task.goods == "in_transit":
        return _back(task, report)
    if isinstance(report, TaskFailure) and task.is_carried:
        return _failed(task, report, now)
    if isinstance(report, TaskHandover) and task.is_carried:
        return _hand_over(task, report, now)
    return Decision(task, refusal="CANNOT_BE_CHANGED")


def sweep(task: Task, now: datetime) -> Decision:
    """Assign again what was not done within its lease, and what is due for its next try.

    The packet stays where it is: the next team fetches it from its holder. The second lapse gives another team the
    turn; the third, or nobody who takes it then within a lease, brings it to the kecamatan. A team that a coordinator
    asked and that did not come has not let anybody wait for a packet: its turn is over, and nothing is counted.
    """
    if task.status == "failed" and task.retry_at is not None and now >= task.retry_at:
        return _again(task)
    if task.lease_until is None or now < task.lease_until:
        return Decision(task)
    lapses = task.lapses + (not task.asked)
    barred = (
        (*task.barred, task.team) if lapses >= LAPSES_TO_BAR and task.team not in (*task.barred, "") else task.barred
    )
    level: Level = "kecamatan" if lapses >= LAPSES_TO_ESCALATE else task.level
    until = now + LEASE if lapses == LAPSES_TO_BAR else None
    return _again(task, lapses=lapses, barred=barred, level=level, lease_until=until)


def parted(
    lines: Sequence[TaskLine], parts: Sequence[DeliveredPart]
) -> tuple[tuple[TaskLine, ...], tuple[TaskLine, ...]] | None:
    """A packet's lines as they were handed over (with 0 for what was not), and the rest that is still carried.

    None when the parts are not of this packet.
    """
    given = {part.lot_id: part.quantity for part in parts}
    held = {line.lot_id: line.quantity for line in lines}
    if len(given) < len(parts) or any(quantity > held.get(lot_id, 0) for lot_id, quantity in given.items()):
        return None
    handed = tuple(line.model_copy(update={"quantity": given.get(line.lot_id, 0)}) for line in lines)
    rest = [
        line.model_copy(update={"quantity": line.quantity - done.quantity})
        for line, done in zip(lines, handed, strict=True)
    ]
    return handed, tuple(line for line in rest if line.quantity)


def is_conflict(task: Task, report: AnyTaskReport, refusal: str | None) -> bool:
    """Whether a refused report says something else of the door than what stands: a person has to look at it."""
    if refusal is None or isinstance(report, TaskAccept):
        return False
    if refusal not in ("TAKEN_BY_ANOTHER_TEAM", "STALE_VERSION", "NOT_IN_YOUR_HANDS", _closed(task)):
        return False
    repeats = {TaskDelivery: "delivered", TaskFailure: "failed", TaskReturn: "returned"}.get(type(report))
    return (task.team, task.status) != (report.team, repeats)


def meanwhile(task: Task, team: str) -> str:
    """What became of a door that a team had, as a code of `words.MEANWHILE`; empty while it still has it."""
    is_own = task.team == team
    match task.status:
        case "delivered":
            return "BROUGHT" if is_own else "BROUGHT_BY_ANOTHER"
        case "recalled":
            return "TO_BE_BROUGHT_BACK" if (task.goods, task.holder) == ("in_transit", team) else "RECALLED"
        case "returned":
            return "RETURNED"
        case "assigned":
            return "TAKEN_BY_ANOTHER" if task.asked not in ("", team) else "LEASE_OVER"
        case _:
            return "" if is_own else "TAKEN_BY_ANOTHER"


def _accept(task: Task, report: TaskAccept, now: datetime, team: Team) -> Decision:
    until = max(now + (LEASE_ON_PAPER if team.on_paper else LEASE), team.fetches_by or now)
    if task.is_promised and report.fetched:
        return _take(task, report, until)
    if task.status != "assigned":
        return Decision(task, refusal=_closed(task))
    if report.team in task.barred or task.asked not in ("", report.team):
        return Decision(task, refusal="ANOTHER_TEAMS_TURN")
    if team.is_paused:
        return Decision(task, refusal="TEAM_PAUSED")
    if team.capacity is not None and team.load >= team.capacity:
        return Decision(task, refusal="TEAM_FULL")
    task = replace(task, team=report.team, lease_until=until, retry_at=None, code_tries=0, asked="")
    if task.goods == "reserved" and not report.fetched:
        return Decision(replace(task, status="accepted"))
    return _take(task, report, until)


def _take(task: Task, report: TaskAccept, until: datetime) -> Decision:
    mine = {"holder": report.team, "custody": "team", "lease_until": until}
    return _go(task, "accepted", "accepted", "in_transit", **mine)


def _deliver(task: Task, report: TaskDelivery, evidence: Evidence) -> Decision:
    """A packet at the door is the truth, whatever was reported before it: also after `failed`, and a lease's end."""
    if task.status not in OPEN:
        return Decision(task, refusal=_closed(task))
    if report.parts and not task.is_carried:
        return Decision(task, refusal="ACCEPT_FIRST")  # who has not taken a packet cannot keep its rest
    refusal = proof.refusal(report, evidence, is_accepted=task.team == report.team, tries=task.code_tries)
    if refusal is not None:
        tried = refusal == "WRONG_CODE"
        return Decision(replace(task, code_tries=task.code_tries + tried), refusal=refusal)
    return _at_door(task, report)


def _at_door(task: Task, report: TaskDelivery) -> Decision:
    mine = {"team": report.team, "holder": report.team, "custody": "door"}
    return _go(task, "delivered", "delivered", "delivered", lease_until=None, retry_at=None, **mine)


def _hand_over(task: Task, report: TaskHandover, now: datetime) -> Decision:
    """The chair is the last hand; the team goes on answering for the packet."""
    told = {"team": task.team or report.team, "custody": report.to, "lease_until": now + LEASE_OF_CHAIR}
    return _go(task, "accepted", "handed_over", task.goods, **told)


def _return(task: Task, report: TaskReturn) -> Decision:
    if task.is_promised:  # its team will not fetch it
        return _back(task, report)
    if task.goods != "in_transit":
        return Decision(task, refusal=_closed(task))
    if task.holder != report.team:
        return Decision(task, refusal="NOT_IN_YOUR_HANDS")
    return _back(task, report)


def _back(task: Task, report: TaskReturn) -> Decision:
    back = {"team": report.team, "custody": "lumbung", "holder": ""}
    goods: Account = "available" if task.goods == "reserved" else "returned"
    return _go(task, "returned", "returned", goods, lease_until=None, retry_at=None, **back)


def _failed(task: Task, report: TaskFailure, now: datetime) -> Decision:
    tries = task.not_home + (report.reason == "not_home")
    again = report.reason == "not_home" and tries <= NOT_HOME_TRIES
    retry_at = now + NOT_HOME_AGAIN if again else None
    told = {"team": task.team or report.team, "lease_until": None, "retry_at": retry_at, "not_home": tries}
    return _go(task, "failed", "failed", task.goods, **told)


def _again(task: Task, lease_until: datetime | None = None, **more: object) -> Decision:
    fresh = {"team": "", "asked": "", "attempt": task.attempt + 1, "lease_until": lease_until, "retry_at": None}
    return _go(task, "assigned", "assigned", task.goods, **(fresh | more))


def _go(task: Task, status: Status, told: Told, goods: Account, **more: object) -> Decision:
    after = replace(task, status=status, version=task.version + 1, goods=goods, **more)  # type: ignore[arg-type]
    return Decision(after, told=told)


def _idle(task: Task) -> str:
    """Why nothing can be told of a way that nobody is on."""
    return "ACCEPT_FIRST" if task.is_promised else _closed(task)


def _has(task: Task, team: str) -> bool:
    """Whether a team carries a packet: it fetched it, or its lease is over and the packet is still in its hands."""
    return task.is_carried or (task.status, task.holder, task.asked) == ("assigned", team, "")


def _closed(task: Task) -> str:
    return f"TASK_IS_{task.status.upper()}"

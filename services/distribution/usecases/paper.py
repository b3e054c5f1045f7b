"""A day on paper: what a team wrote on its printed list is typed in by a coordinator, and counts as if it was told."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime

from services.distribution.store.coordination import queries
from services.distribution.store.tasks import queries as tasks
from services.distribution.usecases.coordinating import ElsewhereError
from services.distribution.usecases.coordinators import Coordinator
from services.distribution.usecases.households import Keys
from services.distribution.usecases.shift import Goods, goods_of
from services.distribution.usecases.tasks import Paper, Verdict, report
from shared.contracts.field import AnyTaskReport
from shared.database.pool import Row, Transaction
from shared.reference.model import Reference


@dataclass(frozen=True)
class Line:
    """A line of a sheet: what became of a door, and when."""

    report: AnyTaskReport
    happened_at: datetime


@dataclass(frozen=True)
class Listed:
    """A packet on a team's list; `goods` only while it may be handed over in part."""

    row: Row
    goods: tuple[Goods, ...]


async def load(tx: Transaction, city: Reference, who: Coordinator, team: str) -> list[Listed]:
    """The packets of a coordinator's place that stand on a team's list, by RW."""
    rows = await queries.list_carried(tx, tenant=city.tenant, kelurahans=city.kelurahan_of(who.place), team=team)
    return [Listed(row, goods_of(row["contents"], city) if _is_carried(row) else ()) for row in rows]


def _is_carried(row: Row) -> bool:
    return bool(row["status"] == "accepted" and row["custody"] != "lumbung")


async def type_in(
    tx: Transaction, city: Reference, who: Coordinator, lines: Sequence[Line], *, keys: Keys, now: datetime
) -> list[Verdict]:
    """Report each line in the name of its team; one verdict each, `NOT_THEN` for a time that cannot be.

    Raises `ElsewhereError` for a packet of another place.
    """
    return [await _type_in(tx, city, who, line, keys, now) for line in lines]


async def _type_in(
    tx: Transaction, city: Reference, who: Coordinator, line: Line, keys: Keys, now: datetime
) -> Verdict:
    item = line.report
    found = await tasks.find_task_place(tx, tenant=city.tenant, task_id=item.task_id)
    if found is None or found["kelurahan"] not in city.kelurahan_of(who.place):
        raise ElsewhereError
    assigned = found["assigned_at"]
    if not assigned.replace(second=0, microsecond=0) <= line.happened_at <= now:  # a paper's time ends with the minute
        return Verdict(item.report_id, item.task_id, "NOT_THEN", False, None, 0)
    paper = Paper(who.name, max(line.happened_at, assigned))
    [verdict] = await report(tx, [item], reference=city, keys=keys, now=now, paper=paper)
    return verdict

"""What a coordinator sees of his place: packets, teams, reports that differ, who waits, what spoils. Nobody's name."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime, time, timedelta
from typing import Any
from uuid import UUID

from services.distribution.domain.explain import explain_waiting
from services.distribution.domain.pickup import SLOT, day_of
from services.distribution.store import homes, moral, pickups
from services.distribution.store.coordination import queries
from services.distribution.store.tasks import queries as tasks
from services.distribution.usecases.coordinators import Coordinator
from services.distribution.usecases.shift import Goods, goods_of, name_of
from shared.access import seats
from shared.database.pool import Row, Transaction
from shared.reference.model import Reference

SPOILS_WITHIN = timedelta(days=2)


@dataclass(frozen=True)
class Waiting:
    """A household that waits for goods, and what it is told."""

    row: Row
    text: str


@dataclass(frozen=True)
class Spoiling:
    """A lot that spoils soon."""

    row: Row
    name: str


@dataclass(frozen=True)
class Overview:
    """A place as it stands. `counts` are of all, also of what is not listed because a list has an end.

    `doors` are counts by RW; `packets` come with the late ones first; `devices` are phones by team; `unread` are notes.
    """

    counts: Row
    packets: Sequence[Row]
    doors: Sequence[Row]
    teams: Sequence[Row]
    devices: Mapping[str, Sequence[Row]]
    conflicts: Sequence[Row]
    cases: Sequence[Row]
    waiting: Sequence[Waiting]
    spoiling: Sequence[Spoiling]
    pickups: Sequence[Row]
    help: Row
    unread: int


@dataclass(frozen=True)
class Packet:
    """One packet with its way: hands, reports, what its household says, and what was decided about it."""

    row: Row
    goods: tuple[Goods, ...]
    hands: Sequence[Row]
    reports: Sequence[Row]
    acts: Sequence[Row]
    teams: Sequence[Row]
    case: Row | None


async def load(tx: Transaction, city: Reference, who: Coordinator, now: datetime) -> Overview:
    """A coordinator's place now."""
    of: dict[str, Any] = {"tenant": city.tenant, "kelurahans": city.kelurahan_of(who.place)}
    today = datetime.combine(city.date_of(now), time(), city.zone)
    before = now + SPOILS_WITHIN
    teams = await _teams(tx, city, who, now)
    return Overview(
        counts=await queries.count_headlines(tx, **of, now=now, before=before),
        packets=await queries.list_in_work(tx, **of, now=now),
        doors=await queries.count_by_rw(tx, **of, since=today, now=now),
        teams=teams,
        devices=await _devices(tx, city, teams, now),
        conflicts=[row for row in await tasks.list_conflicts(tx, **of) if row["decision"] is None],
        cases=[row for row in await homes.queries.list_cases(tx, **of) if row["replied_at"] is None],
        waiting=[_waiting(row, city) for row in await queries.list_waiting(tx, **of)],
        spoiling=[
            Spoiling(row, row["name"] or name_of(row["sku"], city))
            for row in await queries.list_expiring(tx, **of, before=before)
        ],
        pickups=await pickups.queries.list_awaited(tx, **of, since=day_of(now, city.zone), over=now - SLOT),
        help=await moral.queries.count_help(tx, **of, places=[who.place, *city.kelurahan_of(who.place)]),
        unread=len(await moral.queries.list_unread(tx, tenant=city.tenant)),
    )


async def find_packet(
    tx: Transaction, city: Reference, who: Coordinator, task_id: UUID, now: datetime
) -> Packet | None:
    """One packet of a coordinator's place."""
    places = city.kelurahan_of(who.place)
    row = await queries.find_packet(tx, tenant=city.tenant, task_id=task_id, kelurahans=places)
    if row is None:
        return None
    of = {"tenant": city.tenant, "task_id": task_id}
    return Packet(
        row,
        goods_of(row["contents"], city),
        await tasks.list_hand_overs(tx, **of),
        await queries.list_reports(tx, **of),
        await queries.list_acts(tx, **of),
        [team for team in await _teams(tx, city, who, now) if _may_get(team, row["team"])],
        await homes.queries.find_case(tx, **of),
    )


async def _teams(tx: Transaction, city: Reference, who: Coordinator, now: datetime) -> Sequence[Row]:
    kelurahans = city.kelurahan_of(who.place)
    today = datetime.combine(city.date_of(now), time(), city.zone)
    places = [who.place, *kelurahans]
    rows: Sequence[Row] = await queries.list_teams(
        tx, tenant=city.tenant, kelurahans=kelurahans, places=places, since=today
    )
    return rows


async def _devices(
    tx: Transaction, city: Reference, teams: Sequence[Row], now: datetime
) -> Mapping[str, Sequence[Row]]:
    """The phones of the place's own teams, by team."""
    names = [team["team"] for team in teams if team["place"]]
    found: dict[str, list[Row]] = {name: [] for name in names}
    for row in await seats.devices_of(tx, city.tenant, names, now=now):
        found[row["seat"]].append(row)
    return found


def _may_get(team: Row, holder: str) -> bool:
    """Whether a packet can be given to a team: it works with the field page, works now, and does not have it."""
    return bool(team["place"]) and team["paused_at"] is None and team["team"] != holder


def _waiting(row: Row, city: Reference) -> Waiting:
    promised = row["promised_at"].astimezone(city.zone) if row["promised_at"] else None
    return Waiting(row, explain_waiting(row["reason"], promised, "auditor"))

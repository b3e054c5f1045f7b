"""A team chooses when it fetches its packets at the lumbung of its kelurahan."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime

from services.distribution.domain.pickup import SLOT, day_of, free_of, slots_of, turn_of
from services.distribution.store.pickups import queries
from services.distribution.usecases.teams import Team
from shared.database.pool import Row, Transaction
from shared.reference.model import Reference


@dataclass(frozen=True)
class Slot:
    """A quarter of an hour at a lumbung."""

    begins: datetime
    ends: datetime


@dataclass(frozen=True)
class Choice:
    """The time that a team has chosen, and those that it can choose."""

    chosen: Slot | None
    free: tuple[Slot, ...]


async def load(tx: Transaction, city: Reference, team: Team, now: datetime) -> Choice:
    """What a team can choose; nothing for one of a kecamatan, which fetches packets from other teams."""
    if team.place not in city.kelurahan:
        return Choice(None, ())
    rows = await _rows(tx, city, team, now)
    own = next((row["slot_at"] for row in rows if row["team"] == team.name), None)
    slots = slots_of(day_of(now, city.zone), city.zone)
    return Choice(_slot(own) if own else None, tuple(map(_slot, free_of(slots, _taken(rows, team), now))))


async def choose(tx: Transaction, city: Reference, team: Team, begins: datetime, now: datetime) -> str:
    """Choose a time, or another one; answers `chosen`, or `SLOT_FULL` when it is not there to be chosen (any more)."""
    if team.place not in city.kelurahan:
        return "SLOT_FULL"
    await queries.claim_lumbung(tx, tenant=city.tenant, kelurahan=team.place)
    taken = _taken(await _rows(tx, city, team, now), team)
    day = day_of(now, city.zone)
    turn = turn_of(taken.get(begins, ()))
    if begins not in free_of(slots_of(day, city.zone), taken, now) or turn is None:
        return "SLOT_FULL"
    of = {"tenant": city.tenant, "kelurahan": team.place, "day": day, "team": team.name}
    await queries.save_pickup(tx, **of, slot_at=begins, turn=turn)
    return "chosen"


async def _rows(tx: Transaction, city: Reference, team: Team, now: datetime) -> list[Row]:
    rows: list[Row] = await queries.list_pickups(
        tx, tenant=city.tenant, kelurahans=[team.place], day=day_of(now, city.zone)
    )
    return rows


def _taken(rows: list[Row], team: Team) -> dict[datetime, list[int]]:
    """The turns that other teams have."""
    taken: dict[datetime, list[int]] = {}
    for row in rows:
        if row["team"] != team.name:
            taken.setdefault(row["slot_at"], []).append(row["turn"])
    return taken


def _slot(begins: datetime) -> Slot:
    return Slot(begins, begins + SLOT)

"""A team that takes doors is given a time to fetch their packets at the lumbung, and may choose another one."""

from __future__ import annotations

from collections import defaultdict
from dataclasses import dataclass
from datetime import datetime

from services.distribution.domain.pickup import LATE, SLOT, day_of, first_free, free_of, slots_of, turn_of
from services.distribution.store.pickups import queries
from services.distribution.usecases.teams import Team
from shared.database.pool import Row, Transaction
from shared.reference.model import Reference


@dataclass(frozen=True)
class Slot:
    """A quarter of an hour at a lumbung."""

    begins: datetime

    @property
    def ends(self) -> datetime:
        """When the next teams come."""
        return self.begins + SLOT

    @property
    def waits_until(self) -> datetime:
        """Until when the doors of a team that is late stay its own."""
        return self.ends + LATE


@dataclass(frozen=True)
class Turn:
    """The time that a team has at the lumbung of a kelurahan, whether it `is_over`, and those that it can choose."""

    kelurahan: str
    chosen: Slot | None
    is_over: bool
    free: tuple[Slot, ...]


async def load(tx: Transaction, city: Reference, team: Team, now: datetime) -> list[Turn]:
    """A team's times: at its own lumbung, or for one of a kecamatan at those where it was given one."""
    places = city.kelurahan_of(team.place)
    rows = await _rows(tx, city, places, now)
    own = _own(rows, team.name, now)
    mine = places if team.place in city.kelurahan else [place for place in places if place in own]
    slots, found = slots_of(day_of(now, city.zone), city.zone), []
    for place in mine:
        taken = _taken(rows, place, but=team.name)
        free = tuple(Slot(begins) for begins in free_of(slots, taken, now, city.teams_per_slot))
        chosen = own.get(place)
        found.append(Turn(place, chosen, chosen is not None and chosen.ends <= now, free))
    return found


async def give(tx: Transaction, city: Reference, team: str, kelurahan: str, now: datetime) -> Slot | None:
    """The time at which a team fetches what it takes: that which it has, else the first with room.

    None when this day and the next are full: it chooses one later. Who chooses or is given one at the same lumbung
    waits for this transaction.
    """
    await queries.claim_lumbung(tx, tenant=city.tenant, kelurahan=kelurahan)
    rows = await _rows(tx, city, [kelurahan], now)
    own = _own(rows, team, now).get(kelurahan)
    if own is not None and own.ends > now:
        return own
    taken = _taken(rows, kelurahan, but=team)
    begins = first_free(taken, now, city.zone, city.teams_per_slot)
    if begins is None:
        return None
    await _save(tx, city, team, kelurahan, begins, taken)
    return Slot(begins)


async def choose(tx: Transaction, city: Reference, team: Team, kelurahan: str, begins: datetime, now: datetime) -> str:
    """Choose another time; answers `chosen`, or `SLOT_FULL` when it is not there to be chosen (any more).

    The doors that wait to be fetched there wait for it, also when the team was late.
    """
    if kelurahan not in city.kelurahan_of(team.place):
        return "SLOT_FULL"
    await queries.claim_lumbung(tx, tenant=city.tenant, kelurahan=kelurahan)
    taken = _taken(await _rows(tx, city, [kelurahan], now), kelurahan, but=team.name)
    slots = slots_of(day_of(now, city.zone), city.zone)
    if begins not in free_of(slots, taken, now, city.teams_per_slot):
        return "SLOT_FULL"
    await _save(tx, city, team.name, kelurahan, begins, taken)
    of = {"tenant": city.tenant, "team": team.name, "kelurahan": kelurahan}
    await queries.extend_leases(tx, **of, until=Slot(begins).waits_until)
    return "chosen"


async def _save(
    tx: Transaction,
    city: Reference,
    team: str,
    kelurahan: str,
    begins: datetime,
    taken: dict[datetime, list[int]],
) -> None:
    turn = turn_of(taken.get(begins, ()), city.teams_per_slot)
    of = {"tenant": city.tenant, "kelurahan": kelurahan, "day": city.date_of(begins), "team": team}
    await queries.save_pickup(tx, **of, slot_at=begins, turn=turn)


async def _rows(tx: Transaction, city: Reference, kelurahans: list[str], now: datetime) -> list[Row]:
    of = {"tenant": city.tenant, "kelurahans": kelurahans}
    rows: list[Row] = await queries.list_pickups(tx, **of, since=day_of(now, city.zone))
    return rows


def _own(rows: list[Row], team: str, now: datetime) -> dict[str, Slot]:
    """A team's next time at each lumbung, or its last one where all are over."""
    found: dict[str, Slot] = {}
    for row in (row for row in rows if row["team"] == team):  # in the order of their time
        before = found.get(row["kelurahan"])
        if before is None or before.ends <= now:
            found[row["kelurahan"]] = Slot(row["slot_at"])
    return found


def _taken(rows: list[Row], kelurahan: str, *, but: str) -> dict[datetime, list[int]]:
    """The turns that other teams have."""
    taken: defaultdict[datetime, list[int]] = defaultdict(list)
    for row in rows:
        if row["team"] != but and row["kelurahan"] == kelurahan:
            taken[row["slot_at"]].append(row["turn"])
    return taken

"""What a team sees of its shift: doors in hand in walking order, doors that are free, packets that were recalled."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from datetime import datetime
from typing import Any
from uuid import UUID

import orjson

from services.distribution.domain.explain import explain
from services.distribution.domain.route import Stop, in_order, is_outside
from services.distribution.domain.task import Task, meanwhile
from services.distribution.store import people as people_store
from services.distribution.store.field import queries
from services.distribution.usecases.teams import SHIFT, Team
from shared.contracts.field import People
from shared.database.pool import Row, Transaction
from shared.reference.model import Reference


@dataclass(frozen=True)
class Goods:
    """Pieces of one lot in a packet."""

    lot_id: UUID
    sku: str
    name: str
    quantity: int


@dataclass(frozen=True)
class Door:
    """One door with its packet; `people` only of what the team has accepted, while they are kept.

    `by_chair`: whether its packet may be left with the chair of the RT or RW. `is_outside`: its position, as somebody
    told it, is out of a city that nobody leaves now. `is_same_house`: its family lives with that of the door before it.
    """

    task_id: UUID
    kelurahan: str
    status: str
    version: int
    rw: int | None
    custody: str
    holder: str
    lease_until: datetime | None
    retry_at: datetime | None
    deliver_before: datetime
    text: str
    goods: tuple[Goods, ...]
    by_chair: bool
    people: People | None = None
    is_outside: bool = False
    is_same_house: bool = False


@dataclass(frozen=True)
class Shift:
    """The doors of a team: `mine` in the order in which they are walked, `free` ones, and what goes `back` or, when it
    still lies in the lumbung, need not be fetched.
    """

    mine: tuple[Door, ...]
    free: tuple[Door, ...]
    back: tuple[Door, ...]

    @property
    def in_hand(self) -> int:
        """Accepted doors."""
        return sum(door.status == "accepted" for door in self.mine)

    @property
    def to_fetch(self) -> list[Door]:
        """Doors of the team whose packets still lie in the lumbung."""
        return [door for door in self.mine if door.custody == "lumbung"]


async def load(tx: Transaction, city: Reference, team: Team, seal_key: bytes, now: datetime) -> Shift:
    """What a team sees now. People are opened for what it has accepted, and for nothing else."""
    rows = await queries.list_doors(
        tx,
        tenant=city.tenant,
        team=team.name,
        is_paused=team.is_paused,
        kelurahans=city.kelurahan_of(team.place),
        escalated=team.place not in city.kelurahan,
        since=now - SHIFT,
    )
    own = [row for row in rows if row["status"] in ("accepted", "failed")]
    people = await people_store.read_all(
        tx,
        city.tenant,
        {row["household_id"] for row in own},
        seal_key,
        reader=team.name,
        purpose="delivery",
        now=now,
    )
    ppkm = city.ppkm_at(now)
    stays = ppkm is not None and ppkm.stays_in_city
    centres = [(city.regions[code].lat, city.regions[code].lon) for code in city.kelurahan] if stays else []
    mine = {row["task_id"]: _door(row, city, people.get(row["household_id"]), centres) for row in own}
    houses = {row["task_id"]: row["house_key"] or "" for row in rows}  # they say what is one trip, and stay here
    stops = [
        Stop(door.task_id, door.rw, None if door.is_outside else _position(door.people), houses[door.task_id])
        for door in mine.values()
    ]
    return Shift(
        _by_house([mine[stop.task_id] for stop in in_order(stops)], houses),
        _by_house([_door(row, city) for row in rows if row["status"] == "assigned"], houses),
        tuple(_door(row, city) for row in rows if row["status"] == "recalled"),
    )


@dataclass(frozen=True)
class Change:
    """A door that a team does not have any more: `code` is that of `meanwhile`; `is_own`: by its own report."""

    task_id: UUID
    code: str
    is_own: bool


async def changes(tx: Transaction, city: Reference, team: Team, ids: Sequence[UUID]) -> list[Change]:
    """What became of doors that a team's page showed, as far as it does not have them any more."""
    rows = await queries.list_states(
        tx,
        tenant=city.tenant,
        ids=list(ids),
        kelurahans=city.kelurahan_of(team.place),
        escalated=team.place not in city.kelurahan,
    )
    found = []
    for row in rows:
        task = Task(row["status"], 0, row["goods"], row["team"], holder=row["holder"], asked=row["asked"])
        if code := meanwhile(task, team.name):
            found.append(Change(row["task_id"], code, task.team == team.name))
    return found


def _by_house(doors: Sequence[Door], houses: Mapping[UUID, str]) -> tuple[Door, ...]:
    """Doors in their order, those marked that are one trip with the one before."""
    keys = [houses[door.task_id] for door in doors]
    pairs = zip(doors, keys, ["", *keys], strict=False)
    return tuple(replace(door, is_same_house=bool(key) and key == before) for door, key, before in pairs)


def _door(row: Row, city: Reference, people: People | None = None, centres: Sequence[tuple[float, float]] = ()) -> Door:
    """`centres` are those of the city's kelurahan while nobody leaves it, else none."""
    position = _position(people) if centres else None
    return Door(
        row["task_id"],
        city.regions[row["kelurahan"]].name,
        row["status"],
        row["version"],
        row["rw"],
        row["custody"],
        row["holder"],
        row["lease_until"],
        row["retry_at"],
        row["deliver_before"],
        explain(row["why"], "volunteer"),
        goods_of(row["goods"], city),
        city.regions[row["kelurahan"]].by_chair,
        people,
        position is not None and is_outside(position, centres),
    )


def goods_of(told: str, city: Reference) -> tuple[Goods, ...]:
    """The goods of a packet, from the store's JSON: lot, sku, told name, pieces."""
    lines: list[list[Any]] = orjson.loads(told)
    return tuple(Goods(UUID(lot), sku, name or name_of(sku, city), quantity) for lot, sku, name, quantity in lines)


def name_of(sku: str, city: Reference) -> str:
    """What a product is called."""
    product = city.products.get(sku)
    return product.name if product else sku


def _position(people: People | None) -> tuple[float, float] | None:
    if people is None or people.lat is None or people.lon is None:
        return None
    return people.lat, people.lon

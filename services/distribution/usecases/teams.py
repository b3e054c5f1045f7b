"""Teams of volunteers that work with the field page: where, with how much, and which devices are signed in."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime, timedelta
from uuid import UUID

from services.distribution.store.field import queries
from shared.access import seats
from shared.access.seats import Seat
from shared.database.pool import Pool, Row, Transaction
from shared.errors import PeduliError
from shared.reference.model import Reference

SHIFT = timedelta(hours=10)  # a phone forgets what it knew of doors when the shift is over
CAPACITY = 12  # packets on a motorbike


class UnknownPlaceError(PeduliError):
    """No kelurahan or kecamatan of the city has this code."""


class InvalidTeamError(PeduliError):
    """A team's name has no `/`: seats of other kinds have one."""


class NoQueueError(PeduliError):
    """A kecamatan has no queue: what was escalated to its team is asked for over HTTP."""


class UnknownTeamError(PeduliError):
    """No team of this name works with the field page."""


@dataclass(frozen=True)
class Team:
    """A team of a city: it sees the doors of its `place`, or what was escalated to it when that is a kecamatan.

    While it `is_paused` it brings what it has in hand, and takes no more.
    """

    tenant: str
    name: str
    place: str
    capacity: int
    is_paused: bool = False


async def add(tx: Transaction, city: Reference, name: str, place: str, capacity: int) -> None:
    """Add a team, or give it another place or capacity. Raises `UnknownPlaceError`, `InvalidTeamError`."""
    if "/" in name:
        raise InvalidTeamError
    if not city.kelurahan_of(place):
        raise UnknownPlaceError(f"{city.name} has no {place}", hint="regions.csv names them, such as 32.76.06.1001")
    await queries.save_team(tx, tenant=city.tenant, team=name, place=place, capacity=capacity)


async def find(tx: Transaction | Pool, tenant: str, name: str) -> Team | None:
    """The team of this name."""
    row = await queries.find_team(tx, tenant=tenant, team=name)
    return Team(tenant, row["team"], row["place"], row["capacity"], row["paused_at"] is not None) if row else None


async def kelurahan_of(tx: Transaction, city: Reference, name: str) -> str:
    """The kelurahan whose queue a program of this team reads. Raises `UnknownTeamError`, `NoQueueError`."""
    team = await _must_be(tx, city, name)
    if team.place not in city.kelurahan:
        raise NoQueueError(hint="`--kelurahan` names those whose tasks it takes all the same")
    return team.place


async def at_seat(tx: Transaction | Pool, seat: Seat) -> Team | None:
    """Whose seat this is; None when it is no team's."""
    return await find(tx, seat.tenant, seat.name)


async def make_link(tx: Transaction, city: Reference, name: str, *, now: datetime) -> str:
    """The token of a link that signs one device in, once, within a day. Raises `UnknownTeamError`."""
    return await seats.make_link(tx, await _seat(tx, city, name), now=now)


async def devices(tx: Transaction, city: Reference, name: str, *, now: datetime) -> list[Row]:
    """The devices that are signed in, or can be with their own PIN, as `seats.devices`. Raises `UnknownTeamError`."""
    return await seats.devices(tx, await _seat(tx, city, name), now=now)


async def revoke(tx: Transaction, city: Reference, name: str, device: UUID | None, *, now: datetime) -> bool:
    """Cut off one device with its PIN, or all of a team with their PINs and links; False when there is no such device.

    Raises `UnknownTeamError`.
    """
    seat = await _seat(tx, city, name)
    if device is not None:
        return await seats.revoke_device(tx, seat, device, now=now)
    await seats.revoke(tx, seat, now=now)
    return True


async def _seat(tx: Transaction, city: Reference, name: str) -> Seat:
    await _must_be(tx, city, name)
    return Seat(city.tenant, name)


async def _must_be(tx: Transaction, city: Reference, name: str) -> Team:
    team = await find(tx, city.tenant, name)
    if team is None:
        raise UnknownTeamError(f"{city.name} has no team {name}", hint="`peduli team add` makes one")
    return team

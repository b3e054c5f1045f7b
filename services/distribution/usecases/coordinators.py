"""Coordinators of a kelurahan or kecamatan: where, and the seat that they sign in at."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import timedelta

from services.distribution.store.coordination import queries
from services.distribution.usecases.teams import UnknownPlaceError
from shared.access.seats import Seat
from shared.database.pool import Pool, Transaction
from shared.errors import PeduliError
from shared.reference.model import Reference

DAY = timedelta(hours=12)  # of work at the kelurahan's desk
_SEAT = "koordinator/"  # so that no team's seat is a coordinator's, whatever its name


class UnknownCoordinatorError(PeduliError):
    """No coordinator has this name."""


@dataclass(frozen=True)
class Coordinator:
    """Who decides about the doors of his `place`: a kelurahan, or all of a kecamatan."""

    tenant: str
    name: str
    place: str


def seat_of(tenant: str, name: str) -> Seat:
    """Where a coordinator signs in."""
    return Seat(tenant, _SEAT + name)


async def add(tx: Transaction, city: Reference, name: str, place: str) -> None:
    """Add a coordinator, or give him another place. Raises `UnknownPlaceError`."""
    if not city.kelurahan_of(place):
        raise UnknownPlaceError(f"{city.name} has no {place}", hint="regions.csv names them, such as 32.76.06.1001")
    await queries.save_coordinator(tx, tenant=city.tenant, coordinator=name, place=place)


async def at_seat(tx: Transaction | Pool, seat: Seat) -> Coordinator | None:
    """Whose seat this is; None when it is no coordinator's."""
    if not seat.name.startswith(_SEAT):
        return None
    name = seat.name.removeprefix(_SEAT)
    place = await queries.find_coordinator(tx, tenant=seat.tenant, coordinator=name)
    return Coordinator(seat.tenant, name, place) if place else None


async def seat(tx: Transaction, city: Reference, name: str) -> Seat:
    """The seat of a coordinator who was added. Raises `UnknownCoordinatorError`."""
    found = seat_of(city.tenant, name)
    if await at_seat(tx, found) is None:
        raise UnknownCoordinatorError(f"{city.name} has no {name}", hint="`peduli coordinator add` makes one")
    return found

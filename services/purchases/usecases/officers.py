"""The seats of units' reporting officers: who may be let in for which unit."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime, timedelta

from shared.access import seats
from shared.database.pool import Transaction
from shared.errors import PeduliError
from shared.reference.model import Reference

SESSION_LASTS = timedelta(hours=12)  # a day of work; an office PC is shared


class UnknownUnitError(PeduliError):
    """This unit is not in the city's reference data."""


@dataclass(frozen=True)
class Seat:
    """Whom a session speaks for: one unit of one city, and no other."""

    tenant: str
    unit_code: str

    @property
    def source(self) -> str:
        """The source of what is told here."""
        return f"/unit/{self.unit_code}"


async def make_link(tx: Transaction, city: Reference, unit_code: str, *, now: datetime) -> str:
    """The token of a new link that opens once within a day. Raises `UnknownUnitError`."""
    return await seats.make_link(tx, _seat(city, unit_code), now=now)


async def set_pin(tx: Transaction, city: Reference, unit_code: str, pin: str, *, now: datetime) -> None:
    """Give a unit a new PIN; who is signed in must come again. Raises `UnknownUnitError`, `InvalidPinError`."""
    await seats.set_pin(tx, _seat(city, unit_code), pin, now=now)


async def revoke(tx: Transaction, city: Reference, unit_code: str, *, now: datetime) -> None:
    """End every session, PIN and link of a unit. Raises `UnknownUnitError`."""
    await seats.revoke(tx, _seat(city, unit_code), now=now)


def _seat(city: Reference, unit_code: str) -> seats.Seat:
    if unit_code not in city.units:
        raise UnknownUnitError(f"{city.name} has no unit {unit_code}", hint="GET /v1/registry or units.csv names them")
    return seats.Seat(city.tenant, unit_code)

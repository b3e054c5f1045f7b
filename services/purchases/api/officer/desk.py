"""What every page of the reporting officer stands on: who she is, the form she sent, and the page she sees."""

from __future__ import annotations

import contextlib
from collections.abc import AsyncIterator
from dataclasses import dataclass
from datetime import date
from pathlib import Path
from typing import Any

from fastapi import HTTPException, Request
from fastapi.responses import HTMLResponse

from services.purchases.usecases.judging import Keys
from services.purchases.usecases.officers import Seat
from shared.clock import Clock
from shared.database.pool import Pool, Transaction
from shared.reference.model import FIRST_PROGRAMME, Reference, Unit
from shared.reference.store import Cities
from shared.web.forms import Form, form_key, read_form
from shared.web.pages import Pages
from shared.web.signing import Doorkeeper

SESSION = "peduli_sesi"
TEMPLATES = Path(__file__).parent.parent / "templates"


@dataclass(frozen=True)
class Officer:
    """Somebody who is signed in for one unit; `token` is of her session."""

    seat: Seat
    city: Reference
    unit: Unit
    token: str


@dataclass(frozen=True)
class Desk:
    """The means of the pages. `clock` gives the present moment."""

    pool: Pool
    cities: Cities
    keys: Keys
    clock: Clock
    pages: Pages
    doorkeeper: Doorkeeper

    @contextlib.asynccontextmanager
    async def transaction(self) -> AsyncIterator[Transaction]:
        """A transaction of this door."""
        async with self.pool.acquire() as tx, tx.transaction():
            yield tx

    async def officer(self, request: Request) -> Officer:
        """Who is signed in; sends anybody else to the sign-in page."""
        session = await self.doorkeeper.session(request)
        seat = Seat(session.seat.tenant, session.seat.name) if session and not session.is_revoked else None
        city = self.cities.get(seat.tenant) if seat else None
        unit = city.units.get(seat.unit_code) if city and seat else None
        if seat is None or city is None or unit is None:
            raise HTTPException(303, headers={"Location": "/masuk"})
        return Officer(seat, city, unit, request.cookies[SESSION])

    async def form(self, request: Request, officer: Officer) -> Form:
        """What she sent; raises `ForeignFormError` when it did not come from a page that was shown to her."""
        return await read_form(request, self.keys.hash_key, officer.token)

    def today(self, city: Reference) -> date:
        """The calendar day of the city."""
        return city.date_of(self.clock())

    def show(self, officer: Officer, template: str, status: int = 200, **context: Any) -> HTMLResponse:
        """A page for her."""
        mine = {
            "city": officer.city,
            "unit": officer.unit,
            "zone": officer.city.zone,
            "now": self.clock(),
            "today": self.today(officer.city),
            "programmes": sorted(officer.city.programmes.items()),
            "key": form_key(self.keys.hash_key, officer.token),
            "errors": {},
            "labels": {},
        }
        return self.pages.show(template, status, {**mine, **context})


def programme_of(city: Reference, chosen: str = "") -> str:
    """The cause that a page speaks of: the chosen one, else isoman, or the first of a city that has others only."""
    if chosen in city.programmes:
        return chosen
    return FIRST_PROGRAMME if FIRST_PROGRAMME in city.programmes else min(city.programmes)

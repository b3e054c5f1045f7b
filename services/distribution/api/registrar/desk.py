"""What every page of a registrar stands on: who he is, the form he sent, and the page he sees.

He signs in with his token. The cookie holds it sealed, with an end: it opens nothing elsewhere and dies with the token.
"""

from __future__ import annotations

import base64
import binascii
import contextlib
from collections.abc import AsyncIterator
from dataclasses import dataclass
from datetime import datetime, timedelta
from pathlib import Path
from typing import Any

import orjson
from cryptography.exceptions import InvalidTag
from fastapi import HTTPException, Request
from fastapi.responses import HTMLResponse

from services.distribution.api.households import OPEN_DOOR
from services.distribution.usecases.households import Keys
from shared.access.model import EVERYTHING, Principal, Scope
from shared.access.store import Directory
from shared.clock import Clock
from shared.database.pool import Pool, Transaction
from shared.privacy import seal, unseal
from shared.reference.model import Reference
from shared.reference.store import Cities
from shared.web.forms import Form, form_key, read_form
from shared.web.pages import Pages

SESSION = "peduli_pendaftar"
SESSION_LASTS = timedelta(hours=12)  # a day of work
TEMPLATES = Path(__file__).parent.parent / "templates"
SIGN_IN = "/keluarga/masuk"
PAGE_SOURCE = "/halaman/keluarga"  # who tells where no token is asked for
_BOUND = "registrar session"


@dataclass(frozen=True)
class Registrar:
    """Somebody who is signed in; without `principal` the doors are open. `session` is his cookie."""

    city: Reference
    principal: Principal | None
    session: str

    @property
    def scope(self) -> Scope:
        """The kelurahan that he tells of."""
        return self.principal.scope if self.principal else EVERYTHING

    @property
    def name(self) -> str:
        """Under which his readings of personal data are written down."""
        return self.principal.name if self.principal else OPEN_DOOR

    @property
    def source(self) -> str:
        """Under which he tells."""
        return self.principal.scope.only_source if self.principal else PAGE_SOURCE

    @property
    def places(self) -> list[tuple[str, str]]:
        """His kelurahan, each with its kecamatan: Depok has two Curug."""
        regions = self.city.regions
        return [
            (code, f"{regions[code].name} ({regions[regions[code].kecamatan_code].name})")
            for code in self.city.kelurahan
            if self.scope.has_unit(code)
        ]


@dataclass(frozen=True)
class Desk:
    """The means of the pages. `clock` gives the present moment."""

    pool: Pool
    cities: Cities
    directory: Directory
    keys: Keys
    clock: Clock
    pages: Pages

    @contextlib.asynccontextmanager
    async def transaction(self) -> AsyncIterator[Transaction]:
        """A transaction of this door."""
        async with self.pool.acquire() as tx, tx.transaction():
            yield tx

    def session(self, token: str, tenant: str) -> str:
        """A cookie for who has this token."""
        until = (self.clock() + SESSION_LASTS).timestamp()
        box = seal(self.keys.seal_key, orjson.dumps([token, tenant, until]), bound_to=_BOUND)
        return base64.urlsafe_b64encode(box).decode()

    def registrar(self, request: Request) -> Registrar:
        """Who is signed in; sends anybody else to the sign-in page."""
        session = request.cookies.get(SESSION, "")
        found = self._find(session, is_open=request.app.state.open_doors) if session else None
        if found is None:
            raise HTTPException(303, headers={"Location": SIGN_IN})
        return found

    def _find(self, session: str, *, is_open: bool) -> Registrar | None:
        try:
            box = base64.urlsafe_b64decode(session)
            token, tenant, until = orjson.loads(unseal(self.keys.seal_key, box, bound_to=_BOUND))
        except (binascii.Error, ValueError, InvalidTag):
            return None
        principal = self.directory.find(token, self.clock()) if token else None
        city = self.cities.get(principal.tenant if principal else tenant)
        is_somebody = principal.role == "puskesmas" if principal else is_open and not token
        is_good = is_somebody and until > self.clock().timestamp()
        return Registrar(city, principal, session) if city and is_good else None

    async def form(self, request: Request, registrar: Registrar) -> Form:
        """What he sent; raises `ForeignFormError` when it did not come from a page that was shown to him."""
        return await read_form(request, self.keys.hash_key, registrar.session)

    def show(self, registrar: Registrar, template: str, status: int = 200, **context: Any) -> HTMLResponse:
        """A page for him."""
        now: datetime = self.clock()
        mine = {
            "city": registrar.city,
            "zone": registrar.city.zone,
            "now": now,
            "today": registrar.city.date_of(now),
            "who": registrar.name,
            "key": form_key(self.keys.hash_key, registrar.session),
            "errors": {},
            "labels": {},
        }
        return self.pages.show(template, status, {**mine, **context})

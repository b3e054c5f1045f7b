"""What every dashboard page stands on: whose numbers they are, how old they are, and the page itself."""

from __future__ import annotations

import contextlib
from collections.abc import AsyncIterator
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from fastapi.responses import HTMLResponse

from services.reporting.documents import charts
from services.reporting.store.dashboard import queries
from shared.clock import Clock
from shared.database.pool import Pool, Row, Transaction
from shared.reference.model import Reference
from shared.web.pages import Pages

TEMPLATES = Path(__file__).parent / "templates"


@dataclass(frozen=True)
class Desk:
    """The means of the pages. `clock` gives the present moment."""

    pool: Pool
    clock: Clock
    pages: Pages

    @contextlib.asynccontextmanager
    async def reading(self) -> AsyncIterator[Transaction]:
        """All numbers of a page are of one moment."""
        async with self.pool.acquire() as tx, tx.transaction(isolation="repeatable_read", readonly=True):
            yield tx

    async def state(self, tx: Transaction, city: Reference) -> str:
        """What changes when a city's numbers do, or the counting stops or goes on."""
        return _state(await queries.load_freshness(tx, tenant=city.tenant))

    @contextlib.asynccontextmanager
    async def changing(self) -> AsyncIterator[Transaction]:
        """A transaction that keeps something."""
        async with self.pool.acquire() as tx, tx.transaction():
            yield tx

    async def show(
        self, tx: Transaction, city: Reference, template: str, *, status: int = 200, **context: Any
    ) -> HTMLResponse:
        """A page with the moment up to which its numbers go."""
        fresh = await queries.load_freshness(tx, tenant=city.tenant)
        mine = {
            "state": _state(fresh),
            "city": city,
            "zone": city.zone,
            "now": self.clock(),
            "fresh": fresh,
            "charts": charts,
        }
        return self.pages.show(template, status, {**mine, **context})


def _state(fresh: Row) -> str:
    at = fresh["as_of_at"].isoformat() if fresh["as_of_at"] else "-"
    return f"{at} {'stale' if fresh['is_stale'] else 'live'}"

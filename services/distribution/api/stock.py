"""The HTTP door of the lumbung: what lies where, what happened to a lot, and what its officers say of it."""

from __future__ import annotations

from typing import Annotated, Any
from uuid import UUID

from fastapi import APIRouter, Query
from fastapi.responses import JSONResponse
from pydantic import BaseModel, ConfigDict, Field, StrictInt

from services.distribution.domain.adjustment import Adjustment, Kind
from services.distribution.store import stock as store
from services.distribution.usecases.adjusting import adjust
from shared.clock import now
from shared.contracts.reasons import Reason
from shared.database.pool import Pool
from shared.web.caller import AnyCaller, Source, only
from shared.web.city import City
from shared.web.problems import NOT_FOUND, NotFoundError, problem

OFFICERS, LOOKERS = [only("warehouse")], [only("warehouse", "reader")]


class AdjustmentTold(BaseModel):
    """What an officer of the lumbung says of a lot, and why; the note is kept, and goes nowhere else."""

    model_config = ConfigDict(extra="forbid")

    adjustment_id: UUID = Field(description="made by the sender: a resend is harmless")
    lot_id: UUID
    kind: Kind = Field(
        description="damage, count (pieces that lie there), withdrawal (the whole lot) or opening (of kits)"
    )
    pieces: Annotated[
        StrictInt, Field(ge=0, le=10**6, description="damaged or counted, kits opened; 0 for a withdrawal")
    ]
    note: str = Field(min_length=3, max_length=500, description="why")


def router(pool: Pool) -> APIRouter:
    """Routes over `pool`."""
    routes = APIRouter(prefix="/stock")

    @routes.get("", dependencies=LOOKERS)
    async def list_stock(
        kelurahan: Annotated[str, Query(max_length=20, description="its code")], city: City
    ) -> list[dict[str, Any]]:
        """Lots in a kelurahan with pieces that are there or may come back; those that spoil first come first."""
        return [_shown(row) for row in await store.queries.list_stock(pool, tenant=city.tenant, kelurahan=kelurahan)]

    @routes.get("/{lot_id}", responses=NOT_FOUND, dependencies=LOOKERS)
    async def read_lot(lot_id: UUID, city: City) -> dict[str, Any]:
        """A lot with every movement of its pieces, and what officers said of it."""
        row = await store.queries.find_lot(pool, tenant=city.tenant, lot_id=lot_id)
        if row is None:
            raise NotFoundError
        return {
            **_shown(row),
            "entries": [dict(entry) for entry in await store.queries.list_entries(pool, lot_id=lot_id)],
            "adjustments": [dict(said) for said in await store.queries.list_adjustments(pool, lot_id=lot_id)],
        }

    @routes.post("/adjustments", responses=NOT_FOUND, dependencies=OFFICERS)
    async def adjust_lot(body: AdjustmentTold, caller: AnyCaller, city: City, source: Source) -> JSONResponse:
        """Write off damage, a difference at a count, or a whole lot: packets that need those pieces are recalled. Or
        open kits that no packet holds: what was in them can go to other doors.
        """
        lot = await store.queries.find_lot(pool, tenant=city.tenant, lot_id=body.lot_id)
        if lot is None:
            raise NotFoundError
        caller.require_unit(lot["kelurahan"])
        said = Adjustment(**body.model_dump(), told_by=source)
        async with pool.acquire() as tx, tx.transaction():
            verdict = await adjust(tx, said, reference=city, now=now())
        if verdict.outcome != "adjusted":
            return problem(422, "Penyesuaian ditolak", reasons=[Reason.of(verdict.outcome, "pieces")])
        answer = {"adjustment_id": str(body.adjustment_id), "outcome": verdict.outcome, "moved": verdict.moved}
        return JSONResponse(answer)

    return routes


def _shown(row: Any) -> dict[str, Any]:
    """A lot as it is shown: its state, and the accounts that are not empty."""
    lot = store.lot_of(row)
    names = (
        "lot_id",
        "purchase_id",
        "line_no",
        "sku",
        "kelurahan",
        "expires_at",
        "storage",
        "withdrawn_at",
        "kit_lot_id",
    )
    balances = {account: pieces for account, pieces in lot.balances.items() if pieces}
    return {**{name: row[name] for name in names}, "state": lot.state, "balances": balances}

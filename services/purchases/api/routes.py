"""The HTTP door of the purchases service: the same path, ids and answers as the broker's."""

from __future__ import annotations

from typing import Annotated, Any
from uuid import UUID

import orjson
from fastapi import APIRouter, Body, Request
from fastapi.responses import JSONResponse
from pydantic import BaseModel

from services.purchases.api import lookup
from services.purchases.store.pledges import queries as pledge_queries
from services.purchases.store.purchases import queries
from services.purchases.usecases.intake import submit
from services.purchases.usecases.judging import Incoming, Keys, Verdict
from services.purchases.usecases.pledges import IncomingPledge, pledge
from shared.clock import now
from shared.contracts.reasons import Reason
from shared.contracts.schema import inlined
from shared.contracts.submissions import PledgeSubmission, PurchaseSubmission
from shared.database.pool import Pool
from shared.ids import new_id
from shared.reference.store import Cities
from shared.web.caller import AnyCaller, Source, only
from shared.web.city import City
from shared.web.problems import NOT_FOUND, PROBLEMS, NotFoundError, problem

MOST = 500  # submissions in one request
PUBLISHERS, READERS = [only("publisher")], [only("publisher", "reader")]


def _body(schema: dict[str, Any]) -> dict[str, Any]:
    """Describes a body that the route reads itself, because every reason against it is told at once."""
    return {"requestBody": {"required": True, "content": {"application/json": {"schema": schema}}}}


_ONE = inlined(PurchaseSubmission)
ONE_OR_MANY = _body({"oneOf": [_ONE, {"type": "array", "items": _ONE, "minItems": 1, "maxItems": MOST}]})


class Answer(BaseModel):
    """What became of one purchase: recorded, known (told before), waiting or rejected.

    `told_by`: another source that had told of the same receipt before.
    """

    purchase_id: UUID
    reference: str
    outcome: str
    version: int
    told_by: str
    reasons: tuple[Reason, ...]


def router(pool: Pool, cities: Cities, keys: Keys) -> APIRouter:
    """Routes over `pool`."""
    routes = APIRouter(prefix="/v1", responses=PROBLEMS)

    @routes.post(
        "/purchases",
        status_code=202,
        responses={202: {"model": Answer | list[Answer]}},
        openapi_extra=ONE_OR_MANY,
        dependencies=PUBLISHERS,
    )
    async def submit_purchases(request: Request, caller: AnyCaller, city: City, source: Source) -> JSONResponse:
        """Tell one purchase (an object) or up to 500 (a list). A resend gets the same answer and has no effect."""
        try:
            body = orjson.loads(await request.body())
        except orjson.JSONDecodeError:
            return problem(422, "Isi tidak dapat dibaca", reasons=[Reason.of("INVALID_JSON")])
        raws: list[Any] = body if isinstance(body, list) else [body]
        if not raws or len(raws) > MOST or not all(isinstance(raw, dict) for raw in raws):
            return problem(422, f"Kirim satu objek, atau daftar 1-{MOST} objek")
        caller.take_purchases(len(raws))
        incoming = [Incoming(new_id(), "submitted", city.tenant, source, raw, caller.scope) for raw in raws]
        async with pool.acquire() as tx, tx.transaction():
            verdicts = await submit(tx, incoming, cities=cities, keys=keys, now=now())
        if isinstance(body, list):
            return JSONResponse([_shown(verdict) for verdict in verdicts], 202)
        verdict = verdicts[0]
        if verdict.outcome == "rejected":
            return problem(422, "Pembelian ditolak", reasons=verdict.reasons)
        return JSONResponse(_shown(verdict), 202, {"Location": f"/v1/purchases/{verdict.purchase_id}"})

    @routes.post("/pledges", status_code=202, openapi_extra=_body(inlined(PledgeSubmission)), dependencies=PUBLISHERS)
    async def submit_pledge(
        body: Annotated[dict[str, Any], Body()], caller: AnyCaller, city: City, source: Source
    ) -> JSONResponse:
        """Tell what a unit promises for a round; told again, the last word counts."""
        caller.take_purchases(1)
        item = IncomingPledge(new_id(), city.tenant, source, body, caller.scope)
        async with pool.acquire() as tx, tx.transaction():
            verdict = (await pledge(tx, [item], cities=cities, now=now()))[0]
        if verdict.outcome == "rejected":
            return problem(422, "Janji ditolak", reasons=verdict.reasons)
        answer = {
            "pledge_id": str(verdict.pledge_id),
            "outcome": verdict.outcome,
            "version": verdict.version,
            "is_late": verdict.is_late,
        }
        return JSONResponse(answer, 202)

    @routes.get("/pledges", dependencies=READERS)
    async def read_pledges(unit_code: str, caller: AnyCaller, city: City) -> list[dict[str, Any]]:
        """The pledges of a unit, the latest round first."""
        caller.require_unit(unit_code)
        return [dict(row) for row in await pledge_queries.list_pledges(pool, tenant=city.tenant, unit_code=unit_code)]

    @routes.get("/purchases/{identity}", responses=NOT_FOUND, dependencies=READERS)
    async def read_purchase(identity: UUID, caller: AnyCaller, city: City) -> dict[str, Any]:
        """One purchase as it stands, for those who told of it (its receipt may have been told by several)."""
        row = await queries.find_purchase(pool, tenant=city.tenant, id=identity)
        if row is None:
            raise NotFoundError
        told_by = await queries.list_tellers(pool, purchase_id=identity)
        if not any(caller.scope.has_source(teller["source"]) for teller in told_by):
            raise NotFoundError
        return {**dict(row), "content": orjson.loads(row["content"])}

    routes.include_router(lookup.router(pool), dependencies=READERS)
    return routes


def _shown(verdict: Verdict) -> dict[str, Any]:
    answer = Answer(
        purchase_id=verdict.purchase_id,
        reference=verdict.reference,
        outcome=verdict.outcome,
        version=verdict.version,
        told_by=verdict.told_by,
        reasons=verdict.reasons,
    )
    return answer.model_dump(mode="json")

"""The HTTP door of the purchases service: the same path, ids and answers as the broker's."""

from __future__ import annotations

from typing import Annotated, Any
from uuid import UUID

import orjson
from fastapi import APIRouter, Header, Request
from fastapi.responses import JSONResponse
from pydantic import BaseModel

from services.purchases.api import lookup
from services.purchases.store.purchases import queries
from services.purchases.usecases.intake import Incoming, Keys, Verdict, submit
from shared.clock import now
from shared.contracts.reasons import Reason
from shared.contracts.schema import inlined
from shared.contracts.submissions import PurchaseSubmission
from shared.database.pool import Pool
from shared.ids import new_id
from shared.reference.model import Reference
from shared.web.problems import NOT_FOUND, PROBLEMS, NotFoundError, problem

MOST = 500  # submissions in one request

Source = Annotated[
    str, Header(alias="Peduli-Source", min_length=1, max_length=100, description="who tells, as in ce-source")
]
_ONE = inlined(PurchaseSubmission)
_BODY = {"oneOf": [_ONE, {"type": "array", "items": _ONE, "minItems": 1, "maxItems": MOST}]}
ONE_OR_MANY = {"requestBody": {"required": True, "content": {"application/json": {"schema": _BODY}}}}


class Answer(BaseModel):
    """What became of one purchase: recorded, known (told before), waiting or rejected."""

    purchase_id: UUID | None
    reference: str
    outcome: str
    version: int
    reasons: tuple[Reason, ...]


def router(pool: Pool, reference: Reference, keys: Keys) -> APIRouter:
    """Routes over `pool`."""
    routes = APIRouter(prefix="/v1", responses=PROBLEMS)

    @routes.post(
        "/purchases", status_code=202, responses={202: {"model": Answer | list[Answer]}}, openapi_extra=ONE_OR_MANY
    )
    async def submit_purchases(request: Request, source: Source) -> JSONResponse:
        """Tell one purchase (an object) or up to 500 (a list). A resend gets the same answer and has no effect."""
        try:
            body = orjson.loads(await request.body())
        except orjson.JSONDecodeError:
            return problem(422, "Isi tidak dapat dibaca", reasons=[Reason.of("INVALID_JSON")])
        raws: list[Any] = body if isinstance(body, list) else [body]
        if not raws or len(raws) > MOST or not all(isinstance(raw, dict) for raw in raws):
            return problem(422, f"Kirim satu objek, atau daftar 1-{MOST} objek")
        incoming = [Incoming(new_id(), "submitted", source, raw) for raw in raws]
        async with pool.acquire() as tx, tx.transaction():
            verdicts = await submit(tx, incoming, reference=reference, keys=keys, now=now())
        if isinstance(body, list):
            return JSONResponse([_shown(verdict) for verdict in verdicts], 202)
        verdict = verdicts[0]
        if verdict.outcome == "rejected":
            return problem(422, "Pembelian ditolak", reasons=verdict.reasons)
        return JSONResponse(_shown(verdict), 202, {"Location": f"/v1/purchases/{verdict.purchase_id}"})

    @routes.get("/purchases/{identity}", responses=NOT_FOUND)
    async def read_purchase(identity: UUID) -> dict[str, Any]:
        """One purchase as it stands."""
        row = await queries.find_purchase(pool, id=identity)
        if row is None:
            raise NotFoundError
        return {**dict(row), "content": orjson.loads(row["content"])}

    routes.include_router(lookup.router(pool, reference))
    return routes


def _shown(verdict: Verdict) -> dict[str, Any]:
    answer = Answer(
        purchase_id=verdict.purchase_id,
        reference=verdict.reference,
        outcome=verdict.outcome,
        version=verdict.version,
        reasons=verdict.reasons,
    )
    return answer.model_dump(mode="json")

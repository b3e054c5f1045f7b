"""Purchases, corrections, voids and pledges by HTTP: one object, or a list of up to 500."""

from __future__ import annotations

import hashlib
from typing import Any

import orjson
from fastapi import APIRouter, Request
from fastapi.responses import JSONResponse

from services.purchases.api.answers import (
    MOST,
    Key,
    PledgeAnswer,
    PurchaseAnswer,
    answer_many,
    answer_one,
    hinted,
    one_or_many,
    shown,
)
from services.purchases.domain.purchase import Kind
from services.purchases.domain.submission import unfit
from services.purchases.usecases.judging import Incoming
from services.purchases.usecases.pledges import IncomingPledge
from services.purchases.usecases.receive import Answer, Sent
from shared.clock import now
from shared.contracts.reasons import Reason
from shared.contracts.submissions import PledgeSubmission, PurchaseSubmission, VoidSubmission
from shared.ids import derived_id, new_id
from shared.web.bodies import TooLargeError, read_body
from shared.web.caller import AnyCaller, Caller, Source
from shared.web.grouping import Grouper
from shared.web.problems import problem

MAX_REQUEST_BYTES = 4 * 1024 * 1024  # 500 purchases of a dozen lines each, and room

_TOLD: dict[int | str, dict[str, Any]] = {202: {"model": PurchaseAnswer | list[PurchaseAnswer]}}


class UnreadableError(Exception):
    """The body cannot be taken apart; `answer` says why."""

    def __init__(self, answer: JSONResponse) -> None:
        super().__init__()
        self.answer = answer


def router(grouper: Grouper[Sent, Answer]) -> APIRouter:
    """The routes that tell something."""
    routes = APIRouter()

    async def tell(request: Request, kind: Kind, caller: Caller, source: str, key: str) -> JSONResponse:
        try:
            raws, is_list = await read_objects(request)
        except UnreadableError as error:
            return error.answer
        caller.take_purchases(len(raws))
        sent = [_sent(kind, caller, source, raw, key and f"{key}/{number}") for number, raw in enumerate(raws)]
        answers = await grouper.ask(sent)
        told = [hinted(answer, each.item, caller.city) for answer, each in zip(answers, sent, strict=True)]
        return answer_many(told) if is_list else answer_one(answers[0], told[0])

    @routes.post("/purchases", status_code=202, responses=_TOLD, openapi_extra=one_or_many(PurchaseSubmission))
    async def submit_purchases(request: Request, caller: AnyCaller, source: Source, key: Key = "") -> JSONResponse:
        """Tell one purchase (an object) or up to 500 (a list). A resend gets the same answer and has no effect."""
        return await tell(request, "submitted", caller, source, key)

    @routes.post("/corrections", status_code=202, responses=_TOLD, openapi_extra=one_or_many(PurchaseSubmission))
    async def submit_corrections(request: Request, caller: AnyCaller, source: Source, key: Key = "") -> JSONResponse:
        """Correct purchases: each carries its whole new content. One that is early waits 24 h for its purchase."""
        return await tell(request, "corrected", caller, source, key)

    @routes.post("/voids", status_code=202, responses=_TOLD, openapi_extra=one_or_many(VoidSubmission))
    async def submit_voids(request: Request, caller: AnyCaller, source: Source, key: Key = "") -> JSONResponse:
        """Void purchases: reference and reason. One that is early waits 24 h for its purchase."""
        return await tell(request, "voided", caller, source, key)

    @routes.post(
        "/pledges",
        status_code=202,
        responses={202: {"model": PledgeAnswer | list[PledgeAnswer]}},
        openapi_extra=one_or_many(PledgeSubmission),
    )
    async def submit_pledges(request: Request, caller: AnyCaller, source: Source) -> JSONResponse:
        """Tell what a unit promises for a round; told again, the last word counts."""
        arrived_at = now()
        try:
            raws, is_list = await read_objects(request)
        except UnreadableError as error:
            return error.answer
        caller.take_purchases(len(raws))
        tenant, scope = caller.city.tenant, caller.scope
        sent = [Sent(IncomingPledge(new_id(), tenant, source, raw, arrived_at, scope)) for raw in raws]
        answers = await grouper.ask(sent)
        told = [shown(answer) for answer in answers]
        return answer_many(told) if is_list else answer_one(answers[0], told[0])

    return routes


async def read_objects(request: Request) -> tuple[list[dict[str, Any]], bool]:
    """The objects of a body, and whether it was a list; raises `UnreadableError` or `TooLargeError`."""
    try:
        body = orjson.loads(await read_body(request, MAX_REQUEST_BYTES))
    except orjson.JSONDecodeError:
        raise UnreadableError(problem(422, "Isi tidak dapat dibaca", reasons=[Reason.of("INVALID_JSON")])) from None
    raws: list[Any] = body if isinstance(body, list) else [body]
    if not raws or len(raws) > MOST or not all(isinstance(raw, dict) for raw in raws):
        reasons = [Reason.of("REQUEST_TOO_LARGE")] if len(raws) > MOST else []
        raise UnreadableError(problem(422, f"Kirim satu objek, atau daftar 1-{MOST} objek", reasons=reasons))
    for number, raw in enumerate(raws):
        fault = unfit(raw)
        path = str(number) if isinstance(body, list) else ""
        if fault == "TOO_LARGE":
            raise TooLargeError(fault, path)
        if fault:
            raise UnreadableError(problem(422, "Isi tidak dapat dibaca", reasons=[Reason.of(fault, path)]))
    return raws, isinstance(body, list)


def _sent(kind: Kind, caller: Caller, source: str, raw: dict[str, Any], key: str) -> Sent:
    """With a key, the submission's id is of key and content: under the same key, other content finds no answer."""
    tenant, scope = caller.city.tenant, caller.scope
    if not key:
        return Sent(Incoming(new_id(), kind, tenant, source, raw, scope))
    identity = f"{tenant}|{source}|idempotency-key {kind} {key}"
    content = hashlib.sha256(orjson.dumps(raw, option=orjson.OPT_SORT_KEYS)).hexdigest()
    return Sent(Incoming(derived_id("submission", identity, content), kind, tenant, source, raw, scope), identity)

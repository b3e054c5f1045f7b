"""CloudEvents 1.0 over HTTP, in all three modes: the same events, ids and answers as on the broker."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from typing import Any
from urllib.parse import unquote

import orjson
from fastapi import APIRouter, Request
from fastapi.responses import JSONResponse

from services.purchases.api.answers import MOST, PledgeAnswer, PurchaseAnswer, answer_many, answer_one, hinted
from services.purchases.api.submissions import MAX_REQUEST_BYTES
from services.purchases.domain.submission import unfit
from services.purchases.usecases.receive import Answer, Sent, UnknownTypeError, opened
from shared.access.model import Scope
from shared.clock import now
from shared.contracts import envelope
from shared.contracts.envelope import Envelope, EnvelopeError, TenantError
from shared.contracts.reasons import Reason
from shared.web.bodies import TooLargeError, read_body
from shared.web.caller import AnyCaller, Caller
from shared.web.grouping import Grouper
from shared.web.problems import problem

LONGEST_NAME = 200  # characters of an id or a source: together they are a key of the database

_BODIES = {
    "application/json": {"schema": {"type": "object", "description": "binary mode: attributes in ce-* headers"}},
    envelope.STRUCTURED: {"schema": {"type": "object", "description": "one event with its attributes"}},
    envelope.BATCH: {"schema": {"type": "array", "items": {"type": "object"}, "minItems": 1, "maxItems": MOST}},
}
_TOLD = PurchaseAnswer | PledgeAnswer


def router(grouper: Grouper[Sent, Answer]) -> APIRouter:
    """The route of events."""
    routes = APIRouter()

    @routes.post(
        "/events",
        status_code=202,
        responses={202: {"model": _TOLD | list[_TOLD]}},
        openapi_extra={"requestBody": {"required": True, "content": _BODIES}},
    )
    async def submit_events(request: Request, caller: AnyCaller) -> JSONResponse:
        """Tell one event, or a batch of up to 500 with an answer to each. A resend gets the answer it had.

        Types: purchase.submitted, purchase.correction_submitted, purchase.void_submitted and pledge.submitted.
        """
        body = await read_body(request, MAX_REQUEST_BYTES)
        content_type = request.headers.get("content-type", "").partition(";")[0].strip().lower()
        if content_type == envelope.BATCH:
            return await _tell_batch(grouper, body, caller)
        if len(body) > envelope.MAX_BODY_BYTES:
            raise TooLargeError("TOO_LARGE")
        tenant = caller.city.tenant
        read = _reader(lambda: envelope.read(_attributes(request.headers), content_type, body, tenant), caller.scope)
        caller.take_purchases(1)
        if isinstance(read, Reason):
            return problem(422, "Pesan tidak dapat dibaca", reasons=[read])
        answer = (await grouper.ask([read]))[0]
        return answer_one(answer, hinted(answer, read.item, caller.city))

    return routes


async def _tell_batch(grouper: Grouper[Sent, Answer], body: bytes, caller: Caller) -> JSONResponse:
    """An answer to each event, in order; one that cannot be read does not hold the others."""
    try:
        events = orjson.loads(body)
    except orjson.JSONDecodeError:
        return problem(422, "Isi tidak dapat dibaca", reasons=[Reason.of("INVALID_JSON")])
    if not isinstance(events, list) or not 1 <= len(events) <= MOST:
        return problem(422, f"Kirim daftar 1-{MOST} pesan")
    caller.take_purchases(len(events))
    tenant, scope = caller.city.tenant, caller.scope
    read = [_reader(lambda event=event: envelope.read_structured(event, tenant), scope) for event in events]  # type: ignore[misc]
    answers = iter(await grouper.ask([each for each in read if isinstance(each, Sent)]))
    return answer_many(
        [_unread(each) if isinstance(each, Reason) else hinted(next(answers), each.item, caller.city) for each in read]
    )


def _reader(read: Callable[[], Envelope], scope: Scope) -> Sent | Reason:
    """An event ready to be told, or why it cannot be."""
    try:
        event = read()
        item = opened(event, scope, arrived_at=now())
    except TenantError:
        return Reason.of("WRONG_TENANT", "tenant")
    except EnvelopeError:
        return Reason.of("INVALID_EVENT")
    except UnknownTypeError:
        return Reason.of("UNKNOWN_TYPE", "type")
    for name, value in (("id", event.event_id), ("source", event.source)):
        if len(value) > LONGEST_NAME or not value.isprintable():
            return Reason.of("INVALID_EVENT", name)
    if not scope.has_source(event.source):
        return Reason.of("SOURCE_NOT_YOURS", "source")  # unread: it must not use up the ids of another
    fault = unfit(event.data)
    return Reason.of(fault, "data") if fault else Sent(item, event.identity)


def _attributes(headers: Mapping[str, str]) -> dict[str, object]:
    """The ce-* headers; the HTTP binding writes what is not printable ASCII in percent."""
    return {name: unquote(value) for name, value in headers.items() if name.startswith("ce-")}


def _unread(reason: Reason) -> dict[str, Any]:
    return {"outcome": "rejected", "reasons": [reason.model_dump()]}

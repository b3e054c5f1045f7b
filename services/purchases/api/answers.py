"""What the doors answer, and how their bodies are described."""

from __future__ import annotations

from collections.abc import Sequence
from functools import cache
from typing import Annotated, Any
from uuid import UUID

from fastapi import Header
from fastapi.responses import JSONResponse
from pydantic import BaseModel, Field

from services.purchases.domain.hints import Hint, hints_of
from services.purchases.usecases.judging import Incoming, Verdict
from services.purchases.usecases.pledges import IncomingPledge
from services.purchases.usecases.receive import Answer
from shared.contracts.reasons import Reason
from shared.contracts.schema import inlined
from shared.reference.model import Reference
from shared.web.problems import problem

MOST = 500  # submissions in one request

Key = Annotated[
    str,
    Header(
        alias="Idempotency-Key",
        max_length=200,
        description="the same key with the same body has the same answer again; with another body it is refused",
    ),
]


class PurchaseAnswer(BaseModel):
    """What became of one submission: recorded, corrected, voided, known (told before), waiting or rejected.

    `version` is the purchase's present one; `told_by`: another source that had told of the same receipt before.
    """

    purchase_id: UUID
    reference: str
    outcome: str
    version: int
    told_by: str
    reasons: tuple[Reason, ...]
    hints: tuple[Hint, ...] | None = Field(None, description="what could be better about its posts; refuses nothing")


class PledgeAnswer(BaseModel):
    """What became of one pledge: recorded, changed, known or rejected."""

    pledge_id: UUID | None
    outcome: str
    version: int
    is_late: bool
    reasons: tuple[Reason, ...]


@cache
def one_or_many(model: type[BaseModel]) -> dict[str, Any]:
    """The description of a body that is one object, or a list of them."""
    one = inlined(model)
    body = {"oneOf": [one, {"type": "array", "items": one, "minItems": 1, "maxItems": MOST}]}
    return {"requestBody": {"required": True, "content": {"application/json": {"schema": body}}}}


def shown(answer: Answer) -> dict[str, Any]:
    """An answer as JSON."""
    reasons = [reason.model_dump() for reason in answer.reasons]
    if isinstance(answer, Verdict):
        return {
            "purchase_id": str(answer.purchase_id),
            "reference": answer.reference,
            "outcome": answer.outcome,
            "version": answer.version,
            "told_by": answer.told_by,
            "reasons": reasons,
        }
    return {
        "pledge_id": str(answer.pledge_id) if answer.pledge_id else None,
        "outcome": answer.outcome,
        "version": answer.version,
        "is_late": answer.is_late,
        "reasons": reasons,
    }


def hinted(answer: Answer, item: Incoming | IncomingPledge, city: Reference) -> dict[str, Any]:
    """An answer as JSON; that to an accepted purchase or correction with its hints."""
    if answer.outcome == "rejected" or not isinstance(item, Incoming) or item.kind == "voided":
        return shown(answer)
    return {**shown(answer), "hints": [hint.model_dump() for hint in hints_of(item.raw, city)]}


def answer_one(answer: Answer, body: dict[str, Any] | None = None) -> JSONResponse:
    """202 with what became of it (`body`, where it is more than `shown`) and where it is, or 422 with every reason."""
    if answer.outcome == "rejected":
        return problem(422, "Kiriman ditolak", reasons=answer.reasons)
    where = {"Location": f"/v1/purchases/{answer.purchase_id}"} if isinstance(answer, Verdict) else {}
    return JSONResponse(body or shown(answer), 202, where)


def answer_many(answers: Sequence[dict[str, Any]]) -> JSONResponse:
    """202 with an answer to each, in order: one that is refused does not hold the others."""
    return JSONResponse(list(answers), 202)

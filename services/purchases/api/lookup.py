"""Finding again what was sent: by its event, by a receipt's number, by any id."""

from __future__ import annotations

from typing import Annotated, Any
from uuid import UUID

import orjson
from fastapi import APIRouter, Query
from pydantic import AwareDatetime, BaseModel

from services.purchases.store.purchases import queries
from services.purchases.usecases.intake import purchase_id, submission_id
from shared.contracts.reasons import Reason
from shared.database.pool import Pool, Row
from shared.reference.model import Reference
from shared.web.problems import NOT_FOUND, NotFoundError


class SubmissionKept(BaseModel):
    """One submission under a name, with what became of it."""

    submission_id: UUID
    purchase_id: UUID
    kind: str
    outcome: str
    reasons: tuple[Reason, ...]
    received_at: AwareDatetime


class Named(BaseModel):
    """A purchase that an id names (also one that was only ever refused), with all that was sent about it."""

    purchase_id: UUID
    source: str
    reference: str
    submissions: list[SubmissionKept]


def router(pool: Pool, reference: Reference) -> APIRouter:
    """Routes over `pool`, to be included by the service's own."""
    routes = APIRouter()

    async def kept(ids: list[UUID], event: UUID | None = None) -> list[SubmissionKept]:
        rows = await queries.list_submissions(pool, purchase_ids=ids, submission_id=event)
        return [_kept(row) for row in rows]

    @routes.get("/submissions", responses=NOT_FOUND)
    async def find_submissions(
        source: str, reference_: Annotated[str, Query(alias="reference")] = "", event_id: str = ""
    ) -> list[SubmissionKept]:
        """What became of one event (`event_id`, its ce-id), or of all that was sent under a receipt's number."""
        named = [purchase_id(reference.tenant, source, reference_)] if reference_ else []
        found = await kept(named, submission_id(source, event_id) if event_id else None)
        if not found:
            raise NotFoundError
        return found

    @routes.get("/submissions/{source:path}/{reference_}", responses=NOT_FOUND)
    async def read_submissions(source: str, reference_: str) -> list[SubmissionKept]:
        """Everything that was sent under this name, newest first; for numbers with a slash ask with a query."""
        found = await kept([purchase_id(reference.tenant, name, reference_) for name in (source, f"/{source}")])
        if not found:
            raise NotFoundError
        return found

    @routes.get("/lookup/{identity:path}", responses=NOT_FOUND)
    async def look_up(identity: str, source: str = "") -> list[Named]:
        """The purchases that an id names: of a purchase, submission or event, or a receipt's number."""
        known = _uuid(identity)
        rows = await queries.look_up(
            pool,
            text=identity,
            ids=[known] if known else [],
            submissions=[*([known] if known else []), submission_id(source, identity)],
            source=source,
        )
        if not rows:
            raise NotFoundError
        sent = await kept([row["purchase_id"] for row in rows])
        return [
            Named(**dict(row), submissions=[item for item in sent if item.purchase_id == row["purchase_id"]])
            for row in rows
        ]

    return routes


def _kept(row: Row) -> SubmissionKept:
    values: dict[str, Any] = {**dict(row), "reasons": orjson.loads(row["reasons"])}
    return SubmissionKept(**values)


def _uuid(text: str) -> UUID | None:
    try:
        return UUID(text)
    except ValueError:
        return None

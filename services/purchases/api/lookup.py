"""Finding again what was sent: by its event, by a receipt's number, by any id."""

from __future__ import annotations

from typing import Any
from uuid import UUID

import orjson
from fastapi import APIRouter
from pydantic import AwareDatetime, BaseModel

from services.purchases.store.purchases import queries
from services.purchases.usecases.judging import purchase_id, submission_id
from shared.access.model import EVERYTHING, Scope
from shared.contracts.envelope import identity_of
from shared.contracts.reasons import Reason
from shared.database.pool import Pool, Row
from shared.web.caller import AnyCaller
from shared.web.city import City
from shared.web.problems import NOT_FOUND, NotFoundError


class SubmissionKept(BaseModel):
    """One submission with what became of it; `told_by` is another source that had told of the same receipt before,
    `also_told_by` those that told of it afterwards: it is one purchase, counted once.
    """

    submission_id: UUID
    purchase_id: UUID
    kind: str
    source: str
    reference: str
    outcome: str
    reasons: tuple[Reason, ...]
    told_by: str
    also_told_by: tuple[str, ...]
    received_at: AwareDatetime


class Named(BaseModel):
    """A purchase that an id names (also one that was only ever refused), with all that was sent about it."""

    purchase_id: UUID
    source: str
    reference: str
    submissions: list[SubmissionKept]


def router(pool: Pool) -> APIRouter:
    """Routes over `pool`, to be included by the service's own."""
    routes = APIRouter()

    async def kept(city: City, ids: list[UUID], event: UUID | None = None) -> list[SubmissionKept]:
        rows = await queries.list_submissions(pool, tenant=city.tenant, ids=ids, submission_id=event)
        return [_kept(row) for row in rows]

    @routes.get("/submissions", responses=NOT_FOUND)
    async def find_submissions(
        caller: AnyCaller, city: City, source: str, reference: str = "", event_id: str = ""
    ) -> list[SubmissionKept]:
        """What became of one event (`event_id`, its ce-id), or of all that a source sent under a receipt's number."""
        caller.require_source(source)
        named = [purchase_id(city.tenant, source, reference)] if reference else []
        event = submission_id(identity_of(city.tenant, source, event_id)) if event_id else None
        found = [item for item in await kept(city, named, event) if item.source == source]
        if not found:
            raise NotFoundError
        return found

    @routes.get("/submissions/{source:path}/{reference}", responses=NOT_FOUND)
    async def read_submissions(caller: AnyCaller, city: City, source: str, reference: str) -> list[SubmissionKept]:
        """Everything that was sent under this name, newest first; for numbers with a slash ask with a query."""
        names = [name for name in (source, f"/{source}") if caller.scope.has_source(name)]
        found = await kept(city, [purchase_id(city.tenant, name, reference) for name in names])
        found = [item for item in found if item.source in names]
        if not found:
            raise NotFoundError
        return found

    @routes.get("/lookup/{identity:path}", responses=NOT_FOUND)
    async def look_up(caller: AnyCaller, city: City, identity: str, source: str = "") -> list[Named]:
        """The purchases that an id names: of a purchase, submission or event, or a receipt's number.

        A publisher sees what was sent under its own sources.
        """
        known = [UUID(identity)] if _is_uuid(identity) else []
        rows = await queries.look_up(
            pool,
            tenant=city.tenant,
            text=identity,
            source=source,
            ids=[*known, purchase_id(city.tenant, source, identity)],
            events=known,
            submissions=[*known, submission_id(identity_of(city.tenant, source, identity))],
        )
        sent = await kept(city, [row["purchase_id"] for row in rows])
        found = [
            Named(**dict(row), submissions=[item for item in sent if item.purchase_id == row["purchase_id"]])
            for row in rows
        ]
        if caller.scope != EVERYTHING:
            found = [_seen_by(caller.scope, item) for item in found]
            found = [item for item in found if item.submissions]
        if not found:
            raise NotFoundError
        return found

    return routes


def _seen_by(scope: Scope, named: Named) -> Named:
    """Without what others sent, even if it was under a source of this one."""
    own = [
        item
        for item in named.submissions
        if scope.has_source(item.source) and not any(reason.code == "SOURCE_NOT_YOURS" for reason in item.reasons)
    ]
    return named.model_copy(update={"submissions": own})


def _kept(row: Row) -> SubmissionKept:
    values: dict[str, Any] = {**dict(row), "reasons": orjson.loads(row["reasons"])}
    return SubmissionKept(**values)


def _is_uuid(text: str) -> bool:
    try:
        UUID(text)
    except ValueError:
        return False
    return True

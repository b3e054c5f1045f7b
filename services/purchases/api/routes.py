"""The HTTP door of the purchases service: the same path, ids and answers as the broker's."""

from __future__ import annotations

from typing import Any
from uuid import UUID

import orjson
from fastapi import APIRouter

from services.purchases.api import events, files, lookup, registry, submissions
from services.purchases.store.pledges import queries as pledge_queries
from services.purchases.store.purchases import queries
from services.purchases.usecases.judging import Keys
from services.purchases.usecases.receive import Answer, Sent
from shared.database.pool import Pool
from shared.web.caller import AnyCaller, only
from shared.web.city import City
from shared.web.grouping import Grouper
from shared.web.problems import NOT_FOUND, PROBLEMS, NotFoundError

PUBLISHERS, READERS = [only("publisher")], [only("publisher", "reader")]


def router(pool: Pool, grouper: Grouper[Sent, Answer], keys: Keys) -> APIRouter:
    """Routes over `pool`; what they tell is committed in groups by `grouper`."""
    routes = APIRouter(prefix="/v1", responses=PROBLEMS)
    routes.include_router(submissions.router(grouper), dependencies=PUBLISHERS)
    routes.include_router(events.router(grouper), dependencies=PUBLISHERS)
    routes.include_router(files.router(pool, keys), dependencies=PUBLISHERS)

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
    routes.include_router(registry.router(pool), dependencies=READERS)
    return routes

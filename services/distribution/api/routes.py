"""The HTTP door of the distribution service: households, tasks, and where the goods are."""

from __future__ import annotations

from typing import Annotated, Any
from uuid import UUID

from fastapi import APIRouter, Body, Header, Query
from fastapi.responses import JSONResponse, Response
from pydantic import Field

from services.distribution.api import households, stock
from services.distribution.domain.explain import explain
from services.distribution.store import households as household_store
from services.distribution.store import people as people_store
from services.distribution.store import stock as stock_store
from services.distribution.store import tasks as task_store
from services.distribution.usecases.households import Keys
from services.distribution.usecases.tasks import report
from shared.clock import now
from shared.contracts.field import TaskAccept, TaskDelivery, TaskFailure, TaskHandover, TaskReturn
from shared.database.pool import Pool, Row
from shared.web.caller import AnyCaller, Caller, only
from shared.web.city import City
from shared.web.problems import NOT_FOUND, PROBLEMS, NotFoundError, problem

PAGE = 200
NEXT = "Peduli-Next"
NO_RW = 1000  # behind every RW: an RW has three digits
CURSOR = r"^([0-9]{1,4}-[0-9a-f]{8}(-[0-9a-f]{4}){3}-[0-9a-f]{12})?$"
MORE: dict[int | str, dict[str, Any]] = {
    200: {
        "headers": {
            NEXT: {"description": "`after` of the next page; none: this is the last", "schema": {"type": "string"}}
        }
    }
}
TEAMS, READERS = [only("team")], [only("reader")]
Report = Annotated[TaskAccept | TaskDelivery | TaskHandover | TaskFailure | TaskReturn, Field(discriminator="kind")]


def router(pool: Pool, keys: Keys) -> APIRouter:
    """Routes over `pool`."""
    routes = APIRouter(prefix="/v1", responses=PROBLEMS)
    routes.include_router(households.router(pool, keys))

    @routes.get("/tasks", responses=MORE, dependencies=[only("team", "reader")])
    async def list_tasks(
        response: Response,
        caller: AnyCaller,
        city: City,
        kelurahan: str = "",
        kecamatan: str = "",
        after: Annotated[str, Query(pattern=CURSOR, description="`Peduli-Next` of the page before")] = "",
        limit: Annotated[int, Query(ge=1, le=500)] = PAGE,
    ) -> list[dict[str, Any]]:
        """Open tasks of a kelurahan, or those that were escalated to a kecamatan, by RW: no name, no address.

        At most `limit`; while there are more, the answer has the header `Peduli-Next`: the next page's `after`. A token
        of some kelurahan gets 403 for another, and of a kecamatan what is of its own.
        """
        rows = await task_store.queries.list_tasks(
            pool,
            tenant=city.tenant,
            kelurahans=_places(caller, kelurahan, kecamatan),
            escalated=not kelurahan,
            size=limit + 1,
            no_rw=NO_RW,
            **_seen(after),
        )
        if len(rows) > limit:
            response.headers[NEXT] = _cursor(rows[limit - 1])
        return [{**dict(row), "text": explain(row["why"], "volunteer")} for row in rows[:limit]]

    @routes.post(
        "/tasks/{task_id}/reports",
        responses={**NOT_FOUND, 409: {"description": "Another report was first"}},
        dependencies=TEAMS,
    )
    async def report_task(
        task_id: UUID, caller: AnyCaller, city: City, body: Annotated[Report, Body()]
    ) -> JSONResponse:
        """Accept, deliver (also in part), hand over, fail or return a task.

        409 tells why it was refused, mostly because another report was first. The answer's `version` goes into the
        next report; `rest_id` is the task that carries on what was not handed over.
        """
        if body.task_id != task_id:
            return problem(422, "task_id tidak sama dengan alamat")
        caller.require_source(body.team)
        async with pool.acquire() as tx, tx.transaction():
            verdict = (await report(tx, [body], reference=city, keys=keys, now=now(), scope=caller.scope))[0]
        if verdict.outcome == "UNKNOWN_TASK":
            raise NotFoundError
        answer: dict[str, Any] = {"task_id": str(task_id), "outcome": verdict.outcome, "status": verdict.status}
        answer |= {"version": verdict.version} | ({"rest_id": str(verdict.rest_id)} if verdict.rest_id else {})
        return JSONResponse(answer, 409 if verdict.outcome.isupper() else 200)

    @routes.get("/tasks/{task_id}/door", responses=NOT_FOUND, dependencies=TEAMS)
    async def read_door(
        task_id: UUID, caller: AnyCaller, city: City, team: Annotated[str, Header(alias="Peduli-Team")]
    ) -> dict[str, Any]:
        """Name, phone and address, only for the team that has accepted the task, only until it ends."""
        caller.require_source(team)
        async with pool.acquire() as tx, tx.transaction():
            stored = (await task_store.claim(tx, city.tenant, [task_id])).get(task_id)
            if stored is None or stored.task.team != team or stored.task.status not in ("accepted", "failed"):
                raise NotFoundError
            if not caller.scope.has_unit(stored.kelurahan):
                raise NotFoundError
            try:
                people = await people_store.read(
                    tx, city.tenant, stored.household_id, keys.seal_key, reader=team, purpose="door", now=now()
                )
            except people_store.ErasedError:
                raise NotFoundError from None
            return people.model_dump(exclude={"nik"}, exclude_none=True)

    @routes.get("/trace/{identity}", responses=NOT_FOUND, dependencies=READERS)
    async def trace(identity: UUID, city: City) -> dict[str, Any]:
        """Where goods went: by the id of a purchase, lot, packet, task, household, event or field report."""
        of = {"tenant": city.tenant}
        subject = UUID(await task_store.queries.find_subject(pool, id=identity) or str(identity))
        rows = await task_store.queries.list_trace(pool, id=subject, **of)
        purchases = list({row["purchase_id"] for row in rows})
        lots = await task_store.queries.list_lots(pool, ids=purchases or [subject], **of)
        household = await household_store.queries.find_household(pool, id=subject, **of)
        if not rows and not lots and household is None:
            raise NotFoundError
        return {
            "household": dict(household) if household else None,
            "lots": [{k: v for k, v in dict(lot).items() if k != "product"} for lot in lots],
            "packets": [{**dict(row), "text": explain(row["why"], "auditor")} for row in rows],
        }

    @routes.get("/accounting", dependencies=READERS)
    async def accounting(city: City) -> dict[str, int]:
        """All pieces of the city by account: the other accounts sum to bought + over_delivered."""
        return dict(await stock_store.queries.load_sums(pool, tenant=city.tenant))

    routes.include_router(stock.router(pool))
    return routes


def _places(caller: Caller, kelurahan: str, kecamatan: str) -> list[str]:
    """The kelurahan asked for, as far as they are the caller's; raises `ForbiddenError` for one that is not."""
    if kelurahan:
        caller.require_unit(kelurahan)
        return [kelurahan]
    return [place for place in caller.city.kelurahan_of(kecamatan) if caller.scope.has_unit(place)]


def _cursor(row: Row) -> str:
    """Where a page of tasks ended; it holds also when that task is closed before the next is asked for."""
    return f"{row['rw'] or NO_RW}-{row['task_id']}"


def _seen(cursor: str) -> dict[str, Any]:
    """The task behind which a page begins: its RW and id."""
    rw, _, task_id = cursor.partition("-")
    return {"after_rw": int(rw or -1), "after": UUID(task_id) if task_id else UUID(int=0)}

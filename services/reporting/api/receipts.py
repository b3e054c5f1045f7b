"""The rows behind a unit's numbers: what it bought in a week, each receipt with its way to the door. Nobody's name."""

from __future__ import annotations

from fastapi import APIRouter
from fastapi.responses import Response

from services.reporting.api.desk import Desk
from services.reporting.api.pledges import Day
from services.reporting.store.dashboard import queries
from shared.reference.week import WEEK, round_of, sunday_of
from shared.web.caller import PageReader
from shared.web.problems import NotFoundError

MOST = 500  # receipts on a page


def routes(desk: Desk) -> APIRouter:
    """`/unit/<code>/nota`."""
    found = APIRouter(include_in_schema=False)

    @found.get("/unit/{code}/nota")
    async def receipts(reader: PageReader, code: str, putaran: Day = None) -> Response:
        city = reader.city
        of = {"tenant": city.tenant, "unit_code": code}
        async with desk.reading() as tx:
            unit = await queries.find_unit(tx, **of)
            if unit is None:
                raise NotFoundError
            begins = round_of(putaran or unit["last_purchase_date"] or city.date_of(desk.clock()))
            sunday = sunday_of(begins)
            rows = await queries.list_receipts(tx, **of, first=begins, last=sunday, size=MOST + 1)
            return await desk.show(
                tx,
                city,
                "receipts.html",
                menu="/unit",
                unit=unit,
                begins=begins,
                sunday=sunday,
                week=WEEK,
                rows=rows[:MOST],
                has_more=len(rows) > MOST,
            )

    return found

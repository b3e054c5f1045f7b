"""Setda's list of a week: what each unit pledged, whether in time, and who has not pledged yet."""

from __future__ import annotations

from datetime import date
from typing import Annotated, Literal

from fastapi import APIRouter, Query
from fastapi.responses import Response

from services.reporting.api.dashboard import KINDS
from services.reporting.api.desk import Desk
from services.reporting.store.dashboard import queries
from shared.reference.week import WEEK, closes_at, reminds_at, round_of, sunday_of
from shared.web.caller import PageReader

Day = Annotated[date | None, Query(ge=date(2000, 1, 1), le=date(2999, 12, 31))]


def routes(desk: Desk) -> APIRouter:
    """`/janji`."""
    found = APIRouter(include_in_schema=False)

    @found.get("/janji")
    async def pledges(
        reader: PageReader, putaran: Day = None, jenis: Literal["opd", "kecamatan", "kelurahan"] = "opd"
    ) -> Response:
        city, moment = reader.city, desk.clock()
        begins = round_of(putaran or city.date_of(moment))
        async with desk.reading() as tx:
            rows = await queries.list_round_pledges(tx, tenant=city.tenant, round=begins)
            units = [row for row in rows if row["kind"] == jenis]
            return await desk.show(
                tx,
                city,
                "pledges.html",
                menu="/janji",
                begins=begins,
                sunday=sunday_of(begins),
                week=WEEK,
                closes=closes_at(begins, city.zone),
                is_due=moment >= reminds_at(begins, city.zone),
                kinds=KINDS,
                kind=jenis,
                pledged=[row for row in units if row["pledged_idr"] is not None],
                silent=[row for row in units if row["pledged_idr"] is None],
            )

    return found

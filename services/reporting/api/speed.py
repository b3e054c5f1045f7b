"""How fast goods came from a purchase to a door, and whether in time."""

from __future__ import annotations

from datetime import timedelta

from fastapi import APIRouter
from fastapi.responses import Response

from services.reporting.api.desk import Desk
from services.reporting.documents.charts import of_days
from services.reporting.store.dashboard import queries
from shared.web.caller import PageReader

DAYS_SHOWN = 14  # up to the last day on which a packet came


def routes(desk: Desk) -> APIRouter:
    """The page of speed."""
    found = APIRouter(include_in_schema=False)

    @found.get("/waktu")
    async def speed(reader: PageReader) -> Response:
        city = reader.city
        async with desk.reading() as tx:
            last = await queries.load_last_delivery(tx, tenant=city.tenant)
            first = last - timedelta(days=DAYS_SHOWN - 1) if last else None
            days = await queries.list_city_speed(tx, tenant=city.tenant, first=first)
            told = {row["local_date"]: round(row["hours_in_all_p50"] or 0) for row in days if not row["is_suppressed"]}
            return await desk.show(
                tx,
                city,
                "speed.html",
                menu="/waktu",
                days=days,
                shown=sum(not row["is_suppressed"] for row in days),
                delivered=sum(row["delivered"] or 0 for row in days),
                in_time=sum(round((row["delivered"] or 0) * (row["in_time_percent"] or 0) / 100) for row in days),
                columns=of_days(told, min(told), max(told)) if told else [],
                places=await queries.list_kelurahan_speed(tx, tenant=city.tenant, first=first),
            )

    return found

"""How fresh and how right the numbers are, and which sources tell well; and what tells an open page to look again."""

from __future__ import annotations

from datetime import date
from typing import Any

import orjson
from fastapi import APIRouter, Request
from fastapi.responses import Response

from services.reporting.api.desk import Desk
from services.reporting.store.dashboard import queries
from shared.contracts.reasons import TEXTS
from shared.database.pool import Row
from shared.web.caller import PageReader

LOOK_SECONDS = 5  # after which a page asks again whether there is something new
TOPICS = {
    "purchase": "Belanja",
    "pledge": "Janji",
    "household": "Keluarga terdaftar",
    "task": "Tugas antar",
    "lot": "Stok lumbung",
    "recipients": "Penerima per minggu",
    "seller": "Daftar penjual",
    "product": "Daftar barang",
    "unit": "Daftar unit kerja",
}


def routes(desk: Desk) -> APIRouter:
    """The page of quality, and the signal for open pages."""
    found = APIRouter(include_in_schema=False)

    @found.get("/mutu")
    async def quality(reader: PageReader) -> Response:
        tenant = reader.city.tenant
        async with desk.reading() as tx:
            checks = await queries.list_checks(tx)
            return await desk.show(
                tx,
                reader.city,
                "quality.html",
                menu="/mutu",
                topics=await queries.list_topics(tx, tenant=tenant),
                topic_names=TOPICS,
                checks=[_check(row, tenant) for row in checks],
                sources=await queries.list_sources(tx, tenant=tenant),
                reasons=await queries.list_reasons(tx, tenant=tenant),
                texts=TEXTS,
            )

    @found.get("/langsung")
    async def live(request: Request, reader: PageReader) -> Response:
        """Server-sent events without a held connection: the state, unless the page knows it, and when to ask again."""
        async with desk.reading() as tx:
            state = await desk.state(tx, reader.city)
        news = "" if request.headers.get("Last-Event-ID") == state else f"id: {state}\nevent: fresh\ndata: {state}\n"
        body = f"retry: {LOOK_SECONDS * 1000}\n{news}\n"
        return Response(body, media_type="text/event-stream", headers={"Cache-Control": "no-store"})

    return found


def _check(row: Row, tenant: str) -> dict[str, Any]:
    """A night's check, with the days of this city that were changed late."""
    late = ([*key.split(" "), count] for key, count in orjson.loads(row["late_changes"]).items())
    days = [(date.fromisoformat(day), count) for city, day, count in late if city == tenant]
    return {**row, "by_tally": orjson.loads(row["by_tally"]), "late": days}

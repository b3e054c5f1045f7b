"""The auditor's page: a rupiah from its receipt to the doorstep, and from a packet back to its receipts."""

from __future__ import annotations

from collections import Counter
from typing import Any
from uuid import UUID

from fastapi import APIRouter
from fastapi.responses import Response

from services.reporting.api.desk import Desk
from services.reporting.domain.journey import PLACES, adds_up, owed, where_is
from services.reporting.store.audit import queries
from shared.database.pool import Transaction
from shared.ids import derived_id
from shared.reference.model import Reference
from shared.web.caller import PageReader

LONGEST = 100  # characters that are looked for
_NAMES = ("Di lumbung", "Di jalan", "Sampai di pintu", "Kedaluwarsa", "Rusak", "Ditarik", "Dibuka, isinya di bawah")
NAMES = dict(zip(PLACES, _NAMES, strict=True))
STATUS = {
    "assigned": "menunggu dibawa",
    "accepted": "dibawa",
    "failed": "belum berhasil diantar",
    "delivered": "sampai di pintu",
    "returned": "kembali ke lumbung",
    "recalled": "ditarik kembali",
}


def routes(desk: Desk) -> APIRouter:
    """The page; it shows no household, and of a packet only its kelurahan and the time of each step."""
    found = APIRouter(include_in_schema=False)

    @found.get("/telusur")
    async def follow(reader: PageReader, cari: str = "") -> Response:
        city, wanted = reader.city, cari.strip()[:LONGEST]
        async with desk.reading() as tx:
            ids = await _ids(tx, city, wanted) if wanted else []
            named = await queries.list_named(tx, tenant=city.tenant, ids=ids)
            context: dict[str, Any] = {
                "wanted": wanted,
                "journeys": [await _journey(tx, city, row["purchase_id"]) for row in named],
                "places": NAMES,
                "steps": STATUS,
                "regions": city.regions,
            }
            return await desk.show(tx, city, "audit.html", menu="/telusur", **context)

    return found


async def _ids(tx: Transaction, city: Reference, wanted: str) -> list[UUID]:
    """What somebody may mean: an id, or a receipt's number, which with its source makes the purchase's id for ever."""
    sources = [row["source"] for row in await queries.list_sources(tx, tenant=city.tenant)]
    ids = [derived_id("purchase", city.tenant, source, wanted) for source in sources]
    try:
        return [UUID(wanted), *ids]
    except ValueError:
        return ids


async def _journey(tx: Transaction, city: Reference, purchase_id: UUID) -> dict[str, Any]:
    of = {"tenant": city.tenant, "id": purchase_id}
    packets = [dict(row) for row in await queries.list_packets(tx, **of)]
    lines = []
    for row in await queries.list_lines(tx, **of):
        mine = [packet for packet in packets if packet["line_no"] == row["line_no"]]
        pieces: Counter[str] = Counter()
        for packet in mine:
            was_accepted = packet["accepted_at"] is not None
            pieces[where_is(packet["status"], was_accepted=was_accepted)] += packet["quantity"]
        lines.append({**row, "owed": owed(row), "packets": mine, "adds_up": adds_up(row, pieces)})
    return {"purchase": await queries.find_purchase(tx, **of), "lines": lines}

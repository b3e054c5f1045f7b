"""What the unit told, and what became of it: the list, one purchase, its correction and its void."""

from __future__ import annotations

from datetime import datetime
from typing import Any
from urllib.parse import urlencode
from uuid import UUID

import orjson
from fastapi import APIRouter, Request
from fastapi.responses import Response

from services.purchases.api.officer import words
from services.purchases.api.officer.desk import Desk, Officer
from services.purchases.domain.hints import hints_of
from services.purchases.store.book import queries
from services.purchases.usecases import drafting
from services.purchases.usecases.drafting import correction_of, mended, raw_of, sealed_of
from shared.contracts.reasons import Reason
from shared.database.pool import Row
from shared.web.formats import channel_name
from shared.web.pages import see_other
from shared.web.problems import NotFoundError

MOST = 50  # receipts on a page


def routes(desk: Desk) -> APIRouter:
    """`/belanja`, `/belanja/{id}` and what is done from there."""
    found = APIRouter(include_in_schema=False)

    @found.get("/belanja")
    async def listed(request: Request, status: str = "", sebelum: datetime | None = None, nota: str = "") -> Response:
        officer = await desk.officer(request)
        seat = officer.seat
        state = status if status in words.STATES else ""
        async with desk.transaction() as tx:
            rows = await queries.list_reports(
                tx, tenant=seat.tenant, source=seat.source, state=state, before=sebelum, after=nota, most=MOST + 1
            )
            counts = await queries.count_reports(tx, tenant=seat.tenant, source=seat.source)
        shown = [_line(row, officer) for row in rows[:MOST]]
        last = shown[-1] if shown else {}
        return desk.show(
            officer,
            "book.html",
            menu="belanja",
            state=state,
            states=words.STATES,
            counts={row["state"]: row["count"] for row in counts},
            rows=shown,
            older=urlencode({"status": state, "sebelum": last["told_at"].isoformat(), "nota": last["receipt"]})
            if len(rows) > MOST
            else "",
        )

    @found.post("/belanja/kiriman/{submission_id}/perbaiki")
    async def mend(request: Request, submission_id: UUID) -> Response:
        officer = await desk.officer(request)
        await desk.form(request, officer)
        async with desk.transaction() as tx:
            draft = await mended(tx, submission_id, officer.seat, keys=desk.keys, city=officer.city)
            if draft is None:
                raise NotFoundError(hint="Isi laporan ini sudah tidak disimpan. Catatlah sebagai belanja baru.")
            identity = await drafting.keep(tx, draft, officer.seat, keys=desk.keys, now=desk.clock())
        return see_other(f"/belanja/draf/{identity}/periksa")

    @found.get("/belanja/{purchase_id}")
    async def one(request: Request, purchase_id: UUID, hasil: str = "") -> Response:
        officer = await desk.officer(request)
        async with desk.transaction() as tx:
            purchase, tellings = await _own(tx, purchase_id, officer)
        return desk.show(
            officer,
            "purchase.html",
            menu="belanja",
            result=words.OUTCOMES.get(hasil, ""),
            **_shown(purchase, tellings, desk, officer),
        )

    @found.post("/belanja/{purchase_id}/koreksi")
    async def correct(request: Request, purchase_id: UUID) -> Response:
        officer = await desk.officer(request)
        await desk.form(request, officer)
        async with desk.transaction() as tx:
            purchase, tellings = await _own(tx, purchase_id, officer)
            draft = correction_of(
                purchase, _told_as(tellings, officer), officer.seat, keys=desk.keys, city=officer.city
            )
            identity = await drafting.keep(tx, draft, officer.seat, keys=desk.keys, now=desk.clock())
        return see_other(f"/belanja/draf/{identity}/periksa")

    @found.get("/belanja/{purchase_id}/batalkan")
    async def void_page(request: Request, purchase_id: UUID) -> Response:
        officer = await desk.officer(request)
        async with desk.transaction() as tx:
            purchase, tellings = await _own(tx, purchase_id, officer)
        return _void_page(desk, officer, purchase, _told_as(tellings, officer))

    @found.post("/belanja/{purchase_id}/batalkan")
    async def void(request: Request, purchase_id: UUID) -> Response:
        officer = await desk.officer(request)
        form = await desk.form(request, officer)
        async with desk.transaction() as tx:
            purchase, tellings = await _own(tx, purchase_id, officer)
            reference = _told_as(tellings, officer)
            if form["sebab"] not in words.VOID_REASONS:
                return _void_page(desk, officer, purchase, reference, {"sebab": ["Pilih salah satu sebab."]})
            verdict = await drafting.void(
                tx, reference, form["sebab"], officer.seat, cities=desk.cities, keys=desk.keys, now=desk.clock()
            )
        return see_other(f"/belanja/{purchase_id}?hasil={verdict.outcome}")

    return found


async def _own(tx: Any, purchase_id: UUID, officer: Officer) -> tuple[Row, list[Row]]:
    """A purchase of the officer's unit and all that was said about it; raises `NotFoundError` for any other."""
    seat = officer.seat
    purchase = await queries.find_own_purchase(tx, tenant=seat.tenant, id=purchase_id, unit_code=seat.unit_code)
    if purchase is None:
        raise NotFoundError(hint="Unit kerja Anda tidak punya belanja dengan alamat ini.")
    return purchase, await queries.list_tellings(tx, purchase_id=purchase_id)


def _told_as(tellings: list[Row], officer: Officer) -> str:
    """Under which receipt number the unit told it; raises `NotFoundError` when only others did."""
    for row in reversed(tellings):
        if row["source"] == officer.seat.source and row["outcome"] != "rejected":
            return str(row["reference"])
    raise NotFoundError(hint="Belanja ini dilaporkan pihak lain; mintalah mereka mengoreksinya.")


def _void_page(
    desk: Desk, officer: Officer, purchase: Row, reference: str, errors: dict[str, list[str]] | None = None
) -> Response:
    return desk.show(
        officer,
        "void.html",
        422 if errors else 200,
        menu="belanja",
        purchase=purchase,
        reference=reference,
        reasons=list(words.VOID_REASONS.items()),
        errors=errors or {},
        labels={"sebab": "Sebab"},
    )


def _line(row: Row, officer: Officer) -> dict[str, Any]:
    seller = officer.city.sellers.get(row["seller_code"] or "")
    reasons = [Reason(**reason) for reason in orjson.loads(row["reasons"])]
    return {
        **dict(row),
        "seller": seller.name if seller else "",
        "word": words.STATES[row["state"]],
        "reasons": words.told_in_words(reasons) if row["state"] == "rejected" else [],
    }


def _shown(purchase: Row, tellings: list[Row], desk: Desk, officer: Officer) -> dict[str, Any]:
    """What the page of a purchase needs. Of a NIP only the end is shown, and only of those that the unit told."""
    content = orjson.loads(purchase["content"])
    secret, city, own = sealed_of(purchase, desk.keys), officer.city, purchase["source"] == officer.seat.source
    seller = city.sellers.get(content["seller_code"])
    pickup = city.regions.get(content["pickup_kelurahan"])
    urls = secret["post_urls"] if own else [""] * len(content["posts"])
    return {
        "purchase": purchase,
        "content": content,
        "seller": seller.name if seller else content["seller_code"],
        "channel": channel_name(content["channel"]),
        "purpose": words.purposes_of(city, content["programme"])[content["purpose"]],
        "pickup": pickup.name if pickup else "",
        "bought_at": datetime.fromisoformat(content["purchased_at"]),
        "lines": [_goods(line, officer) for line in content["lines"]],
        "payers": [{**payer, "nip": f"•••• {payer['nip'][-4:]}"} for payer in secret["payers"]] if own else [],
        "payer_count": len(secret["payers"]),
        "hints": hints_of(raw_of(purchase, desk.keys), city) if purchase["status"] == "recorded" else (),
        "posts": [{**post, "url": url} for post, url in zip(content["posts"], urls, strict=False)],
        "is_own": any(row["source"] == officer.seat.source and row["outcome"] != "rejected" for row in tellings),
        "own_source": officer.seat.source,
        "tellings": [_telling(row) for row in tellings],
        "word": words.STATES[purchase["status"]],
    }


def _goods(line: dict[str, Any], officer: Officer) -> dict[str, Any]:
    known = officer.city.products.get(line["sku"])
    new = line.get("product") or {}
    names = officer.city.products
    contents = [
        f"{item['quantity']} × {names[item['sku']].name if item['sku'] in names else item['sku']}"
        for item in new.get("contents", ())
    ]
    return {**line, "name": known.name if known else new.get("name", line["sku"]), "contents": contents}


def _telling(row: Row) -> dict[str, Any]:
    reasons = [Reason(**reason) for reason in orjson.loads(row["reasons"])]
    return {
        **dict(row),
        "word": f"{words.TELLINGS.get(row['kind'], row['kind'])} {words.TOLD[row['outcome']]}",
        "reasons": words.told_in_words(reasons),
    }

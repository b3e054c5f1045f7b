"""The reports to the Mayor as pages: issue one, and take an issued one home as PDF or XLSX."""

from __future__ import annotations

import asyncio
from datetime import date, timedelta
from typing import Annotated, Any, Literal

from fastapi import APIRouter, Path, Request
from fastapi.responses import Response

from services.reporting.api.desk import Desk
from services.reporting.documents import report as documents
from services.reporting.store.reports import queries
from services.reporting.usecases import report as usecase
from shared.database.pool import Transaction
from shared.reference.model import Reference
from shared.reference.week import round_of
from shared.web.caller import PageReader
from shared.web.downloads import download
from shared.web.forms import Form, form_key, give_cookie, new_token, read_form
from shared.web.pages import see_other
from shared.web.problems import NotFoundError

VISITOR, VISIT_SECONDS = "peduli_pembaca", 24 * 3600
SHOWN = 50  # reports on the page
LABELS = {"dari": "Dari", "sampai": "Sampai", "unit": "Untuk"}
MEDIA = {"pdf": "application/pdf", "xlsx": "application/vnd.openxmlformats-officedocument.spreadsheetml.sheet"}
Number = Annotated[int, Path(ge=1, le=2**31 - 1)]


def routes(desk: Desk, secret: bytes) -> APIRouter:
    """The pages of reports; `secret` makes the keys of their forms."""
    found = APIRouter(include_in_schema=False)

    async def page(
        request: Request, tx: Transaction, city: Reference, values: dict[str, str], errors: dict[str, list[str]]
    ) -> Response:
        visitor = request.cookies.get(VISITOR) or new_token()
        issued = await queries.list_reports(tx, tenant=city.tenant, size=SHOWN)
        context: dict[str, Any] = {"values": values, "errors": errors, "labels": LABELS, "issued": issued}
        context |= {"units": _units(city, desk.clock().astimezone(city.zone).date()), "key": form_key(secret, visitor)}
        answer = await desk.show(tx, city, "reports.html", menu="/laporan", status=422 if errors else 200, **context)
        give_cookie(answer, request, VISITOR, visitor, VISIT_SECONDS)
        return answer

    @found.get("/laporan")
    async def reports(request: Request, reader: PageReader, unit: str = "") -> Response:
        today = desk.clock().astimezone(reader.city.zone).date()
        monday = round_of(today)
        values = {"dari": monday.isoformat(), "sampai": today.isoformat(), "unit": unit}
        async with desk.reading() as tx:
            return await page(request, tx, reader.city, values, {})

    @found.post("/laporan")
    async def issue(request: Request, reader: PageReader) -> Response:
        form, city = await read_form(request, secret, request.cookies.get(VISITOR, "")), reader.city
        days, errors = _period(form, city)
        async with desk.reading() as tx:
            if days is None:
                return await page(request, tx, city, {name: form[name] for name in LABELS}, errors)
            made = await usecase.draft(tx, city, *days, form["unit"])
        async with desk.changing() as tx:
            issued = await usecase.issue(tx, city, made, desk.clock())
        return see_other(f"/laporan#laporan-{issued.number}")

    @found.get("/laporan/{number}/{kind}")
    async def file(reader: PageReader, number: Number, kind: Literal["pdf", "xlsx"]) -> Response:
        async with desk.reading() as tx:
            try:
                made = await usecase.find(tx, reader.city, number)
            except usecase.UnknownReportError:
                raise NotFoundError from None
        write = documents.pdf if kind == "pdf" else documents.xlsx
        content = await asyncio.to_thread(write, made)  # half a second of CPU: the lanes do not wait
        return download(content, f"laporan-{made.name.replace('/', '-')}.{kind}", MEDIA[kind])

    return found


def _units(city: Reference, today: date) -> list[tuple[str, str]]:
    """Every unit in use, by name."""
    active = [unit for unit in city.units.values() if unit.is_active_on(today)]
    return [(unit.unit_code, unit.name) for unit in sorted(active, key=lambda unit: unit.name)]


def _period(form: Form, city: Reference) -> tuple[tuple[date, date] | None, dict[str, list[str]]]:
    """The days of a form, or what is wrong with it by field."""
    days: dict[str, date] = {}
    errors: dict[str, list[str]] = {}
    for name in ("dari", "sampai"):
        try:
            days[name] = date.fromisoformat(form[name])
        except ValueError:
            errors[name] = ["Isi tanggalnya."]
    if form["unit"] and form["unit"] not in city.units:
        errors["unit"] = ["Unit ini tidak dikenal."]
    if not errors and days["dari"] > days["sampai"]:
        errors["sampai"] = ["Harus sama dengan atau sesudah hari pertama."]
    if not errors and days["sampai"] - days["dari"] >= timedelta(days=366):
        errors["sampai"] = ["Paling lama satu tahun."]
    return (None if errors else (days["dari"], days["sampai"])), errors

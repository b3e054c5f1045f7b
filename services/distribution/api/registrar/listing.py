"""The registrar's households, without names, and a sheet of them brought in."""

from __future__ import annotations

from typing import Literal

from fastapi import APIRouter, Request
from fastapi.responses import Response

from services.distribution.api.households import LISTED, bring_sheet
from services.distribution.api.registrar import words
from services.distribution.api.registrar.desk import Desk, Registrar
from services.distribution.documents.households import refused_xlsx, template_csv, template_xlsx
from services.distribution.store.households import queries
from shared.sheets.faults import MAX_FILE_BYTES, FileError
from shared.sheets.workbook import CSV, XLSX
from shared.web.bodies import TooLargeError, read_body
from shared.web.downloads import download
from shared.web.forms import FORM_ROOM, check_key, read_parts

SHOWN = 50  # refused rows on the page; the sheet has them all


def routes(desk: Desk) -> APIRouter:
    """`/keluarga` and `/keluarga/lembar`."""
    found = APIRouter(include_in_schema=False)

    @found.get("/keluarga")
    async def list_page(request: Request) -> Response:
        return await _list_page(desk, desk.registrar(request))

    @found.get("/keluarga/templat.{kind}")
    async def template(request: Request, kind: Literal["xlsx", "csv"]) -> Response:
        city = desk.registrar(request).city
        content = template_xlsx(city) if kind == "xlsx" else template_csv(city)
        return download(content, f"templat-keluarga.{kind}", XLSX if kind == "xlsx" else CSV)

    @found.post("/keluarga/lembar/{act}")
    async def bring(request: Request, act: Literal["periksa", "daftarkan", "ditolak.xlsx"]) -> Response:
        registrar = desk.registrar(request)
        parts = await read_parts(request, await read_body(request, MAX_FILE_BYTES + FORM_ROOM))
        check_key(parts.key, desk.keys.hash_key, registrar.session)
        if parts.file is None or not parts.file[0]:
            return await _list_page(desk, registrar, {"file": ["Pilih lembar .xlsx atau .csv."]})
        content, is_preview = parts.file[1], act != "daftarkan"
        if len(content) > MAX_FILE_BYTES:
            raise TooLargeError
        try:
            brought = await bring_sheet(
                desk.pool, content, registrar.source, registrar.city, registrar.scope, desk.keys, is_preview=is_preview
            )
        except FileError as error:
            where = f" (baris {error.row})" if error.row else ""
            return await _list_page(desk, registrar, {"file": [f"{error}{where}"]})
        if act == "ditolak.xlsx":
            return download(refused_xlsx(brought.refused), "ditolak.xlsx", XLSX)
        wrong = [wrong for told in brought.refused for wrong in told.wrong]
        return desk.show(
            registrar,
            "registrar_sheet.html",
            is_preview=is_preview,
            outcomes=brought.outcomes,
            words=words.SHEET,
            wrong=wrong[:SHOWN],
        )

    return found


async def _list_page(desk: Desk, registrar: Registrar, errors: dict[str, list[str]] | None = None) -> Response:
    rows = await queries.list_states(
        desk.pool, tenant=registrar.city.tenant, places=list(registrar.scope.units), size=LISTED
    )
    return desk.show(
        registrar,
        "registrar_households.html",
        422 if errors else 200,
        rows=rows,
        places=dict(registrar.places),
        releases=words.releases,
        isolating={code for code, cause in registrar.city.programmes.items() if cause.has_isolation},
        errors=errors or {},
        labels=words.LABELS,
    )

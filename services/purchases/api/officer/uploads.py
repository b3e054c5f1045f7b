"""A sheet of the unit's purchases: uploaded, previewed, accepted; what was refused comes back as a sheet."""

from __future__ import annotations

from collections.abc import Awaitable, Callable
from typing import Literal
from uuid import UUID

from fastapi import APIRouter, Request
from fastapi.responses import Response

from services.purchases.api.officer import words
from services.purchases.api.officer.desk import Desk, Officer
from services.purchases.documents.workbook import template_csv, template_xlsx
from services.purchases.domain.hints import SHORT
from services.purchases.usecases import files, previews
from services.purchases.usecases.files import NotReadyError, TooManyFilesError, UnknownFileError
from shared.database.pool import Transaction
from shared.sheets.faults import MAX_FILE_BYTES
from shared.sheets.workbook import CSV, XLSX
from shared.web.bodies import TooLargeError, read_body
from shared.web.downloads import download
from shared.web.forms import FORM_ROOM, check_key, read_parts
from shared.web.pages import see_other
from shared.web.problems import NotFoundError

Decide = Callable[[Transaction, UUID, str, str], Awaitable[object]]
WORKING = ("received", "read", "accepting")
TOO_MANY = "Terlalu banyak berkas menunggu persetujuan. Setujui atau hapus dahulu sebagian, atau unggah lagi besok."
SHOWN = 30  # receipts with something wrong on the page; the sheet has them all


def routes(desk: Desk) -> APIRouter:
    """`/unggah` and what follows from it."""
    found = APIRouter(include_in_schema=False)

    @found.get("/unggah")
    async def upload_page(request: Request) -> Response:
        return await _upload_page(desk, await desk.officer(request))

    @found.post("/unggah")
    async def upload(request: Request) -> Response:
        officer = await desk.officer(request)
        parts = await read_parts(request, await read_body(request, MAX_FILE_BYTES + FORM_ROOM))
        check_key(parts.key, desk.keys.hash_key, officer.token)
        if parts.file is None or not parts.file[0]:
            return await _upload_page(desk, officer, {"file": ["Pilih berkas .xlsx atau .csv."]})
        name, content = parts.file
        if len(content) > MAX_FILE_BYTES:
            raise TooLargeError
        seat = officer.seat
        try:
            async with desk.transaction() as tx:
                file_id = await files.upload(
                    tx,
                    tenant=seat.tenant,
                    source=seat.source,
                    name=name,
                    content=content,
                    keys=desk.keys,
                    now=desk.clock(),
                )
        except TooManyFilesError:
            return await _upload_page(desk, officer, {"file": [TOO_MANY]})
        return see_other(f"/unggah/{file_id}")

    @found.get("/unggah/templat.{kind}")
    async def template(request: Request, kind: Literal["xlsx", "csv"]) -> Response:
        city = (await desk.officer(request)).city
        content = template_xlsx(city) if kind == "xlsx" else template_csv(city)
        return download(content, f"templat-pembelian.{kind}", XLSX if kind == "xlsx" else CSV)

    @found.get("/unggah/{file_id}")
    async def file_page(request: Request, file_id: UUID) -> Response:
        officer = await desk.officer(request)
        seat = officer.seat
        try:
            async with desk.transaction() as tx:
                file = await previews.show(tx, file_id, seat.tenant, seat.source, desk.keys)
                wrong = await previews.list_page(tx, file_id, desk.keys, outcome="rejected", size=SHOWN)
                known = await previews.list_page(tx, file_id, desk.keys, outcome="known", size=SHOWN)
                hinted = await previews.list_page(tx, file_id, desk.keys, hinted=True, size=SHOWN)
        except UnknownFileError:
            raise NotFoundError from None
        return desk.show(
            officer,
            "file.html",
            menu="unggah",
            file=file,
            wrong=wrong,
            hinted=hinted,
            others=[receipt for receipt in known if receipt["told_by"]],
            short=SHORT,
            is_working=file["status"] in WORKING,
            words=words.PREVIEWS,
            results=words.TOLD,
        )

    async def decided(request: Request, file_id: UUID, decide: Decide) -> bool:
        """Decide on a file of hers; False when it is not, or no longer, the moment: its page says how far it is."""
        officer = await desk.officer(request)
        await desk.form(request, officer)
        try:
            async with desk.transaction() as tx:
                await decide(tx, file_id, officer.seat.tenant, officer.seat.source)
        except UnknownFileError:
            raise NotFoundError from None
        except NotReadyError:
            return False
        return True

    @found.post("/unggah/{file_id}/terima")
    async def accept(request: Request, file_id: UUID) -> Response:
        await decided(request, file_id, files.accept)
        return see_other(f"/unggah/{file_id}")

    @found.post("/unggah/{file_id}/hapus")
    async def withdraw(request: Request, file_id: UUID) -> Response:
        is_gone = await decided(request, file_id, files.withdraw)
        return see_other("/unggah" if is_gone else f"/unggah/{file_id}")

    @found.get("/unggah/{file_id}/ditolak.xlsx")
    async def refused(request: Request, file_id: UUID) -> Response:
        seat = (await desk.officer(request)).seat
        try:
            async with desk.transaction() as tx:
                content = await previews.refused_sheet(tx, file_id, seat.tenant, seat.source, desk.keys)
        except UnknownFileError:
            raise NotFoundError from None
        return download(content, "ditolak.xlsx", XLSX)

    return found


async def _upload_page(desk: Desk, officer: Officer, errors: dict[str, list[str]] | None = None) -> Response:
    seat = officer.seat
    async with desk.transaction() as tx:
        kept = await previews.list_files(tx, tenant=seat.tenant, source=seat.source, keys=desk.keys)
    return desk.show(
        officer,
        "upload.html",
        422 if errors else 200,
        menu="unggah",
        files=kept,
        steps=words.FILE_STATES,
        errors=errors or {},
        labels={"file": "Berkas"},
    )

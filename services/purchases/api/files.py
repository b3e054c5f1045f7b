"""Sheets of purchases by HTTP: upload, preview, accept, and the refused rows back."""

from __future__ import annotations

from typing import Annotated, Any, Literal
from urllib.parse import unquote
from uuid import UUID

from fastapi import APIRouter, Header, Query, Request
from fastapi.responses import JSONResponse, Response

from services.purchases.documents.workbook import template_csv, template_xlsx
from services.purchases.usecases import files, previews
from services.purchases.usecases.files import NotReadyError, TooManyFilesError, UnknownFileError
from services.purchases.usecases.judging import Keys
from services.purchases.usecases.previews import PAGE
from shared.clock import now
from shared.contracts.reasons import Reason
from shared.database.pool import Pool
from shared.sheets.faults import MAX_FILE_BYTES
from shared.sheets.workbook import CSV, XLSX
from shared.web.bodies import TooLargeError, read_body
from shared.web.caller import AnyCaller, Source
from shared.web.city import City
from shared.web.downloads import download
from shared.web.forms import FORM_ROOM, read_parts
from shared.web.problems import NOT_FOUND, LimitedError, NotFoundError, problem

_BODIES: dict[str, Any] = {
    "application/octet-stream": {"schema": {"type": "string", "format": "binary"}},
    "multipart/form-data": {
        "schema": {"type": "object", "properties": {"file": {"type": "string", "format": "binary"}}}
    },
}
ASK_AGAIN_SECONDS = 60.0
_SHEET: dict[int | str, dict[str, Any]] = {200: {"content": {XLSX: {}}}}


def router(pool: Pool, keys: Keys) -> APIRouter:
    """The routes of files. A source sees its own only."""
    routes = APIRouter(prefix="/files", responses=NOT_FOUND)

    async def shown(file_id: UUID, tenant: str, source: str) -> dict[str, Any]:
        try:
            async with pool.acquire() as tx:
                return await previews.show(tx, file_id, tenant, source, keys)
        except UnknownFileError:
            raise NotFoundError from None

    @routes.post("", status_code=201, openapi_extra={"requestBody": {"required": True, "content": _BODIES}})
    async def upload_file(
        request: Request,
        caller: AnyCaller,
        source: Source,
        name: Annotated[str, Header(alias="Peduli-File-Name", max_length=600, description="in percent-encoding")] = "",
    ) -> JSONResponse:
        """Upload a sheet (XLSX or CSV, up to 10 MB and 10,000 rows), as it is or as the `file` of a form."""
        body = await read_body(request, MAX_FILE_BYTES + FORM_ROOM)
        if request.headers.get("content-type", "").startswith("multipart/form-data"):
            found = (await read_parts(request, body)).file
            if found is None:
                return problem(422, "Formulir tidak memuat berkas", reasons=[Reason.of("MISSING_FIELD", "file")])
            name, body = found
        if len(body) > MAX_FILE_BYTES:
            raise TooLargeError
        try:
            async with pool.acquire() as tx, tx.transaction():
                file_id = await files.upload(
                    tx,
                    tenant=caller.city.tenant,
                    source=source,
                    name=unquote(name),
                    content=body,
                    keys=keys,
                    now=now(),
                    scope=caller.scope,
                )
        except TooManyFilesError:
            raise LimitedError(ASK_AGAIN_SECONDS) from None
        where = f"/v1/files/{file_id}"
        return JSONResponse({"file_id": str(file_id), "status": "received"}, 201, {"Location": where})

    @routes.get("")
    async def list_files(city: City, source: Source) -> list[dict[str, Any]]:
        """The last hundred files of the source, the newest first."""
        async with pool.acquire() as tx:
            return await previews.list_files(tx, tenant=city.tenant, source=source, keys=keys)

    @routes.get("/template.{kind}", responses=_SHEET)
    async def read_template(kind: Literal["xlsx", "csv"], city: City) -> Response:
        """A sheet to fill in, with examples and the city's lists."""
        content = template_xlsx(city) if kind == "xlsx" else template_csv(city)
        return download(content, f"templat-pembelian.{kind}", XLSX if kind == "xlsx" else CSV)

    @routes.get("/{file_id}")
    async def read_file(
        file_id: UUID,
        city: City,
        source: Source,
        after: Annotated[int, Query(ge=0, le=10_000, description="the number of the last receipt seen")] = 0,
        limit: Annotated[int, Query(ge=0, le=500)] = PAGE,
        outcome: Annotated[str, Query(max_length=20, description="only receipts of this outcome")] = "",
        hinted: Annotated[bool, Query(description="only receipts with hints")] = False,
    ) -> dict[str, Any]:
        """How far a file is, its counts, and a page of what would happen (or happened) to each receipt."""
        found = await shown(file_id, city.tenant, source)
        async with pool.acquire() as tx:
            page = await previews.list_page(tx, file_id, keys, after=after, outcome=outcome, hinted=hinted, size=limit)
        return {**found, "page": page, "next_after": page[-1]["number"] if len(page) == limit and page else None}

    @routes.post("/{file_id}/accept", status_code=202)
    async def accept_file(file_id: UUID, caller: AnyCaller, city: City, source: Source) -> JSONResponse:
        """Record what the preview found good, and refuse the rest. Said again, nothing more happens or is counted."""
        try:
            async with pool.acquire() as tx, tx.transaction():
                before = await previews.show(tx, file_id, city.tenant, source, keys)
                status = await files.accept(tx, file_id, city.tenant, source)
                if before["status"] == "previewed":
                    caller.take_purchases(before["receipts"])  # raised, it is not accepted
        except UnknownFileError:
            raise NotFoundError from None
        except NotReadyError as error:
            return problem(409, "Berkas ini belum atau tidak dapat diterima", detail=error.hint)
        return JSONResponse({"file_id": str(file_id), "status": status}, 202, {"Location": f"/v1/files/{file_id}"})

    @routes.delete("/{file_id}", status_code=204)
    async def withdraw_file(file_id: UUID, city: City, source: Source) -> Response:
        """Delete a file that was not accepted, with all that was read from it; what is recorded is voided instead."""
        try:
            async with pool.acquire() as tx, tx.transaction():
                await files.withdraw(tx, file_id, city.tenant, source)
        except UnknownFileError:
            raise NotFoundError from None
        except NotReadyError as error:
            return problem(409, "Berkas ini sudah disetujui", detail=error.hint)
        return Response(status_code=204)

    @routes.get("/{file_id}/rejected.xlsx", responses=_SHEET)
    async def read_rejected(file_id: UUID, city: City, source: Source) -> Response:
        """The refused rows in the template's columns, and why: to be mended and uploaded again."""
        await shown(file_id, city.tenant, source)
        async with pool.acquire() as tx:
            content = await previews.refused_sheet(tx, file_id, city.tenant, source, keys)
        return download(content, "ditolak.xlsx", XLSX)

    return routes

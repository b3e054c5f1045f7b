"""Households by HTTP: told one by one or as a sheet, changed, and (written down each time) read."""

from __future__ import annotations

import asyncio
from collections import Counter
from dataclasses import dataclass
from typing import Annotated, Any, Literal
from uuid import UUID

from fastapi import APIRouter, Query, Request
from fastapi.responses import JSONResponse, Response
from pydantic import BaseModel, ConfigDict, Field

from services.distribution.documents.households import Told, refused_xlsx, template_csv, template_xlsx
from services.distribution.domain.registration import Amendment
from services.distribution.store.households import queries
from services.distribution.usecases import sheets
from services.distribution.usecases.households import (
    Keys,
    UnknownHouseholdError,
    Verdict,
    amend,
    read_people,
    register,
)
from shared.access.model import Scope
from shared.clock import now
from shared.contracts.field import HouseholdReport, OtherAid, Release
from shared.contracts.reasons import Reason
from shared.contracts.submissions import Moment
from shared.database.pool import Pool
from shared.reference.model import Reference
from shared.sheets.faults import MAX_FILE_BYTES, FileError
from shared.sheets.workbook import CSV, XLSX
from shared.web.bodies import TooLargeError, read_body
from shared.web.caller import AnyCaller, Caller, Source, only
from shared.web.city import City
from shared.web.downloads import download
from shared.web.forms import FORM_ROOM, read_parts
from shared.web.problems import NOT_FOUND, NotFoundError, problem

REGISTRARS = [only("puskesmas")]
OPEN_DOOR = "open door"  # who reads where no token is asked for: demo, development and tests
LISTED = 200
_SHEET: dict[str, Any] = {
    "requestBody": {
        "required": True,
        "content": {
            "application/octet-stream": {"schema": {"type": "string", "format": "binary"}},
            "multipart/form-data": {
                "schema": {"type": "object", "properties": {"file": {"type": "string", "format": "binary"}}}
            },
        },
    }
}


class Change(BaseModel):
    """What changes of a household that is known; what is left out stays."""

    model_config = ConfigDict(extra="forbid")

    isolation_until: Moment | None = Field(None, description="extended, or ended sooner")
    released: Release | None = None
    kelurahan: Annotated[str, Field(max_length=20)] | None = Field(None, description="where the family lives now")
    rw: Annotated[int, Field(ge=1, le=999)] | None = None
    address: Annotated[str, Field(min_length=1, max_length=300)] | None = None
    aid: OtherAid | None = Field(None, description="what came from elsewhere, beside what is known")


@dataclass(frozen=True)
class Brought:
    """What became of a sheet: how many rows had which outcome, and the rows that were refused."""

    outcomes: Counter[str]
    refused: list[Told]


def named(caller: Caller) -> str:
    """The name under which a reading is written down."""
    return caller.principal.name if caller.principal else OPEN_DOOR


async def bring_sheet(
    pool: Pool, content: bytes, source: str, city: Reference, scope: Scope, keys: Keys, *, is_preview: bool
) -> Brought:
    """Register the good rows of a sheet, part by part (a preview takes each back); raises `FileError`."""
    told = await asyncio.to_thread(sheets.open_sheet, content, city)
    outcomes: Counter[str] = Counter()
    for part in sheets.parts(told):
        async with pool.acquire() as tx:
            transaction = tx.transaction()
            await transaction.start()
            try:
                found = await sheets.bring(tx, source, part, reference=city, keys=keys, now=now(), scope=scope)
            except BaseException:
                await transaction.rollback()
                raise
            await (transaction.rollback() if is_preview else transaction.commit())
        outcomes += found
    return Brought(outcomes, [one for one in told if one.wrong])


def router(pool: Pool, keys: Keys) -> APIRouter:
    """The routes of households. A registrar's token is limited to its kelurahan by its units."""
    routes = APIRouter()
    routes.include_router(_telling(pool, keys), dependencies=REGISTRARS)
    routes.include_router(_reading(pool, keys), dependencies=REGISTRARS)
    return routes


def _telling(pool: Pool, keys: Keys) -> APIRouter:
    routes = APIRouter()

    @routes.post("/households", status_code=202)
    async def report_household(body: HouseholdReport, caller: AnyCaller, city: City, source: Source) -> JSONResponse:
        """Register a household, change it, or release it; a resend has no effect."""
        async with pool.acquire() as tx, tx.transaction():
            [verdict] = await register(tx, [(source, body)], reference=city, keys=keys, now=now(), scope=caller.scope)
        return _answer(verdict)

    @routes.post("/households/sheets", openapi_extra=_SHEET)
    async def bring_a_sheet(
        request: Request,
        caller: AnyCaller,
        city: City,
        source: Source,
        preview: Annotated[bool, Query(description="only say what would happen")] = False,
        refused: Annotated[Literal["json", "xlsx"], Query(description="how refused rows come back")] = "json",
    ) -> Response:
        """Register the households of a sheet (XLSX or CSV, up to 1,000 rows). Good rows do not wait for bad ones."""
        body = await read_body(request, MAX_FILE_BYTES + FORM_ROOM)
        if request.headers.get("content-type", "").startswith("multipart/form-data"):
            found = (await read_parts(request, body)).file
            if found is None:
                return problem(422, "Formulir tidak memuat berkas", reasons=[Reason.of("MISSING_FIELD", "file")])
            body = found[1]
        if len(body) > MAX_FILE_BYTES:
            raise TooLargeError
        try:
            brought = await bring_sheet(pool, body, source, city, caller.scope, keys, is_preview=preview)
        except FileError as error:
            where = f" (baris {error.row})" if error.row else ""
            return problem(422, "Berkas ini tidak dapat dipakai", detail=f"{error}{where}")
        if refused == "xlsx":
            return download(refused_xlsx(brought.refused), "ditolak.xlsx", XLSX)
        wrong = [vars(wrong) for told in brought.refused for wrong in told.wrong]
        return JSONResponse({"is_preview": preview, "outcomes": dict(brought.outcomes), "wrong": wrong})

    @routes.get("/households/template.{kind}", responses={200: {"content": {XLSX: {}}}})
    async def read_template(kind: Literal["xlsx", "csv"], city: City) -> Response:
        """A sheet to fill in, with examples and the city's kelurahan."""
        content = template_xlsx(city) if kind == "xlsx" else template_csv(city)
        return download(content, f"templat-keluarga.{kind}", XLSX if kind == "xlsx" else CSV)

    @routes.patch("/households/{identity}", status_code=202, responses=NOT_FOUND)
    async def change_household(identity: UUID, body: Change, caller: AnyCaller, city: City) -> JSONResponse:
        """Extend an isolation, end it, or move the family; its open packet follows."""
        try:
            async with pool.acquire() as tx, tx.transaction():
                verdict = await amend(
                    tx,
                    identity,
                    Amendment(**dict(body)),
                    reference=city,
                    keys=keys,
                    now=now(),
                    reader=named(caller),
                    scope=caller.scope,
                )
        except UnknownHouseholdError:
            raise NotFoundError from None
        return _answer(verdict)

    return routes


def _reading(pool: Pool, keys: Keys) -> APIRouter:
    routes = APIRouter(responses=NOT_FOUND)

    @routes.get("/households")
    async def list_households(caller: AnyCaller, city: City) -> list[dict[str, Any]]:
        """Households of the caller's kelurahan, those that isolate first; at most 200, and no names."""
        places = list(caller.scope.units)
        rows = await queries.list_states(pool, tenant=city.tenant, places=places, size=LISTED)
        return [dict(row) for row in rows]

    @routes.get("/households/{identity}")
    async def read_household(identity: UUID, caller: AnyCaller, city: City) -> dict[str, Any]:
        """A household as it stands, without its people."""
        row = await queries.find_state(pool, tenant=city.tenant, household_id=identity)
        if row is None or not caller.scope.has_unit(row["kelurahan"]):
            raise NotFoundError
        return {name: value for name, value in dict(row).items() if name != "aid_text"}

    @routes.get("/households/{identity}/people")
    async def read_the_people(identity: UUID, caller: AnyCaller, city: City) -> dict[str, Any]:
        """Name, phone and address, for a registrar of the kelurahan. That they were read is written down."""
        try:
            async with pool.acquire() as tx, tx.transaction():
                people = await read_people(
                    tx, identity, reference=city, keys=keys, now=now(), reader=named(caller), scope=caller.scope
                )
        except UnknownHouseholdError:
            raise NotFoundError from None
        return people.model_dump(exclude={"nik"}, exclude_none=True)

    return routes


def _answer(verdict: Verdict) -> JSONResponse:
    """202 with what became of a report, or 422 with every reason."""
    if verdict.outcome == "rejected":
        return problem(422, "Laporan ditolak", reasons=verdict.reasons)
    answer = {
        "household_id": str(verdict.household_id),
        "version": verdict.version,
        "outcome": verdict.outcome,
        "was_told": verdict.was_told,
    }
    return JSONResponse(answer, 202)

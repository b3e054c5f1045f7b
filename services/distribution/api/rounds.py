"""The plan of a week over HTTP: for programs as JSON, for the city's PIC as a sheet of A4 to print and sign."""

from __future__ import annotations

from datetime import date
from pathlib import Path
from typing import Annotated, Any

from fastapi import APIRouter
from fastapi import Path as InPath
from fastapi.responses import HTMLResponse

from services.distribution.domain.rounds import RoundError
from services.distribution.usecases.rounds import Sheet, in_words, read_sheet
from shared.database.pool import Pool
from shared.reference.model import Reference
from shared.web.caller import only
from shared.web.city import City
from shared.web.pages import Pages
from shared.web.problems import NOT_FOUND, PROBLEMS, NotFoundError

Programme = Annotated[str, InPath(description="programme of the city, such as isoman")]
Round = Annotated[date, InPath(alias="round", description="its Monday")]


def router(pool: Pool) -> APIRouter:
    """Routes over `pool`; a plan is made and changed with `peduli allocate round`."""
    routes = APIRouter(prefix="/v1/rounds", responses={**PROBLEMS, **NOT_FOUND}, dependencies=[only("reader")])
    pages = Pages(Path(__file__).parent / "templates")

    async def sheet_of(city: Reference, programme: str, round_: date) -> Sheet:
        try:
            async with pool.acquire() as tx, tx.transaction(isolation="repeatable_read", readonly=True):
                return await read_sheet(tx, city, programme, round_)
        except RoundError:
            raise NotFoundError from None

    @routes.get("/{programme}/{round}")
    async def read_round(programme: Programme, round_: Round, city: City) -> dict[str, Any]:
        """Which unit carries how many packets to which kecamatan, by when and why; and what people changed."""
        return in_words(await sheet_of(city, programme, round_), city)

    @routes.get("/{programme}/{round}/sheet", response_class=HTMLResponse)
    async def print_round(programme: Programme, round_: Round, city: City) -> HTMLResponse:
        """The same as a page of A4, to print and sign."""
        sheet = await sheet_of(city, programme, round_)
        named = {"city": city, "sheet": sheet, "programme": city.programmes[programme], "zone": city.zone}
        context = {**in_words(sheet, city), **named}
        return pages.show("round.html", 200, context)

    return routes

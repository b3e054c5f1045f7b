"""Where words for households are written, by anybody, and where coordinators read them first."""

from __future__ import annotations

from uuid import UUID

from fastapi import APIRouter, Request
from fastapi.responses import Response

from services.distribution.api.signing import Entrance, Field
from services.distribution.domain.moral import LONGEST, OBJECTIONS
from services.distribution.store.moral import queries
from services.distribution.usecases import moral
from services.distribution.usecases.coordinators import Coordinator
from shared.reference.model import Reference
from shared.web.pages import see_other
from shared.web.problems import NotFoundError

WRITE, READ = "/dukungan", "/koordinator/pesan"


def writing(field: Field) -> APIRouter:
    """`/dukungan`: without signing in, because nothing is kept of who writes."""
    found = APIRouter(include_in_schema=False)

    def page(
        request: Request, city: Reference, text: str = "", refused: str = "", *, is_kept: bool = False
    ) -> Response:
        visitor, key = field.doorkeeper.visitor(request)
        errors = {"pesan": [OBJECTIONS[refused]]} if refused else {}
        context = {"city": city, "key": key, "text": text, "errors": errors, "labels": {"pesan": "Pesan"}}
        context |= {"longest": LONGEST, "is_kept": is_kept}
        shown = field.pages.show("moral.html", 422 if refused else 200, context)
        return field.doorkeeper.welcome(request, shown, visitor)

    @found.get(WRITE)
    async def form_page(request: Request, kota: str = "", hasil: str = "") -> Response:
        city = field.cities[kota or request.app.state.default_tenant]
        return page(request, city, is_kept=hasil == "terkirim")

    @found.post(WRITE)
    async def write(request: Request) -> Response:
        form = await field.doorkeeper.visiting_form(request)
        city = field.cities[form["kota"]]
        async with field.pool.acquire() as tx, tx.transaction():
            refused = await moral.write(tx, city, form["pesan"], now=field.clock())
        if refused:
            return page(request, city, form["pesan"], refused)
        return see_other(f"{WRITE}?kota={city.tenant}&hasil=terkirim")

    return found


def reading(desk: Entrance[Coordinator]) -> APIRouter:
    """`/koordinator/pesan`."""
    found = APIRouter(include_in_schema=False)

    @found.get(READ)
    async def unread(request: Request) -> Response:
        guest = await desk.guest(request)
        rows = await queries.list_unread(desk.pool, tenant=guest.city.tenant)
        return desk.show(guest, "coordination_notes.html", notes=rows)

    @found.post(f"{READ}/{{note_id}}")
    async def decide(request: Request, note_id: UUID) -> Response:
        guest = await desk.guest(request)
        form = await desk.form(request, guest)
        if form["tampil"] not in ("ya", "tidak"):
            raise NotFoundError
        async with desk.pool.acquire() as tx, tx.transaction():
            await moral.decide(tx, guest.who, note_id, is_shown=form["tampil"] == "ya", now=desk.clock())
        return see_other(READ)

    return found

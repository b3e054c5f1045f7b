"""One household: what is known of it, how it goes on, and (written down each time) who they are."""

from __future__ import annotations

from datetime import datetime
from typing import Any, Literal, get_args
from uuid import UUID

from fastapi import APIRouter, Request
from fastapi.responses import Response
from pydantic import ValidationError

from services.distribution.api.registrar import words
from services.distribution.api.registrar.desk import Desk, Registrar
from services.distribution.api.registrar.telling import begin_of, errors_of, number
from services.distribution.documents import qr
from services.distribution.domain.notice import TEXTS
from services.distribution.domain.registration import Amendment
from services.distribution.domain.words import wa_number
from services.distribution.store import moral
from services.distribution.store.households import queries
from services.distribution.usecases import homes
from services.distribution.usecases.households import UnknownHouseholdError, amend, read_people
from shared.contracts.field import OtherAid, People, Release
from shared.database.pool import Row
from shared.reference.model import Reference
from shared.web.forms import Form
from shared.web.pages import see_other
from shared.web.problems import NotFoundError

MOST_RW = 999
Act = Literal["perpanjang", "akhiri", "pindah", "bantuan"]
RELEASES: dict[str, Release] = {release: release for release in get_args(Release)}


def routes(desk: Desk) -> APIRouter:
    """`/keluarga/{id}` and what can be done there."""
    found = APIRouter(include_in_schema=False)

    @found.get("/keluarga/{identity}")
    async def household_page(request: Request, identity: UUID, hasil: str = "") -> Response:
        return await _page(desk, desk.registrar(request), identity, result=words.OUTCOMES.get(hasil, ""))

    @found.post("/keluarga/{identity}/orang")
    async def show_people(request: Request, identity: UUID) -> Response:
        registrar = desk.registrar(request)
        await desk.form(request, registrar)
        try:
            async with desk.transaction() as tx:
                people = await read_people(
                    tx,
                    identity,
                    reference=registrar.city,
                    keys=desk.keys,
                    now=desk.clock(),
                    reader=registrar.name,
                    scope=registrar.scope,
                )
        except UnknownHouseholdError:
            raise NotFoundError from None
        return await _page(desk, registrar, identity, people=people)

    @found.post("/keluarga/{identity}/halaman")
    async def make_page(request: Request, identity: UUID) -> Response:
        registrar = desk.registrar(request)
        await desk.form(request, registrar)
        await _state(desk, registrar, identity)
        async with desk.transaction() as tx:
            code = await homes.make_code(tx, registrar.city.tenant, identity)
        address = f"{request.base_url}rumah/{code}"
        shown: dict[str, Any] = {"household_id": identity, "code": f"{identity}"[:8].upper()}
        return desk.show(registrar, "registrar_link.html", **shown, address=address, picture=qr.svg(address))

    @found.post("/keluarga/{identity}/ditelepon")
    async def tick_call(request: Request, identity: UUID) -> Response:
        registrar = desk.registrar(request)
        await desk.form(request, registrar)
        await _state(desk, registrar, identity)
        today = registrar.city.date_of(desk.clock())
        await moral.queries.append_call(desk.pool, household_id=identity, day=today)
        return see_other(f"/keluarga/{identity}")

    @found.post("/keluarga/{identity}/{act}")
    async def change(request: Request, identity: UUID, act: Act) -> Response:
        registrar = desk.registrar(request)
        told = _told(await desk.form(request, registrar), act, registrar.city)
        if isinstance(told, dict):
            return await _page(desk, registrar, identity, status=422, errors=told)
        try:
            async with desk.transaction() as tx:
                verdict = await amend(
                    tx,
                    identity,
                    told,
                    reference=registrar.city,
                    keys=desk.keys,
                    now=desk.clock(),
                    reader=registrar.name,
                    scope=registrar.scope,
                )
        except UnknownHouseholdError:
            raise NotFoundError from None
        if verdict.outcome == "rejected":
            return await _page(desk, registrar, identity, status=422, errors=errors_of(verdict.reasons))
        if told.kelurahan and not registrar.scope.has_unit(told.kelurahan):
            return see_other("/keluarga")  # it is another registrar's now
        return see_other(f"/keluarga/{identity}?hasil={verdict.outcome}")

    return found


def _told(form: Form, act: Act, city: Reference) -> Amendment | dict[str, list[str]]:
    """What a form changes, or what is wrong with it by field."""
    if act == "akhiri":
        released = RELEASES.get(form["alasan"])
        return Amendment(released=released) if released else {"alasan": ["Pilih alasannya."]}
    if act == "perpanjang":
        try:
            return Amendment(isolation_until=datetime.fromisoformat(begin_of(form["selesai"], city)))
        except ValueError:
            return {"selesai": ["Isi tanggal selesai."]}
    if act == "bantuan":
        try:
            aid = {"kind": form["bantuan"], "at": begin_of(form["tanggal_bantuan"], city)}
            return Amendment(aid=OtherAid.model_validate(aid))
        except ValidationError:
            return {"tanggal_bantuan": ["Isi jenis dan tanggal bantuan."]}
    if not form["alamat"] or len(form["alamat"]) > 300:
        return {"alamat": ["Isi alamat yang baru, paling banyak 300 huruf."]}
    rw = number(form["rw"] or "0")
    if not isinstance(rw, int) or rw > MOST_RW:
        return {"rw": ["Isi RW dengan angka, atau kosongkan."]}
    return Amendment(kelurahan=form["kelurahan"] or None, rw=rw or None, address=form["alamat"])


async def _state(desk: Desk, registrar: Registrar, identity: UUID) -> Row:
    """A household of his, whose data are kept; raises `NotFoundError`."""
    row: Row | None = await queries.find_state(desk.pool, tenant=registrar.city.tenant, household_id=identity)
    if row is None or row["erased_at"] is not None or not registrar.scope.has_unit(row["kelurahan"]):
        raise NotFoundError
    return row


async def _page(desk: Desk, registrar: Registrar, identity: UUID, status: int = 200, **more: Any) -> Response:
    row = await _state(desk, registrar, identity)
    people: People | None = more.get("people")
    calls = await moral.queries.list_calls(desk.pool, household_id=identity)
    everywhere = [(code, registrar.city.regions[code].name) for code in registrar.city.kelurahan]
    causes = registrar.city.programmes
    isolates = row["programme"] not in causes or causes[row["programme"]].has_isolation
    shown = {
        "home": row,
        "is_called": registrar.city.date_of(desk.clock()) in {call["day"] for call in calls},
        "place": registrar.city.regions[row["kelurahan"]].name,
        "everywhere": everywhere,
        "programme": causes[row["programme"]].name if len(causes) > 1 and row["programme"] in causes else "",
        "isolates": isolates,
        "period": "isolasi" if isolates else "masa bantuan",
        "groups": [words.GROUPS[group] for group in row["groups"]],
        "allergens": [words.ALLERGENS.get(name, name) for name in row["allergens"]],
        "releases": words.releases(isolates=isolates),
        "aids": words.AIDS.items(),
        "labels": words.LABELS,
        "people": None,
        "wa": wa_number(people.phone) if people and people.phone else "",
        "planned": TEXTS["planned"],
        "result": "",
    }
    return desk.show(registrar, "registrar_household.html", status, **{**shown, **more})

"""Signing in by a one-time link or the unit's PIN, and out."""

from __future__ import annotations

import asyncio
from dataclasses import dataclass, field
from datetime import datetime

from fastapi import APIRouter, Request
from fastapi.responses import Response

from services.purchases.api.officer.desk import SESSION, Desk
from services.purchases.domain.access import SESSION_LASTS, fits
from services.purchases.usecases import officers
from services.purchases.usecases.officers import Seat
from shared.reference.model import Reference, Unit
from shared.reference.search import search_units
from shared.web.formats import moment
from shared.web.forms import form_key, give_cookie, new_token, read_form
from shared.web.pages import see_other

VISITOR = "peduli_tamu"  # of somebody who is not signed in: his forms carry its key
VISIT_SECONDS = 3600
NO_PIN = (b"\0" * 16, b"\0" * 32)  # what a unit without a PIN is compared with, so that it answers as slowly


@dataclass(frozen=True)
class Refusal:
    """Why nobody was let in, beside the fields that were filled."""

    errors: dict[str, list[str]] = field(default_factory=dict)
    unit_code: str = ""
    status: int = 200


def routes(desk: Desk) -> APIRouter:
    """`/masuk` and `/keluar`."""
    found = APIRouter(include_in_schema=False)
    hashing = asyncio.Semaphore(1)  # 0.1 s of CPU each: guessers wait for one another, the lanes do not

    @found.get("/masuk")
    async def sign_in_page(request: Request, kota: str = "") -> Response:
        return _door(desk, request, desk.cities[kota or request.app.state.default_tenant], Refusal())

    @found.post("/masuk")
    async def sign_in(request: Request) -> Response:
        form = await read_form(request, desk.keys.hash_key, request.cookies.get(VISITOR, ""))
        city = desk.cities[form["kota"]]
        seat, now = Seat(city.tenant, form["unit"]), desk.clock()
        if seat.unit_code not in city.units:
            return _door(desk, request, city, Refusal({"unit": ["Pilih unit kerja Anda."]}, status=422))
        address = request.client.host if request.client else ""
        async with desk.transaction() as tx:
            tried = await officers.note_try(tx, seat, address, hash_key=desk.keys.hash_key, now=now)
        if tried.locked_until is not None:
            return _door(desk, request, city, _locked(tried.locked_until, city, seat))
        async with hashing:
            salt, pin_hash = (tried.salt, tried.pin_hash) if tried.salt else NO_PIN
            right = await asyncio.to_thread(fits, form["pin"], salt, pin_hash)
        if not right:
            wrong = "PIN tidak cocok dengan unit kerja ini. Periksa keduanya."
            return _door(desk, request, city, Refusal({"pin": [wrong]}, seat.unit_code, 422))
        async with desk.transaction() as tx:
            token = await officers.sign_in(tx, seat, address, hash_key=desk.keys.hash_key, now=now)
        return _entered(request, token)

    @found.get("/masuk/{link}")
    async def link_page(request: Request, link: str) -> Response:
        seat = await officers.look_at_link(desk.pool, link, now=desk.clock())
        city = desk.cities.get(seat.tenant) if seat else None
        unit = city.units.get(seat.unit_code) if city and seat else None
        if city is None or unit is None:
            return desk.pages.show("link_gone.html", 410, {})
        visitor, answer_key = _visitor(desk, request)
        answer = desk.pages.show("link.html", 200, {"city": city, "unit": unit, "key": answer_key, "link": link})
        give_cookie(answer, request, VISITOR, visitor, VISIT_SECONDS)
        return answer

    @found.post("/masuk/{link}")
    async def use_link(request: Request, link: str) -> Response:
        await read_form(request, desk.keys.hash_key, request.cookies.get(VISITOR, ""))
        async with desk.transaction() as tx:
            token = await officers.use_link(tx, link, now=desk.clock())
        return _entered(request, token) if token else desk.pages.show("link_gone.html", 410, {})

    @found.post("/keluar")
    async def sign_out(request: Request) -> Response:
        officer = await desk.officer(request)
        await desk.form(request, officer)
        async with desk.transaction() as tx:
            await officers.sign_out(tx, officer.token)
        answer = see_other("/masuk")
        answer.delete_cookie(SESSION, path="/")
        return answer

    return found


def _door(desk: Desk, request: Request, city: Reference, refusal: Refusal) -> Response:
    """The sign-in page, with what is wrong beside its fields; the PIN is never shown back."""
    visitor, key = _visitor(desk, request)
    units = sorted(
        search_units("", city, day=desk.today(city)),
        key=lambda unit: (unit.kind != "opd", unit.kind, _called(unit, city)),
    )
    context = {
        "city": city,
        "units": [(unit.unit_code, _called(unit, city)) for unit in units],
        "unit_code": refusal.unit_code,
        "errors": refusal.errors,
        "labels": {"unit": "Unit kerja", "pin": "PIN"},
        "key": key,
    }
    answer = desk.pages.show("sign_in.html", refusal.status, context)
    give_cookie(answer, request, VISITOR, visitor, VISIT_SECONDS)
    return answer


def _locked(until: datetime, city: Reference, seat: Seat) -> Refusal:
    sentence = (
        f"Terlalu banyak percobaan. PIN dapat dicoba lagi {moment(until, city.zone)}. "
        "Bila mendesak, mintalah tautan sekali pakai kepada pengelola."
    )
    return Refusal({"pin": [sentence]}, seat.unit_code, 429)


def _called(unit: Unit, city: Reference) -> str:
    """Names of kelurahan are not unique (Depok has two Curug): say in which kecamatan each is."""
    if unit.kind != "kelurahan":
        return unit.name
    return f"{unit.name} ({city.regions[city.regions[unit.region_code].kecamatan_code].name})"


def _visitor(desk: Desk, request: Request) -> tuple[str, str]:
    """The visitor's cookie, his own or a new one, and the key that his forms must carry."""
    visitor = request.cookies.get(VISITOR) or new_token()
    return visitor, form_key(desk.keys.hash_key, visitor)


def _entered(request: Request, token: str) -> Response:
    answer = see_other("/beranda")
    give_cookie(answer, request, SESSION, token, int(SESSION_LASTS.total_seconds()))
    answer.delete_cookie(VISITOR, path="/")
    return answer

"""Signing in by a one-time link or the unit's PIN, and out."""

from __future__ import annotations

from dataclasses import dataclass, field
from datetime import datetime

from fastapi import APIRouter, Request
from fastapi.responses import Response

from services.purchases.api.officer.desk import Desk
from shared.access.seats import Seat
from shared.reference.model import Reference, Unit
from shared.reference.search import search_units
from shared.web.formats import moment


@dataclass(frozen=True)
class Refusal:
    """Why nobody was let in, beside the fields that were filled."""

    errors: dict[str, list[str]] = field(default_factory=dict)
    unit_code: str = ""
    status: int = 200


def routes(desk: Desk) -> APIRouter:
    """`/masuk` and `/keluar`."""
    found, keeper = APIRouter(include_in_schema=False), desk.doorkeeper

    @found.get("/masuk")
    async def sign_in_page(request: Request, kota: str = "") -> Response:
        return _door(desk, request, desk.cities[kota or request.app.state.default_tenant], Refusal())

    @found.post("/masuk")
    async def sign_in(request: Request) -> Response:
        form = await keeper.visiting_form(request)
        city, unit = desk.cities[form["kota"]], form["unit"]
        if unit not in city.units:
            return _door(desk, request, city, Refusal({"unit": ["Pilih unit kerja Anda."]}, status=422))
        entry = await keeper.with_pin(request, Seat(city.tenant, unit), form["pin"])
        if entry.locked_until is not None:
            return _door(desk, request, city, _locked(entry.locked_until, city, unit))
        if not entry.token:
            wrong = "PIN tidak cocok dengan unit kerja ini. Periksa keduanya."
            return _door(desk, request, city, Refusal({"pin": [wrong]}, unit, 422))
        return keeper.entered(request, entry.token, "/beranda")

    @found.get("/masuk/{link}")
    async def link_page(request: Request, link: str) -> Response:
        seat = await keeper.look_at_link(link)
        city = desk.cities.get(seat.tenant) if seat else None
        unit = city.units.get(seat.name) if city and seat else None
        if city is None or unit is None:
            return desk.pages.show("link_gone.html", 410, {})
        visitor, answer_key = keeper.visitor(request)
        answer = desk.pages.show("link.html", 200, {"city": city, "unit": unit, "key": answer_key, "link": link})
        return keeper.welcome(request, answer, visitor)

    @found.post("/masuk/{link}")
    async def use_link(request: Request, link: str) -> Response:
        await keeper.visiting_form(request)
        token = await keeper.with_link(request, link)
        return keeper.entered(request, token, "/beranda") if token else desk.pages.show("link_gone.html", 410, {})

    @found.post("/keluar")
    async def sign_out(request: Request) -> Response:
        officer = await desk.officer(request)
        await desk.form(request, officer)
        return await keeper.leave(request, "/masuk")

    return found


def _door(desk: Desk, request: Request, city: Reference, refusal: Refusal) -> Response:
    """The sign-in page, with what is wrong beside its fields; the PIN is never shown back."""
    visitor, key = desk.doorkeeper.visitor(request)
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
    return desk.doorkeeper.welcome(request, desk.pages.show("sign_in.html", refusal.status, context), visitor)


def _locked(until: datetime, city: Reference, unit_code: str) -> Refusal:
    sentence = (
        f"Terlalu banyak percobaan. PIN dapat dicoba lagi {moment(until, city.zone)}. "
        "Bila mendesak, mintalah tautan sekali pakai kepada pengelola."
    )
    return Refusal({"pin": [sentence]}, unit_code, 429)


def _called(unit: Unit, city: Reference) -> str:
    """Names of kelurahan are not unique (Depok has two Curug): say in which kecamatan each is."""
    if unit.kind != "kelurahan":
        return unit.name
    return f"{unit.name} ({city.regions[city.regions[unit.region_code].kecamatan_code].name})"

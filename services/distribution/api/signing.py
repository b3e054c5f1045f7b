"""Volunteers come in by a one-time link or their team's PIN, and out again: the phone forgets what it knew."""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path
from typing import Any

from fastapi import APIRouter, HTTPException, Request
from fastapi.responses import HTMLResponse, Response

from services.distribution.usecases import teams
from services.distribution.usecases.households import Keys
from services.distribution.usecases.teams import SHIFT, Team
from shared.access.seats import Seat, Session
from shared.clock import Clock
from shared.database.pool import Pool
from shared.reference.model import Reference
from shared.reference.store import Cities
from shared.web.formats import moment
from shared.web.forms import Form, form_key, read_form
from shared.web.pages import Pages
from shared.web.signing import Doorkeeper

SESSION = "peduli_tim"
HOME, DOOR = "/lapangan", "/lapangan/masuk"
TEMPLATES = Path(__file__).parent / "templates"
FORGET = {"Clear-Site-Data": '"cache", "storage"'}  # the phone forgets what it knew of doors


@dataclass(frozen=True)
class Volunteer:
    """A device that is signed in for one team; `key` is what its forms carry."""

    team: Team
    city: Reference
    session: Session
    token: str
    key: str


@dataclass(frozen=True)
class Field:
    """The means of the field pages. `clock` gives the present moment."""

    pool: Pool
    cities: Cities
    keys: Keys
    clock: Clock
    pages: Pages
    doorkeeper: Doorkeeper

    @classmethod
    def over(cls, pool: Pool, cities: Cities, keys: Keys, clock: Clock) -> Field:
        """The pages over `pool`."""
        doorkeeper = Doorkeeper(pool, keys.hash_key, clock, SESSION, SHIFT)
        return cls(pool, cities, keys, clock, Pages(TEMPLATES, own_script=True), doorkeeper)

    async def volunteer(self, request: Request) -> Volunteer:
        """Who is signed in. Sends a page's reader to the door, and tells a script 401, or 410 when it was cut off."""
        is_script = "text/html" not in request.headers.get("accept", "")
        session = await self.doorkeeper.session(request)
        if session is not None and session.is_revoked:
            raise HTTPException(410) if is_script else _away(DOOR)
        city = self.cities.get(session.seat.tenant) if session else None
        team = await teams.find(self.pool, session.seat.tenant, session.seat.name) if session else None
        if session is None or city is None or team is None:
            raise HTTPException(401) if is_script else _away(DOOR)
        token = request.cookies[SESSION]
        return Volunteer(team, city, session, token, form_key(self.keys.hash_key, token))

    async def form(self, request: Request, volunteer: Volunteer) -> Form:
        """What was sent; raises `ForeignFormError` when it did not come from a page that was shown on this device."""
        return await read_form(request, self.keys.hash_key, volunteer.token)

    def show(self, volunteer: Volunteer, template: str, status: int = 200, **context: Any) -> HTMLResponse:
        """A page for a volunteer."""
        city, team = volunteer.city, volunteer.team
        mine = {
            "city": city,
            "team": team,
            "place": city.regions[team.place],
            "zone": city.zone,
            "now": self.clock(),
            "until": volunteer.session.expires_at,
            "key": volunteer.key,
        }
        return self.pages.show(template, status, {**mine, **context})


def routes(field: Field) -> APIRouter:
    """`/lapangan/masuk` and `/lapangan/keluar`."""
    found, keeper = APIRouter(include_in_schema=False), field.doorkeeper

    @found.get(DOOR)
    async def sign_in_page(request: Request, kota: str = "") -> Response:
        session = await keeper.session(request)
        is_cut_off = session is not None and session.is_revoked
        answer = _door(field, request, field.cities[kota or request.app.state.default_tenant], is_cut_off=is_cut_off)
        if is_cut_off:
            answer.headers.update(FORGET)
            answer.delete_cookie(SESSION, path="/")
        return answer

    @found.post(DOOR)
    async def sign_in(request: Request) -> Response:
        form = await keeper.visiting_form(request)
        city, name = field.cities[form["kota"]], form["tim"]
        entry = await keeper.with_pin(request, Seat(city.tenant, name), form["pin"])
        if entry.locked_until is not None:
            locked = f"Terlalu banyak percobaan. PIN dapat dicoba lagi {moment(entry.locked_until, city.zone)}."
            return _door(field, request, city, {"pin": [locked]}, name, status=429)
        if not entry.token:
            wrong = "PIN tidak cocok dengan tim ini. Periksa keduanya."
            return _door(field, request, city, {"pin": [wrong]}, name, status=422)
        return keeper.entered(request, entry.token, HOME)

    @found.get(f"{DOOR}/{{link}}")
    async def link_page(request: Request, link: str) -> Response:
        seat = await keeper.look_at_link(link)
        team = await teams.find(field.pool, seat.tenant, seat.name) if seat else None
        city = field.cities.get(seat.tenant) if seat else None
        if team is None or city is None:
            return field.pages.show("field_link_gone.html", 410, {})
        visitor, key = keeper.visitor(request)
        context = {"city": city, "team": team, "place": city.regions[team.place], "key": key, "link": link}
        return keeper.welcome(request, field.pages.show("field_link.html", 200, context), visitor)

    @found.post(f"{DOOR}/{{link}}")
    async def use_link(request: Request, link: str) -> Response:
        await keeper.visiting_form(request)
        token = await keeper.with_link(request, link)
        return keeper.entered(request, token, HOME) if token else field.pages.show("field_link_gone.html", 410, {})

    @found.post("/lapangan/keluar")
    async def sign_out(request: Request) -> Response:
        await field.form(request, await field.volunteer(request))
        answer = await keeper.leave(request, DOOR)
        answer.headers.update(FORGET)
        return answer

    return found


def _door(
    field: Field,
    request: Request,
    city: Reference,
    errors: dict[str, list[str]] | None = None,
    name: str = "",
    *,
    status: int = 200,
    is_cut_off: bool = False,
) -> Response:
    """The sign-in page, with what is wrong beside its fields; the PIN is never shown back."""
    visitor, key = field.doorkeeper.visitor(request)
    context = {"city": city, "name": name, "errors": errors or {}, "labels": {"pin": "PIN"}, "key": key}
    page = field.pages.show("field_sign_in.html", status, {**context, "is_cut_off": is_cut_off})
    return field.doorkeeper.welcome(request, page, visitor)


def _away(path: str) -> HTTPException:
    return HTTPException(303, headers={"Location": path})

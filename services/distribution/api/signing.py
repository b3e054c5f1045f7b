"""Volunteers and coordinators come in by a one-time link or a PIN, and out again: a phone forgets what it knew.

A coordinator has a PIN. A volunteer's phone has one of its own, after its link (ADR 17): elsewhere it opens nothing.
"""

from __future__ import annotations

from collections.abc import Awaitable, Callable, Mapping
from dataclasses import dataclass, replace
from datetime import timedelta
from pathlib import Path
from typing import Any, Generic, TypeVar

from fastapi import APIRouter, HTTPException, Request
from fastapi.responses import HTMLResponse, Response

from services.distribution.usecases import coordinators, teams
from services.distribution.usecases.coordinators import DAY, Coordinator
from services.distribution.usecases.households import Keys
from services.distribution.usecases.teams import SHIFT, Team
from shared.access.pins import DEVICE_LASTS
from shared.access.seats import Device, InvalidPinError, Seat, Session
from shared.clock import Clock
from shared.database.pool import Pool, Transaction
from shared.reference.model import Reference
from shared.reference.store import Cities
from shared.web.formats import moment
from shared.web.forms import Form, form_key, read_form
from shared.web.pages import Pages, see_other
from shared.web.signing import Doorkeeper

TEMPLATES = Path(__file__).parent / "templates"
HOME = "/lapangan"
CUT_OFF = {"Clear-Site-Data": '"cache", "storage"'}  # the phone forgets all
LEFT = {
    "Clear-Site-Data": '"cache"'
}  # its script forgets the doors; reports that wait name nobody, and stay to be sent
Who = TypeVar("Who", Team, Coordinator)


@dataclass(frozen=True)
class People(Generic[Who]):
    """One kind of people who come in: where, for how long, how their sign-in page is called, and whose a seat is.

    `is_app`: their page is kept on the device, with a script of its own; it forgets when they leave, and a PIN is the
    device's.
    """

    home: str
    cookie: str
    lasts: timedelta
    title: str
    seat_of: Callable[[str, str], Seat]
    at_seat: Callable[[Transaction | Pool, Seat], Awaitable[Who | None]]
    is_app: bool = False

    @property
    def door(self) -> str:
        """The address of the sign-in page."""
        return f"{self.home}/masuk"


VOLUNTEERS: People[Team] = People(
    HOME,
    "peduli_tim",
    SHIFT,
    "Masuk sebagai relawan",
    Seat,
    teams.at_seat,
    is_app=True,
)
COORDINATORS: People[Coordinator] = People(
    "/koordinator",
    "peduli_koordinator",
    DAY,
    "Masuk sebagai koordinator",
    coordinators.seat_of,
    coordinators.at_seat,
)


@dataclass(frozen=True)
class Guest(Generic[Who]):
    """A device that is signed in for a team or a coordinator; `key` is what its forms carry."""

    who: Who
    city: Reference
    session: Session
    token: str
    key: str


@dataclass(frozen=True)
class Entrance(Generic[Who]):
    """The means of the pages of one kind of people. `clock` gives the present moment."""

    people: People[Who]
    pool: Pool
    cities: Cities
    keys: Keys
    clock: Clock
    pages: Pages
    doorkeeper: Doorkeeper

    @classmethod
    def over(cls, people: People[Who], pool: Pool, cities: Cities, keys: Keys, clock: Clock) -> Entrance[Who]:
        """The pages over `pool`."""
        doorkeeper = Doorkeeper(pool, keys.hash_key, clock, people.cookie, people.lasts)
        return cls(people, pool, cities, keys, clock, Pages(TEMPLATES, own_script=people.is_app), doorkeeper)

    async def guest(self, request: Request) -> Guest[Who]:
        """Who is signed in. Sends a page's reader to the door, and tells a script 401, or 410 when it was cut off."""
        is_script = "text/html" not in request.headers.get("accept", "")
        session = await self.doorkeeper.session(request)
        if session is not None and session.is_revoked:
            raise HTTPException(410) if is_script else _away(self.people.door)
        city = self.cities.get(session.seat.tenant) if session else None
        who = await self.people.at_seat(self.pool, session.seat) if session else None
        if session is None or city is None or who is None:
            raise HTTPException(401) if is_script else _away(self.people.door)
        token = request.cookies[self.people.cookie]
        return Guest(who, city, session, token, form_key(self.keys.hash_key, token))

    async def form(self, request: Request, guest: Guest[Who]) -> Form:
        """What was sent; raises `ForeignFormError` when it did not come from a page that was shown on this device."""
        return await read_form(request, self.keys.hash_key, guest.token)

    def show(self, guest: Guest[Who], template: str, status: int = 200, **context: Any) -> HTMLResponse:
        """A page for who is signed in."""
        city, now = guest.city, self.clock()
        mine = {
            "city": city,
            "who": guest.who,
            "place": city.regions[guest.who.place],
            "zone": city.zone,
            "now": now,
            "ppkm": city.ppkm_at(now),
            "until": guest.session.expires_at,
            "key": guest.key,
        }
        return self.pages.show(template, status, {**mine, **context})


Field = Entrance[Team]


def routes(entrance: Entrance[Who]) -> APIRouter:
    """`…/masuk` and `…/keluar` of these people."""
    found, keeper, people = APIRouter(include_in_schema=False), entrance.doorkeeper, entrance.people
    found.include_router(_by_device(entrance) if people.is_app else _by_name(entrance))

    @found.get(people.door)
    async def sign_in_page(request: Request, kota: str = "") -> Response:
        session, device = await keeper.session(request), await keeper.device(request)
        is_cut_off = any(known is not None and known.is_revoked for known in (session, device))
        city = entrance.cities[kota or request.app.state.default_tenant]
        answer = _door(entrance, request, city, Shown(None if is_cut_off else device, is_cut_off=is_cut_off))
        if is_cut_off:
            _forget(people, answer, CUT_OFF)
            answer.delete_cookie(people.cookie, path="/")
        return answer

    @found.get(f"{people.door}/{{link}}")
    async def link_page(request: Request, link: str) -> Response:
        seat = await keeper.look_at_link(link)
        who = await people.at_seat(entrance.pool, seat) if seat else None
        city = entrance.cities.get(seat.tenant) if seat else None
        if who is None or city is None:
            return _gone(entrance)
        visitor, key = keeper.visitor(request)
        context = {"city": city, "who": who, "place": city.regions[who.place], "key": key, "link": link}
        page = entrance.pages.show("sign_in_link.html", 200, {**context, "people": people})
        return keeper.welcome(request, page, visitor)

    @found.post(f"{people.door}/{{link}}")
    async def use_link(request: Request, link: str) -> Response:
        await keeper.visiting_form(request)
        token = await keeper.with_link(request, link)
        return keeper.entered(request, token, people.home) if token else _gone(entrance)

    @found.post(f"{people.home}/keluar")
    async def sign_out(request: Request) -> Response:
        await entrance.form(request, await entrance.guest(request))
        answer = await keeper.leave(request, people.door)
        _forget(people, answer, LEFT)
        return answer

    return found


def _by_name(entrance: Entrance[Who]) -> APIRouter:
    """Sign in with a name and its PIN, on any device."""
    found, keeper, people = APIRouter(include_in_schema=False), entrance.doorkeeper, entrance.people

    @found.post(people.door)
    async def sign_in(request: Request) -> Response:
        form = await keeper.visiting_form(request)
        city, name = entrance.cities[form["kota"]], form["nama"]
        entry = await keeper.with_pin(request, people.seat_of(city.tenant, name), form["pin"])
        if entry.locked_until is not None:
            locked = f"Terlalu banyak percobaan. PIN dapat dicoba lagi {moment(entry.locked_until, city.zone)}."
            return _door(entrance, request, city, Shown(name=name, wrong=locked), 429)
        if not entry.token:
            wrong = "PIN tidak cocok dengan nama ini. Periksa keduanya."
            return _door(entrance, request, city, Shown(name=name, wrong=wrong), 422)
        return keeper.entered(request, entry.token, people.home)

    return found


def _by_device(entrance: Entrance[Who]) -> APIRouter:
    """Give the device a PIN of its own, and sign in with that on this device alone."""
    found, keeper, people = APIRouter(include_in_schema=False), entrance.doorkeeper, entrance.people

    @found.post(people.door)
    async def sign_in(request: Request) -> Response:
        form = await keeper.visiting_form(request)
        device = await keeper.device(request)
        if device is None or device.is_revoked:
            return see_other(people.door)
        entry = await keeper.with_device_pin(request, form["pin"])
        if entry.token:
            return keeper.entered(request, entry.token, people.home, DEVICE_LASTS)
        device = replace(device, tries_left=entry.tries_left)
        wrong = f"PIN tidak cocok. Masih dapat dicoba {device.tries_left} kali." if device.tries_left else ""
        city = entrance.cities[device.seat.tenant]
        return _door(entrance, request, city, Shown(device, wrong=wrong), 422 if wrong else 429)

    @found.post(f"{people.home}/pin")
    async def choose_pin(request: Request) -> Response:
        guest = await entrance.guest(request)
        form = await entrance.form(request, guest)
        answer = see_other(f"{people.home}?kabar=pin_set")
        try:
            await keeper.set_device_pin(request, guest.session, form["pin"], answer)
        except InvalidPinError:
            return see_other(f"{people.home}?kabar=EASY_PIN")
        return answer

    return found


@dataclass(frozen=True)
class Shown:
    """What a sign-in page shows: the `device` that has a PIN, and what was `wrong` with the last one."""

    device: Device | None = None
    name: str = ""
    wrong: str = ""
    is_cut_off: bool = False


def _door(entrance: Entrance[Who], request: Request, city: Reference, shown: Shown, status: int = 200) -> Response:
    """The sign-in page, with what is wrong beside its fields; the PIN is never shown back."""
    visitor, key = entrance.doorkeeper.visitor(request)
    errors = {"pin": [shown.wrong]} if shown.wrong else {}
    context = {"city": city, "shown": shown, "errors": errors, "labels": {"pin": "PIN"}, "key": key}
    page = entrance.pages.show("sign_in.html", status, {**context, "people": entrance.people})
    return entrance.doorkeeper.welcome(request, page, visitor)


def _gone(entrance: Entrance[Who]) -> Response:
    return entrance.pages.show("sign_in_gone.html", 410, {"people": entrance.people})


def _forget(people: People[Who], answer: Response, what: Mapping[str, str]) -> None:
    """Nothing of doors stays on a volunteer's phone; a coordinator's keeps nothing, and may be a volunteer's too."""
    if people.is_app:
        answer.headers.update(what)


def _away(path: str) -> HTTPException:
    return HTTPException(303, headers={"Location": path})

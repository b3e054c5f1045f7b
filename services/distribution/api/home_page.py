"""The household's page: what is coming and when, without signing in; and the door that makes its code."""

from __future__ import annotations

import math
import time
from hmac import compare_digest
from typing import Any, get_args
from urllib.parse import quote
from uuid import UUID

from fastapi import APIRouter, Request
from fastapi.responses import Response

from services.distribution.api.signing import Field
from services.distribution.store.homes import queries
from services.distribution.store.households import queries as households
from services.distribution.usecases import homes
from services.distribution.usecases.homes import Answer, Home
from shared.access.guesses import Guesses
from shared.database.pool import Pool
from shared.observability import metrics
from shared.privacy import keyed_hash
from shared.web.caller import AnyCaller, only
from shared.web.city import City
from shared.web.forms import form_key, give_cookie, read_form
from shared.web.pages import see_other
from shared.web.problems import NOT_FOUND, PROBLEMS, NotFoundError

ANSWERS: tuple[Answer, ...] = get_args(Answer)
GUESSES = 30  # unknown codes a minute from one network address
AT_HOME = "peduli_rumah"  # the cookie of a device on which a code has opened the page
PASS_SECONDS = 30 * 24 * 3600
THANKS = {
    "received": "Terima kasih sudah mengabari.",
    "not_arrived": "Laporan Anda kami terima. Kami periksa paket ini.",
    "incomplete": "Laporan Anda kami terima. Kami periksa isi paket ini.",
}


def router(pool: Pool) -> APIRouter:
    """The doors for programs: the code of a page, and the cases that pages brought."""
    routes = APIRouter(prefix="/v1", responses=PROBLEMS)

    @routes.post("/households/{household_id}/page", responses=NOT_FOUND, dependencies=[only("puskesmas")])
    async def make_page(household_id: UUID, city: City, caller: AnyCaller) -> dict[str, str]:
        """A new address of the household's page, for the household alone; the one before opens no more.

        Give it on paper or in a message. No team may see it: it shows the code that proves a delivery.
        """
        async with pool.acquire() as tx, tx.transaction():
            row = await households.find_household(tx, tenant=city.tenant, id=household_id)
            if row is None or not caller.scope.has_unit(row["kelurahan"]):
                raise NotFoundError
            return {"path": f"/rumah/{await homes.make_code(tx, city.tenant, household_id)}"}

    @routes.get("/cases", dependencies=[only("reader")])
    async def list_cases(city: City, kelurahan: str = "") -> list[dict[str, Any]]:
        """Packets of which a household says that they did not arrive, or that something is missing."""
        rows = await queries.list_cases(pool, tenant=city.tenant, kelurahans=[kelurahan] if kelurahan else [])
        return [dict(row) for row in rows]

    return routes


def pages(field: Field) -> APIRouter:
    """`/rumah`, where a code is typed, and `/rumah/{code}`."""
    found, guesses = APIRouter(include_in_schema=False), Guesses(GUESSES)

    @found.get("/rumah")
    async def type_code(kode: str = "") -> Response:
        plain = homes.plain(kode)
        return see_other(f"/rumah/{quote(plain, safe='')}") if plain else _gone(field, "Paket untuk Anda", 200)

    @found.get("/rumah/{code}")
    async def show(request: Request, code: str, hasil: str = "") -> Response:
        home = await _let_in(field, guesses, request, code)
        if isinstance(home, Response):
            return home
        city = field.cities[home.tenant]
        async with field.pool.acquire() as tx, tx.transaction(readonly=True):
            packets = await homes.load(tx, home, city, field.keys)
            standing = await homes.standing(tx, home, city, field.clock())
        context = {
            "city": city,
            "zone": city.zone,
            "now": field.clock(),
            "ppkm": city.ppkm_at(field.clock()),
            "packets": packets,
            "standing": standing,
            "code": code,
            "key": form_key(field.keys.hash_key, code),
            "thanks": THANKS.get(hasil, ""),
        }
        answer = field.pages.show("home.html", 200, context)
        give_cookie(answer, request, AT_HOME, _pass(field, code), PASS_SECONDS)
        return answer

    @found.post("/rumah/{code}/jawaban")
    async def answer(request: Request, code: str) -> Response:
        home = await _let_in(field, guesses, request, code)
        if isinstance(home, Response):
            return home
        form = await read_form(request, field.keys.hash_key, code)
        kind = next((known for known in ANSWERS if known == form["jawab"]), None)
        if kind is None:
            raise NotFoundError
        async with field.pool.acquire() as tx, tx.transaction():
            task, city = _uuid(form["tugas"]), field.cities[home.tenant]
            kept = await homes.answer(tx, home, task, kind, form.all("kurang"), city=city, now=field.clock())
        if not kept:
            raise NotFoundError
        return see_other(f"/rumah/{code}?hasil={kind}")

    return found


async def _let_in(field: Field, guesses: Guesses, request: Request, code: str) -> Home | Response:
    """The household of a code, or the page that says why not. Where too many unknown codes came from, none is looked
    up for a while, but on a device where this very code has opened the page: neighbours may share the address.
    """
    address, now = request.client.host if request.client else "", time.monotonic()
    is_known = compare_digest(request.cookies.get(AT_HOME, "").encode(), _pass(field, code).encode())
    seconds = 0 if is_known else math.ceil(guesses.take(address, now))
    if seconds:
        metrics.GUESSES_REFUSED.inc()
        answer = _gone(field, "Tunggu sebentar", 429, seconds=seconds)
        answer.headers["Retry-After"] = str(seconds)
        return answer
    home = await homes.find(field.pool, code)
    if home is None:
        return _gone(field, "Tautan ini tidak dikenal", 404, code=code)
    if not is_known:
        guesses.forgive(address, now)
    return home


def _pass(field: Field, code: str) -> str:
    """What a device keeps on which a code has opened the page; it tells neither the code nor whose it is."""
    return keyed_hash(field.keys.hash_key, f"home:{homes.plain(code)}")


def _gone(field: Field, title: str, status: int, *, code: str = "", seconds: int = 0) -> Response:
    """A page without a household; our other pages are none of a household's, so that it leads to none."""
    return field.pages.show("home_gone.html", status, {"title": title, "code": code, "seconds": seconds})


def _uuid(text: str) -> UUID:
    try:
        return UUID(text)
    except ValueError:
        raise NotFoundError from None

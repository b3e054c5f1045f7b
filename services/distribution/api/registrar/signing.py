"""Signing in with a token, and out."""

from __future__ import annotations

from fastapi import APIRouter, Request
from fastapi.responses import Response

from services.distribution.api.registrar.desk import SESSION, SESSION_LASTS, Desk
from shared.access.model import Principal
from shared.web.forms import form_key, give_cookie, new_token, read_form
from shared.web.pages import see_other

VISITOR = "peduli_tamu"  # of somebody who is not signed in: his forms carry its key
VISIT_SECONDS = 3600
WRONG = "Kode ini tidak dikenal, atau bukan untuk mendaftarkan keluarga."
MANY = "Kode ini memakai beberapa nama pelapor; mintalah kode dengan satu nama."


def routes(desk: Desk) -> APIRouter:
    """`/keluarga/masuk` and `/keluarga/keluar`."""
    found = APIRouter(include_in_schema=False)

    def door(request: Request, sentence: str = "") -> Response:
        visitor = request.cookies.get(VISITOR) or new_token()
        context = {
            "city": desk.cities[request.app.state.default_tenant],
            "key": form_key(desk.keys.hash_key, visitor),
            "errors": {"kode": [sentence]} if sentence else {},
            "labels": {"kode": "Kode masuk"},
        }
        answer = desk.pages.show("registrar_sign_in.html", 422 if sentence else 200, context)
        give_cookie(answer, request, VISITOR, visitor, VISIT_SECONDS)
        return answer

    async def owner(token: str) -> Principal | None:
        principal = desk.directory.find(token, desk.clock())
        if principal is None:
            await desk.directory.refresh(desk.pool)  # it may have been given a moment ago
            principal = desk.directory.find(token, desk.clock())
        return principal if principal and principal.role == "puskesmas" else None

    @found.get("/keluarga/masuk")
    async def sign_in_page(request: Request) -> Response:
        return door(request)

    @found.post("/keluarga/masuk")
    async def sign_in(request: Request) -> Response:
        form = await read_form(request, desk.keys.hash_key, request.cookies.get(VISITOR, ""))
        token, tenant = form["kode"], request.app.state.default_tenant
        if token or not request.app.state.open_doors:
            principal = await owner(token)
            if principal is None:
                return door(request, WRONG)
            if not principal.scope.only_source:
                return door(request, MANY)
            tenant = principal.tenant
        answer = see_other("/keluarga")
        give_cookie(answer, request, SESSION, desk.session(token, tenant), int(SESSION_LASTS.total_seconds()))
        answer.delete_cookie(VISITOR, path="/")
        return answer

    @found.post("/keluarga/keluar")
    async def sign_out(request: Request) -> Response:
        await desk.form(request, desk.registrar(request))
        answer = see_other("/keluarga/masuk")
        answer.delete_cookie(SESSION, path="/")
        return answer

    return found

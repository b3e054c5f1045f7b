"""Server-rendered pages of every service: one look, safe headers, nothing from a third party.

A service gives its own templates: `Pages(Path(__file__).parent / "templates")`. They extend `page.html`, take fields
and an error summary from `parts.html`, and are shown with `pages.show("home.html", 200, {…})`. An unknown name in a
template is an error, never an empty string; every value is escaped.
"""

from __future__ import annotations

import hashlib
import mimetypes
from collections.abc import Mapping
from functools import cache
from pathlib import Path
from typing import Any

from fastapi import APIRouter, Request
from fastapi.responses import HTMLResponse, RedirectResponse, Response
from jinja2 import Environment, FileSystemLoader, StrictUndefined

from shared.errors import PeduliError
from shared.web import formats

HERE = Path(__file__).parent
HEADERS = {
    "Content-Security-Policy": (
        "default-src 'none'; style-src 'self'; img-src 'self'; form-action 'self'; base-uri 'none'; "
        "frame-ancestors 'none'"
    ),
    "Referrer-Policy": "same-origin",  # `no-referrer` would make a form's Origin `null`
    "X-Content-Type-Options": "nosniff",
    "Cross-Origin-Opener-Policy": "same-origin",
    "Cross-Origin-Resource-Policy": "same-origin",
    "Permissions-Policy": "camera=(), geolocation=(), microphone=()",
    "Cache-Control": "no-store",  # what a unit told must not lie in the cache of an office PC
}
OWN_SCRIPT = {  # of the few pages that have one: our own file, and nobody else is asked
    "Content-Security-Policy": HEADERS["Content-Security-Policy"]
    + "; script-src 'self'; connect-src 'self'; worker-src 'self'; manifest-src 'self'"
}
A_YEAR = 31_536_000


class UnknownAssetError(PeduliError):
    """No static file has this name."""


@cache
def _asset(name: str) -> bytes:
    path = HERE / "static" / name
    if path.name != name or not path.is_file():
        raise UnknownAssetError
    return path.read_bytes()


def asset(name: str) -> str:
    """The address of a static file; it changes with its content, so that it may be kept for a year."""
    return f"/static/{name}?v={hashlib.sha256(_asset(name)).hexdigest()[:12]}"


@cache
def _environment(folders: tuple[Path, ...]) -> Environment:
    """What compiles the templates of these folders, each once a process."""
    environment = Environment(
        loader=FileSystemLoader([*folders, HERE / "templates"]),
        autoescape=True,
        undefined=StrictUndefined,
        trim_blocks=True,
        lstrip_blocks=True,
    )
    environment.globals["asset"] = asset
    environment.globals["percent"] = formats.percent
    for name in ("number", "tenths", "rupiah", "day", "days", "weekday", "moment", "channel_name"):
        environment.filters[name] = getattr(formats, name)
    return environment


class Pages:
    """Templates of a service above those that all share."""

    def __init__(self, *folders: Path, own_script: bool = False) -> None:
        self._headers = {**HEADERS, **(OWN_SCRIPT if own_script else {})}
        self._environment = _environment(folders)

    def show(self, template: str, status: int = 200, context: Mapping[str, Any] | None = None) -> HTMLResponse:
        """A page, with the headers that keep it safe."""
        text = self._environment.get_template(template).render(context or {})
        return HTMLResponse(text, status, self._headers)


def see_other(path: str) -> RedirectResponse:
    """After a form: look at `path` (a reload must not send the form again)."""
    return RedirectResponse(path, 303, {"Cache-Control": "no-store"})


def wants_page(request: Request) -> bool:
    """True for a browser, which asks for HTML; programs ask for JSON or for nothing."""
    return "text/html" in request.headers.get("accept", "")


def problem_page(status: int, title: str, detail: str = "") -> HTMLResponse:
    """An error as a page."""
    return _plain_pages().show("error.html", status, {"title": title, "detail": detail, "status": status})


@cache
def _plain_pages() -> Pages:
    return Pages()


def static_routes() -> APIRouter:
    """`/static/…`: the few files that every page of a service needs."""
    routes = APIRouter(include_in_schema=False)

    @routes.get("/static/{name}")
    async def static_file(name: str) -> Response:
        try:
            body = _asset(name)
        except UnknownAssetError:
            return Response(status_code=404)
        kept = {"Cache-Control": f"public, max-age={A_YEAR}, immutable", "X-Content-Type-Options": "nosniff"}
        return Response(body, headers=kept, media_type=mimetypes.guess_type(name)[0])

    return routes

"""Errors of the HTTP doors as problem+json (RFC 9457): one table, for every service."""

from __future__ import annotations

import math
from collections.abc import Sequence
from typing import Any

import orjson
from fastapi import FastAPI, Request
from fastapi.exceptions import RequestValidationError
from fastapi.responses import JSONResponse, Response
from pydantic import BaseModel

from shared.contracts.reasons import Reason
from shared.contracts.schema import inlined
from shared.database.transient import is_transient, is_unreadable
from shared.errors import PeduliError
from shared.reference.store import UnknownCityError
from shared.web.bodies import TooLargeError
from shared.web.forms import ForeignFormError
from shared.web.pages import problem_page, wants_page

RETRY_AFTER_SECONDS = 5
PROBLEM = "application/problem+json"


class Problem(BaseModel):
    """What every error answers (RFC 9457)."""

    type: str = "about:blank"
    title: str
    status: int
    detail: str | None = None
    reasons: tuple[Reason, ...] | None = None


def _documented(description: str) -> dict[str, Any]:
    return {"description": description, "content": {PROBLEM: {"schema": inlined(Problem)}}}


PROBLEMS: dict[int | str, dict[str, Any]] = {
    401: _documented("There is no token, or it is not good"),
    403: _documented("The token is good, and not for this"),
    413: _documented("More than is read at once"),
    422: _documented("Refused, with every reason at once"),
    429: _documented("Enough for this minute: send again after Retry-After seconds"),
    503: _documented("The database is away for a moment: send again after Retry-After seconds"),
}
NOT_FOUND: dict[int | str, dict[str, Any]] = {404: _documented("Nothing is known under this name")}


class NotFoundError(PeduliError):
    """Nothing is known under this name."""


class UnauthenticatedError(PeduliError):
    """The request has no token that is good."""


class ForbiddenError(PeduliError):
    """This token is good, and not for this."""

    def __init__(self, message: str, *, reasons: Sequence[Reason] = ()) -> None:
        super().__init__(message)
        self.reasons = reasons


class MissingHeaderError(PeduliError):
    """A header is missing; the message is its name."""


class LimitedError(PeduliError):
    """The caller has done enough for now."""

    def __init__(self, seconds: float) -> None:
        super().__init__()
        self.retry_after = max(1, math.ceil(seconds))


def problem(status: int, title: str, *, detail: str = "", reasons: Sequence[Reason] = ()) -> JSONResponse:
    """A problem+json answer; `reasons` carry code, path and text, never the offending value."""
    body = Problem(title=title, status=status, detail=detail or None, reasons=tuple(reasons) or None)
    return JSONResponse(body.model_dump(exclude_none=True), status, media_type=PROBLEM)


def install(app: FastAPI) -> None:
    """Answer each kind of error in its own way: 401, 403, 404, 413, 422, 429, 503, and 500 without a traceback.

    A browser gets the same as a page.
    """
    _install_access(app)

    @app.exception_handler(NotFoundError)
    async def not_found(request: Request, error: NotFoundError) -> Response:
        return _shown(request, problem(404, "Tidak ditemukan", detail=error.hint), error.hint)

    @app.exception_handler(404)
    async def no_such_path(request: Request, error: Exception) -> Response:
        return _shown(request, problem(404, "Tidak ditemukan"))

    @app.exception_handler(UnknownCityError)
    async def unknown_city(request: Request, __: UnknownCityError) -> Response:
        reasons = [Reason.of("UNKNOWN_CITY", "tenant")]
        return _shown(request, problem(422, "Kota tidak dikenal", reasons=reasons))

    @app.exception_handler(TooLargeError)
    async def too_large(request: Request, error: TooLargeError) -> Response:
        reasons = [Reason.of(error.code, error.path)]
        answer = _shown(request, problem(413, "Kiriman terlalu besar", reasons=reasons), reasons[0].message)
        answer.headers["Connection"] = "close"  # the rest of the body is not read
        return answer

    @app.exception_handler(ForeignFormError)
    async def foreign_form(request: Request, _: ForeignFormError) -> Response:
        hint = "Formulir ini sudah tidak berlaku. Buka lagi halamannya, lalu kirim ulang."
        return _shown(request, problem(403, "Formulir tidak berlaku", detail=hint), hint)

    @app.exception_handler(RequestValidationError)
    async def unreadable(request: Request, error: RequestValidationError) -> Response:
        reasons = [Reason.of("INVALID_FIELD", ".".join(str(part) for part in e["loc"][1:])) for e in error.errors()]
        return _shown(request, problem(422, "Permintaan tidak dapat dibaca", reasons=reasons))

    @app.exception_handler(Exception)
    async def failed(request: Request, error: Exception) -> Response:
        if is_unreadable(error):
            return _shown(request, problem(422, "Permintaan tidak dapat dibaca", reasons=[Reason.of("INVALID_TEXT")]))
        if not is_transient(error):
            return _shown(request, problem(500, "Kesalahan di pihak kami", detail=type(error).__name__))
        answer = _shown(request, problem(503, "Sedang tidak tersedia; kirim ulang sebentar lagi"))
        answer.headers["Retry-After"] = str(RETRY_AFTER_SECONDS)
        return answer


def _install_access(app: FastAPI) -> None:
    """Who may not come in, or not now: 401, 403, 422, 429."""

    @app.exception_handler(UnauthenticatedError)
    async def unauthenticated(request: Request, _: UnauthenticatedError) -> Response:
        answer = _shown(request, problem(401, "Perlu token yang berlaku", detail="Authorization: Bearer <token>"))
        answer.headers["WWW-Authenticate"] = 'Bearer realm="peduli"'
        return answer

    @app.exception_handler(ForbiddenError)
    async def forbidden(request: Request, error: ForbiddenError) -> Response:
        return _shown(request, problem(403, str(error), reasons=error.reasons))

    @app.exception_handler(MissingHeaderError)
    async def header_missing(request: Request, error: MissingHeaderError) -> Response:
        reason = Reason.of("MISSING_FIELD", str(error))
        return _shown(request, problem(422, "Permintaan tidak dapat dibaca", reasons=[reason]))

    @app.exception_handler(LimitedError)
    async def limited(request: Request, error: LimitedError) -> Response:
        detail = f"Coba lagi dalam {error.retry_after} detik; pengirim lain tidak terganggu."
        answer = _shown(request, problem(429, "Batas per menit tercapai", detail=detail), detail)
        answer.headers["Retry-After"] = str(error.retry_after)
        return answer


def _shown(request: Request, answer: JSONResponse, hint: str = "") -> Response:
    """The answer as it is, or as a page for a browser."""
    if not wants_page(request):
        return answer
    return problem_page(answer.status_code, str(orjson.loads(bytes(answer.body))["title"]), hint)

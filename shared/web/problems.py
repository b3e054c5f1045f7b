"""Errors of the HTTP doors as problem+json (RFC 9457): one table, for every service."""

from __future__ import annotations

import math
from collections.abc import Sequence
from typing import Any

from fastapi import FastAPI, Request
from fastapi.exceptions import RequestValidationError
from fastapi.responses import JSONResponse
from pydantic import BaseModel

from shared.contracts.reasons import Reason
from shared.contracts.schema import inlined
from shared.database.transient import is_transient
from shared.errors import PeduliError
from shared.reference.store import UnknownCityError

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
    """Answer each kind of error in its own way: 404, 422, 503 with Retry-After, 500 without a traceback."""
    _install_access(app)

    @app.exception_handler(NotFoundError)
    async def not_found(_: Request, error: NotFoundError) -> JSONResponse:
        return problem(404, "Tidak ditemukan", detail=error.hint)

    @app.exception_handler(UnknownCityError)
    async def unknown_city(_: Request, __: UnknownCityError) -> JSONResponse:
        return problem(422, "Kota tidak dikenal", reasons=[Reason.of("UNKNOWN_CITY", "tenant")])

    @app.exception_handler(RequestValidationError)
    async def unreadable(_: Request, error: RequestValidationError) -> JSONResponse:
        reasons = [Reason.of("INVALID_FIELD", ".".join(str(part) for part in e["loc"][1:])) for e in error.errors()]
        return problem(422, "Permintaan tidak dapat dibaca", reasons=reasons)

    @app.exception_handler(Exception)
    async def failed(_: Request, error: Exception) -> JSONResponse:
        if not is_transient(error):
            return problem(500, "Kesalahan di pihak kami", detail=type(error).__name__)
        answer = problem(503, "Sedang tidak tersedia; kirim ulang sebentar lagi")
        answer.headers["Retry-After"] = str(RETRY_AFTER_SECONDS)
        return answer


def _install_access(app: FastAPI) -> None:
    """Who may not come in, or not now: 401, 403, 422, 429."""

    @app.exception_handler(UnauthenticatedError)
    async def unauthenticated(_: Request, __: UnauthenticatedError) -> JSONResponse:
        answer = problem(401, "Perlu token yang berlaku", detail="Authorization: Bearer <token>")
        answer.headers["WWW-Authenticate"] = 'Bearer realm="peduli"'
        return answer

    @app.exception_handler(ForbiddenError)
    async def forbidden(_: Request, error: ForbiddenError) -> JSONResponse:
        return problem(403, str(error), reasons=error.reasons)

    @app.exception_handler(MissingHeaderError)
    async def header_missing(_: Request, error: MissingHeaderError) -> JSONResponse:
        reason = Reason.of("MISSING_FIELD", str(error))
        return problem(422, "Permintaan tidak dapat dibaca", reasons=[reason])

    @app.exception_handler(LimitedError)
    async def limited(_: Request, error: LimitedError) -> JSONResponse:
        detail = f"Coba lagi dalam {error.retry_after} detik; pengirim lain tidak terganggu."
        answer = problem(429, "Batas per menit tercapai", detail=detail)
        answer.headers["Retry-After"] = str(error.retry_after)
        return answer

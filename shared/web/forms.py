"""Forms of pages: read up to a limit, and taken only from the visitor that the page was shown to."""

from __future__ import annotations

import hmac
import secrets
from collections.abc import AsyncGenerator
from dataclasses import dataclass
from urllib.parse import parse_qs

from fastapi import Request
from starlette.datastructures import UploadFile
from starlette.formparsers import MultiPartException, MultiPartParser
from starlette.responses import Response

from shared.errors import PeduliError
from shared.privacy import keyed_hash
from shared.web.bodies import TooLargeError, read_body

MOST_BYTES = 512 * 1024
MOST_FIELDS = 4000
FORM_ROOM = 64 * 1024  # bytes that a form adds to its file
KEY_FIELD = "kunci"  # of the form


class ForeignFormError(PeduliError):
    """A form came without the key that the page gave it: from elsewhere, or after its session ended."""


@dataclass(frozen=True)
class Form:
    """What was typed, by field; nothing is trimmed away but the blanks around it."""

    fields: dict[str, list[str]]

    def __getitem__(self, name: str) -> str:
        """The (first) value of a field, empty where it is missing."""
        return self.fields.get(name, [""])[0]

    def all(self, name: str) -> list[str]:
        """Every value of a field that is repeated."""
        return self.fields.get(name, [])


async def read_form(request: Request, secret: bytes, cookie: str) -> Form:
    """The form of a request; raises `ForeignFormError` unless it carries the key of `cookie`, or `TooLargeError`."""
    body = await read_body(request, MOST_BYTES)
    try:
        found = parse_qs(body.decode(), keep_blank_values=True, max_num_fields=MOST_FIELDS)
    except UnicodeDecodeError:
        raise ForeignFormError from None
    except ValueError:
        raise TooLargeError from None
    form = Form({name: [_clean(value) for value in values] for name, values in found.items()})
    check_key(form[KEY_FIELD], secret, cookie)
    return form


@dataclass(frozen=True)
class Parts:
    """A form that carries a file: the field `file` (name and bytes, or None) and the key."""

    file: tuple[str, bytes] | None
    key: str


async def read_parts(request: Request, body: bytes) -> Parts:
    """The parts of a multipart form; empty ones where it cannot be read."""

    async def whole() -> AsyncGenerator[bytes, None]:
        yield body

    try:
        form = await MultiPartParser(request.headers, whole(), max_files=1, max_fields=10).parse()
    except (MultiPartException, KeyError, ValueError):
        return Parts(None, "")
    file, key = form.get("file"), form.get(KEY_FIELD)
    told = (file.filename or "", await file.read()) if isinstance(file, UploadFile) else None
    return Parts(told, key if isinstance(key, str) else "")


def check_key(given: str, secret: bytes, cookie: str) -> None:
    """Raises `ForeignFormError` unless `given` is the key that a form of this visitor carries."""
    if not cookie or not hmac.compare_digest(given.encode(), form_key(secret, cookie).encode()):
        raise ForeignFormError


def form_key(secret: bytes, cookie: str) -> str:
    """The key that fits the visitor's cookie: another site can make his browser send the one, but cannot know this."""
    return keyed_hash(secret, f"form:{cookie}")


def new_token() -> str:
    """A name nobody can guess: 256 bits, safe in an address."""
    return secrets.token_urlsafe(32)


def give_cookie(response: Response, request: Request, name: str, value: str, seconds: int) -> None:
    """A cookie that no script reads and no other site's form brings along; over HTTPS only, where there is HTTPS."""
    secure = request.url.scheme == "https"
    response.set_cookie(name, value, max_age=seconds, httponly=True, samesite="lax", secure=secure, path="/")


def _clean(value: str) -> str:
    """Browsers end lines with CR LF; no row can hold U+0000."""
    return value.replace("\r\n", "\n").replace("\x00", "").strip()

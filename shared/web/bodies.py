"""Reading what a request carries, up to a limit."""

from __future__ import annotations

from fastapi import Request

from shared.errors import PeduliError


class TooLargeError(PeduliError):
    """The request carries more than is read here. `code` and `path` say what is too large."""

    def __init__(self, code: str = "REQUEST_TOO_LARGE", path: str = "") -> None:
        super().__init__()
        self.code = code
        self.path = path


async def read_body(request: Request, most: int) -> bytes:
    """The body; raises `TooLargeError` as soon as more than `most` bytes are announced or have come."""
    announced = request.headers.get("content-length", "0")
    if announced.isdecimal() and int(announced[:20]) > most:
        raise TooLargeError
    parts: list[bytes] = []
    size = 0
    async for part in request.stream():
        size += len(part)
        if size > most:
            raise TooLargeError
        parts.append(part)
    return b"".join(parts)

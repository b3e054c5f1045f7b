"""Coming in by a one-time link or a PIN, and staying: the steps that the pages of every service share."""

from __future__ import annotations

import asyncio
import re
from dataclasses import dataclass, field
from datetime import datetime, timedelta

from fastapi import Request
from fastapi.responses import Response

from shared.access import seats
from shared.access.pins import DEVICE_LASTS, fits
from shared.access.seats import Device, Seat, Session, Stay
from shared.clock import Clock
from shared.database.pool import Pool
from shared.web.forms import Form, form_key, give_cookie, new_token, read_form
from shared.web.pages import see_other

VISITOR = "peduli_tamu"  # of somebody who is not signed in: his forms carry its key
VISIT_SECONDS = 3600
NO_PIN = (b"\0" * 16, b"\0" * 32)  # what a seat without a PIN is compared with, so that it answers as slowly
_DEVICE = re.compile(r"\(([^)]{1,80})")


@dataclass(frozen=True)
class Entry:
    """What a PIN brought: the token of a session; nothing (it was wrong); or it is not looked at before then.

    `tries_left` is told of a device's own PIN.
    """

    token: str = ""
    locked_until: datetime | None = None
    tries_left: int = 0


@dataclass(frozen=True)
class Doorkeeper:
    """Lets people in at the seats of one service: `cookie` names its sessions, which last for `lasts`."""

    pool: Pool
    hash_key: bytes
    clock: Clock
    cookie: str
    lasts: timedelta
    _hashing: asyncio.Semaphore = field(default_factory=lambda: asyncio.Semaphore(1))  # guessers wait for one another

    def visitor(self, request: Request) -> tuple[str, str]:
        """The visitor's cookie, his own or a new one, and the key that his forms must carry."""
        visitor = request.cookies.get(VISITOR) or new_token()
        return visitor, form_key(self.hash_key, visitor)

    def welcome(self, request: Request, answer: Response, visitor: str) -> Response:
        """A page with a form for somebody who is not signed in."""
        give_cookie(answer, request, VISITOR, visitor, VISIT_SECONDS)
        return answer

    async def visiting_form(self, request: Request) -> Form:
        """What a visitor sent; raises `ForeignFormError` when it did not come from a page that was shown to him."""
        return await read_form(request, self.hash_key, request.cookies.get(VISITOR, ""))

    async def with_pin(self, request: Request, seat: Seat, pin: str) -> Entry:
        """Try a PIN. 0.1 s of CPU each, in a thread: the lanes do not wait."""
        now, address = self.clock(), request.client.host if request.client else ""
        async with self.pool.acquire() as tx, tx.transaction():
            tried = await seats.note_try(tx, seat, address, hash_key=self.hash_key, now=now)
        if tried.locked_until is not None:
            return Entry(locked_until=tried.locked_until)
        if not await self._fits(pin, *((tried.salt, tried.pin_hash) if tried.salt else NO_PIN)):
            return Entry()
        async with self.pool.acquire() as tx, tx.transaction():
            stay = Stay(self.lasts, device_of(request))
            return Entry(await seats.sign_in(tx, seat, address, stay, hash_key=self.hash_key, now=now))

    async def with_device_pin(self, request: Request, pin: str) -> Entry:
        """Try the own PIN of the device that asks."""
        now, token = self.clock(), request.cookies.get(self.cookie, "")
        async with self.pool.acquire() as tx, tx.transaction():
            tried = await seats.note_device_try(tx, token, now=now)
        if tried is None:
            return Entry()
        if not await self._fits(pin, tried.salt, tried.pin_hash):
            return Entry(tries_left=tried.left)
        async with self.pool.acquire() as tx, tx.transaction():
            return Entry(await seats.renew(tx, token, Stay(self.lasts, device_of(request)), now=now) or "")

    async def set_device_pin(self, request: Request, session: Session, pin: str, answer: Response) -> None:
        """Give a device its own PIN; `answer` lets its cookie last. Raises `InvalidPinError`."""
        async with self._hashing, self.pool.acquire() as tx, tx.transaction():
            await seats.set_device_pin(tx, session.session_id, pin, now=self.clock())
        self._keep(request, answer, request.cookies[self.cookie], DEVICE_LASTS)

    async def _fits(self, pin: str, salt: bytes, pin_hash: bytes) -> bool:
        async with self._hashing:
            return await asyncio.to_thread(fits, pin, salt, pin_hash)

    async def look_at_link(self, link: str) -> Seat | None:
        """Whom a link would let in."""
        return await seats.look_at_link(self.pool, link, now=self.clock())

    async def with_link(self, request: Request, link: str) -> str | None:
        """The token of a session for this one device; None when the link was used, or is too old."""
        async with self.pool.acquire() as tx, tx.transaction():
            token = await seats.use_link(tx, link, Stay(self.lasts, device_of(request)), now=self.clock())
            if token:
                await seats.forget(tx, request.cookies.get(self.cookie, ""))
            return token

    def entered(self, request: Request, token: str, home: str, lasts: timedelta | None = None) -> Response:
        """On to `home`, with the session's cookie, which `lasts` for longer where the device has a PIN of its own."""
        answer = see_other(home)
        self._keep(request, answer, token, lasts or self.lasts)
        answer.delete_cookie(VISITOR, path="/")
        return answer

    def _keep(self, request: Request, answer: Response, token: str, lasts: timedelta) -> None:
        give_cookie(answer, request, self.cookie, token, int(lasts.total_seconds()))

    async def session(self, request: Request) -> Session | None:
        """Who is signed in on this device; also somebody who was cut off."""
        token = request.cookies.get(self.cookie, "")
        return await seats.find_session(self.pool, token, now=self.clock()) if token else None

    async def device(self, request: Request) -> Device | None:
        """The device that asks, if it has a PIN of its own, or had one when it was cut off."""
        token = request.cookies.get(self.cookie, "")
        return await seats.find_device(self.pool, token, now=self.clock()) if token else None

    async def leave(self, request: Request, door: str) -> Response:
        """Sign out, and go to `door`; a device with a PIN of its own stays known."""
        is_kept = await seats.sign_out(self.pool, request.cookies.get(self.cookie, ""), now=self.clock())
        answer = see_other(door)
        if not is_kept:
            answer.delete_cookie(self.cookie, path="/")
        return answer


def device_of(request: Request) -> str:
    """What a browser says of its device, such as `Linux; Android 8.1.0`."""
    found = _DEVICE.search(request.headers.get("user-agent", ""))
    return found[1] if found else ""

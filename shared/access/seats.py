"""Seats that people sign in at: the desk of a unit, the phones of a team. Letting them in, and out again."""

from __future__ import annotations

import asyncio
import secrets
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from uuid import UUID

from shared.access.pins import (
    DEVICE_LASTS,
    LINK_LASTS,
    PIN,
    TRIES_BY_ADDRESS,
    TRIES_BY_DEVICE,
    TRIES_BY_SEAT,
    hash_pin,
    is_easy,
    locked_until,
    token_hash,
)
from shared.database.pool import Pool, Row, Transaction
from shared.database.queries import load_queries
from shared.errors import PeduliError
from shared.ids import new_id
from shared.privacy import keyed_hash

queries = load_queries(__file__)


class InvalidPinError(PeduliError):
    """A PIN has 6 to 8 digits; that of a device is also none that everybody tries first."""


@dataclass(frozen=True)
class Seat:
    """One unit or team of one city, and no other; `name` is its code or name."""

    tenant: str
    name: str


@dataclass(frozen=True)
class Session:
    """A device that is signed in at a seat until `expires_at`; `is_revoked` when it was cut off before.

    `has_pin`: whether a PIN of its own lets it in again.
    """

    session_id: UUID
    seat: Seat
    expires_at: datetime
    is_revoked: bool
    has_pin: bool = False


@dataclass(frozen=True)
class Device:
    """A device that has a PIN of its own, signed in or not; `tries_left` before only a new link lets it in."""

    seat: Seat
    is_revoked: bool
    tries_left: int


@dataclass(frozen=True)
class Try:
    """A try of a PIN: refused until `locked_until`, or to be compared with `salt` and `pin_hash`.

    `left`: how many more a device has.
    """

    locked_until: datetime | None
    salt: bytes = b""
    pin_hash: bytes = b""
    left: int = 0


@dataclass(frozen=True)
class Stay:
    """How somebody comes in: for how long, and on which device (what its browser says of it)."""

    lasts: timedelta
    device: str = ""


async def make_link(tx: Transaction, seat: Seat, *, now: datetime) -> str:
    """The token of a new link that opens once within a day."""
    token = secrets.token_urlsafe(32)
    await queries.save_link(
        tx, link_hash=token_hash(token), tenant=seat.tenant, seat=seat.name, expires_at=now + LINK_LASTS
    )
    return token


async def set_pin(tx: Transaction, seat: Seat, pin: str, *, now: datetime) -> None:
    """Give a seat a new PIN; who is signed in must come again. Raises `InvalidPinError`."""
    if not PIN.fullmatch(pin):
        raise InvalidPinError
    await revoke(tx, seat, now=now)
    salt = secrets.token_bytes(16)
    await queries.save_pin(tx, tenant=seat.tenant, seat=seat.name, salt=salt, pin_hash=hash_pin(pin, salt), now=now)


async def set_device_pin(tx: Transaction, session_id: UUID, pin: str, *, now: datetime) -> None:
    """Give a device that is signed in its own PIN, which opens nothing elsewhere. Raises `InvalidPinError`."""
    if not PIN.fullmatch(pin) or is_easy(pin):
        raise InvalidPinError
    salt = secrets.token_bytes(16)
    pin_hash = await asyncio.to_thread(hash_pin, pin, salt)
    box = {"salt": salt, "pin_hash": pin_hash, "kept_until": now + DEVICE_LASTS}
    await queries.save_device_pin(tx, session_id=session_id, **box)


async def find_device(tx: Transaction | Pool, token: str, *, now: datetime) -> Device | None:
    """The device of a cookie, if it has a PIN of its own, or had one when it was cut off."""
    row = await queries.find_device(tx, session_hash=token_hash(token), now=now)
    if row is None:
        return None
    return Device(Seat(row["tenant"], row["seat"]), row["is_revoked"], TRIES_BY_DEVICE - row["pin_tries"])


async def note_device_try(tx: Transaction, token: str, *, now: datetime) -> Try | None:
    """Count a try of a device's own PIN before it is looked at; None when there is nothing (more) to be tried."""
    row = await queries.claim_device_try(tx, session_hash=token_hash(token), most=TRIES_BY_DEVICE, now=now)
    return Try(None, row["salt"], row["pin_hash"], TRIES_BY_DEVICE - row["pin_tries"]) if row else None


async def renew(tx: Transaction, token: str, stay: Stay, *, now: datetime) -> str | None:
    """The new token of a device after its own PIN: the one before opens nothing more. None when it was cut off."""
    fresh = secrets.token_urlsafe(32)
    found = await queries.renew_session(
        tx,
        session_hash=token_hash(token),
        new_hash=token_hash(fresh),
        device=stay.device,
        now=now,
        expires_at=now + stay.lasts,
        kept_until=now + DEVICE_LASTS,
    )
    return fresh if found else None


async def revoke(tx: Transaction, seat: Seat, *, now: datetime) -> None:
    """End every session, PIN and link of a seat."""
    await queries.revoke_seat(tx, tenant=seat.tenant, seat=seat.name, now=now)


async def revoke_device(tx: Transaction | Pool, seat: Seat, session_id: UUID, *, now: datetime) -> bool:
    """Cut one device off, with its own PIN; False when it was not known here."""
    found = await queries.revoke_session(tx, tenant=seat.tenant, seat=seat.name, session_id=session_id, now=now)
    return found is not None


async def devices(tx: Transaction | Pool, seat: Seat, *, now: datetime) -> list[Row]:
    """The devices that are signed in, or can be by their PIN: session_id, device, begun_at, expires_at, has_pin."""
    rows: list[Row] = await queries.list_sessions(tx, tenant=seat.tenant, seat=seat.name, now=now)
    return rows


async def devices_of(tx: Transaction | Pool, tenant: str, names: Sequence[str], *, now: datetime) -> list[Row]:
    """The devices of seats of these names, as in `devices`: seat, session_id, device, begun_at, has_pin."""
    rows: list[Row] = await queries.list_sessions_of(tx, tenant=tenant, seats=list(names), now=now)
    return rows


async def note_try(tx: Transaction, seat: Seat, address: str, *, hash_key: bytes, now: datetime) -> Try:
    """Note a try before its PIN is looked at, so that guesses side by side count too; the limits are in `pins`."""
    of = {"tenant": seat.tenant, "seat": seat.name}
    address_key = _address_key(hash_key, address)
    await queries.claim_tries(tx, **of)
    tries = await queries.list_tries(tx, **of, since=now - TRIES_BY_SEAT[1])
    here = [row["tried_at"] for row in tries if row["address_key"] == address_key]
    ends = [
        end
        for end in (
            locked_until(here, TRIES_BY_ADDRESS, now),
            locked_until([row["tried_at"] for row in tries], TRIES_BY_SEAT, now),
        )
        if end is not None
    ]
    if ends:
        return Try(max(ends))
    await queries.append_try(tx, **of, address_key=address_key, now=now)
    row = await queries.find_pin(tx, **of)
    return Try(None, row["salt"], row["pin_hash"]) if row else Try(None)


async def sign_in(tx: Transaction, seat: Seat, address: str, stay: Stay, *, hash_key: bytes, now: datetime) -> str:
    """The token of a new session after the right PIN."""
    await queries.delete_tries(tx, tenant=seat.tenant, seat=seat.name, address_key=_address_key(hash_key, address))
    return await _open(tx, seat, stay, now)


async def use_link(tx: Transaction, token: str, stay: Stay, *, now: datetime) -> str | None:
    """The token of a new session, or None when the link was used before or is too old."""
    row = await queries.claim_link(tx, link_hash=token_hash(token), now=now)
    return await _open(tx, Seat(row["tenant"], row["seat"]), stay, now) if row else None


async def look_at_link(tx: Transaction | Pool, token: str, *, now: datetime) -> Seat | None:
    """Whom a link would let in; looking does not use it up (messengers look at every link they show)."""
    row = await queries.find_link(tx, link_hash=token_hash(token), now=now)
    return Seat(row["tenant"], row["seat"]) if row else None


async def find_session(tx: Transaction | Pool, token: str, *, now: datetime) -> Session | None:
    """The session of a cookie, also one that was revoked; None when it is over."""
    row = await queries.find_session(tx, session_hash=token_hash(token), now=now)
    if row is None:
        return None
    seat = Seat(row["tenant"], row["seat"])
    return Session(row["session_id"], seat, row["expires_at"], row["is_revoked"], row["has_pin"])


async def sign_out(tx: Transaction | Pool, token: str, *, now: datetime) -> bool:
    """End a session; returns whether its device may come again with its own PIN."""
    return bool(await queries.end_session(tx, session_hash=token_hash(token), now=now))


async def forget(tx: Transaction | Pool, token: str) -> None:
    """Drop what a device was before it came in anew; that it was cut off is not forgotten."""
    await queries.delete_session(tx, session_hash=token_hash(token))


async def forget_expired(tx: Transaction | Pool, *, now: datetime) -> None:
    """Drop links and sessions that open nothing any more, and tries that no longer count."""
    await queries.delete_expired(tx, now=now, tries_before=now - TRIES_BY_SEAT[1])


async def _open(tx: Transaction, seat: Seat, stay: Stay, now: datetime) -> str:
    token = secrets.token_urlsafe(32)
    await queries.save_session(
        tx,
        session_hash=token_hash(token),
        session_id=new_id(),
        tenant=seat.tenant,
        seat=seat.name,
        device=stay.device,
        now=now,
        expires_at=now + stay.lasts,
    )
    return token


def _address_key(hash_key: bytes, address: str) -> str:
    return keyed_hash(hash_key, f"address:{address}")

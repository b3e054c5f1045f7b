"""Letting a unit's reporting officer in, and out again."""

from __future__ import annotations

import secrets
from dataclasses import dataclass
from datetime import datetime

from services.purchases.domain.access import (
    LINK_LASTS,
    PIN,
    SESSION_LASTS,
    TRIES_BY_ADDRESS,
    TRIES_BY_UNIT,
    hash_pin,
    locked_until,
    token_hash,
)
from services.purchases.store.officers import queries
from shared.database.pool import Pool, Transaction
from shared.errors import PeduliError
from shared.privacy import keyed_hash
from shared.reference.model import Reference


class UnknownUnitError(PeduliError):
    """This unit is not in the city's reference data."""


class InvalidPinError(PeduliError):
    """A PIN has 6 to 8 digits."""


@dataclass(frozen=True)
class Seat:
    """Whom a session speaks for: one unit of one city, and no other."""

    tenant: str
    unit_code: str

    @property
    def source(self) -> str:
        """The source of what is told here."""
        return f"/unit/{self.unit_code}"


@dataclass(frozen=True)
class Try:
    """A try of a PIN: refused until `locked_until`, or to be compared with `salt` and `pin_hash`."""

    locked_until: datetime | None
    salt: bytes = b""
    pin_hash: bytes = b""


async def make_link(tx: Transaction, city: Reference, unit_code: str, *, now: datetime) -> str:
    """The token of a new link that opens once within a day. Raises `UnknownUnitError`."""
    _check(city, unit_code)
    token = secrets.token_urlsafe(32)
    await queries.save_link(
        tx, link_hash=token_hash(token), tenant=city.tenant, unit_code=unit_code, expires_at=now + LINK_LASTS
    )
    return token


async def set_pin(tx: Transaction, city: Reference, unit_code: str, pin: str, *, now: datetime) -> None:
    """Give a unit a new PIN; who is signed in must come again. Raises `UnknownUnitError`, `InvalidPinError`."""
    _check(city, unit_code)
    if not PIN.fullmatch(pin):
        raise InvalidPinError
    await revoke(tx, city, unit_code)
    salt = secrets.token_bytes(16)
    await queries.save_pin(
        tx, tenant=city.tenant, unit_code=unit_code, salt=salt, pin_hash=hash_pin(pin, salt), now=now
    )


async def revoke(tx: Transaction, city: Reference, unit_code: str) -> None:
    """End every session, PIN and link of a unit. Raises `UnknownUnitError`."""
    _check(city, unit_code)
    await queries.delete_access_of_unit(tx, tenant=city.tenant, unit_code=unit_code)


async def note_try(tx: Transaction, seat: Seat, address: str, *, hash_key: bytes, now: datetime) -> Try:
    """Note a try before its PIN is looked at, so that guesses side by side count too; the limits are in `access`."""
    unit = {"tenant": seat.tenant, "unit_code": seat.unit_code}
    address_key = _address_key(hash_key, address)
    await queries.claim_tries(tx, **unit)
    tries = await queries.list_tries(tx, **unit, since=now - TRIES_BY_UNIT[1])
    here = [row["tried_at"] for row in tries if row["address_key"] == address_key]
    ends = [
        end
        for end in (
            locked_until(here, TRIES_BY_ADDRESS, now),
            locked_until([row["tried_at"] for row in tries], TRIES_BY_UNIT, now),
        )
        if end is not None
    ]
    if ends:
        return Try(max(ends))
    await queries.append_try(tx, **unit, address_key=address_key, now=now)
    row = await queries.find_pin(tx, **unit)
    return Try(None, row["salt"], row["pin_hash"]) if row else Try(None)


async def sign_in(tx: Transaction, seat: Seat, address: str, *, hash_key: bytes, now: datetime) -> str:
    """The token of a new session after the right PIN."""
    await queries.delete_tries(
        tx, tenant=seat.tenant, unit_code=seat.unit_code, address_key=_address_key(hash_key, address)
    )
    return await _open(tx, seat, now)


async def use_link(tx: Transaction, token: str, *, now: datetime) -> str | None:
    """The token of a new session, or None when the link was used before or is too old."""
    row = await queries.claim_link(tx, link_hash=token_hash(token), now=now)
    return await _open(tx, Seat(row["tenant"], row["unit_code"]), now) if row else None


async def look_at_link(tx: Transaction | Pool, token: str, *, now: datetime) -> Seat | None:
    """Whom a link would let in; looking does not use it up (messengers look at every link they show)."""
    row = await queries.find_link(tx, link_hash=token_hash(token), now=now)
    return Seat(row["tenant"], row["unit_code"]) if row else None


async def seat_of(tx: Transaction | Pool, token: str, *, now: datetime) -> Seat | None:
    """Whom a session speaks for, or None when it is over."""
    row = await queries.find_session(tx, session_hash=token_hash(token), now=now)
    return Seat(row["tenant"], row["unit_code"]) if row else None


async def sign_out(tx: Transaction, token: str) -> None:
    """End a session."""
    await queries.delete_session(tx, session_hash=token_hash(token))


async def forget_expired(tx: Transaction, *, now: datetime) -> None:
    """Drop links and sessions that open nothing any more, and tries that no longer count."""
    await queries.delete_expired(tx, now=now, tries_before=now - TRIES_BY_UNIT[1])


async def _open(tx: Transaction, seat: Seat, now: datetime) -> str:
    token = secrets.token_urlsafe(32)
    await queries.save_session(
        tx,
        session_hash=token_hash(token),
        tenant=seat.tenant,
        unit_code=seat.unit_code,
        expires_at=now + SESSION_LASTS,
    )
    return token


def _check(city: Reference, unit_code: str) -> None:
    if unit_code not in city.units:
        raise UnknownUnitError(f"{city.name} has no unit {unit_code}", hint="GET /v1/registry or units.csv names them")


def _address_key(hash_key: bytes, address: str) -> str:
    return keyed_hash(hash_key, f"address:{address}")

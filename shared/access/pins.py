"""Who may come in at a seat (a unit's desk, a team's phone): a one-time link, or a PIN that is hard to guess."""

from __future__ import annotations

import hashlib
import hmac
import re
from collections.abc import Sequence
from datetime import datetime, timedelta

PIN = re.compile(r"[0-9]{6,8}")
COST = 2**15  # of a hash: no setting, because with another one no PIN that was set before would fit
LINK_LASTS = timedelta(hours=24)
DEVICE_LASTS = timedelta(days=30)  # since a device's PIN was last used
TRIES_BY_DEVICE = 5  # wrong PINs in a row: nobody but its finder can spend them, so that they do not come back
TRIES_BY_ADDRESS = (5, timedelta(minutes=15))  # wrong PINs for one seat from one address
TRIES_BY_SEAT = (10, timedelta(hours=1))  # from anywhere: 6 digits then stand about a decade of guessing


def is_easy(pin: str) -> bool:
    """Whether who found a phone would try this PIN first: 111111, 121212, 123456, 654321."""
    runs = "0123456789012345", "9876543210987654"
    return len(set(pin)) <= 2 or any(pin in run for run in runs)


def hash_pin(pin: str, salt: bytes) -> bytes:
    """scrypt of a PIN, 32 bytes. 32 MiB and about 0.1 s of CPU: run it in a thread."""
    return hashlib.scrypt(pin.encode(), salt=salt, n=COST, r=8, p=1, maxmem=64 * 2**20, dklen=32)


def fits(pin: str, salt: bytes, pin_hash: bytes) -> bool:
    """Whether this is the PIN. Takes as long for a wrong one, and for a seat that has none."""
    return hmac.compare_digest(hash_pin(pin, salt), pin_hash)


def token_hash(token: str) -> bytes:
    """What is kept of a link or a session. The token has 256 random bits, so that a fast hash is enough."""
    return hashlib.sha256(token.encode()).digest()


def locked_until(tries: Sequence[datetime], limit: tuple[int, timedelta], now: datetime) -> datetime | None:
    """When the next try is allowed after these (unsuccessful) ones, or None when it is allowed now."""
    most, within = limit
    recent = sorted(at for at in tries if at > now - within)
    return recent[-most] + within if len(recent) >= most else None

"""The terminal door of the purchases service."""

from __future__ import annotations

from datetime import datetime

from services.purchases.usecases.verify import Checked, read_file, verify
from shared.reference.load import load

__all__ = ["Checked", "check"]


def check(content: bytes, *, tenant: str, source: str, now: datetime) -> list[Checked]:
    """What `peduli verify` shows: the intake's answer to each submission of a file; needs no server."""
    return verify(list(read_file(content)), source=source, city=load(tenant), now=now)

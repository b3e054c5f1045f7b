"""Which database errors heal by themselves, so that the whole batch is tried again (messaging.md §5.3)."""

from __future__ import annotations

import asyncpg

from shared.errors import PeduliError


class RacedError(PeduliError):
    """Another transaction did the same thing first; tried again, this one sees it."""


_CODES = ("08", "40001", "40P01", "53", "57P0")


def is_transient(error: BaseException) -> bool:
    """True for lost connections, time-outs, deadlocks, serialisation failures and a full or stopping server."""
    if isinstance(error, asyncpg.PostgresError):
        return str(error.sqlstate or "").startswith(_CODES)
    return isinstance(error, (OSError, TimeoutError, RacedError, asyncpg.InterfaceError, asyncpg.InternalClientError))

"""Which database errors heal by themselves, so that the whole batch is tried again (messaging.md §5.3)."""

from __future__ import annotations

import asyncpg

from shared.errors import PeduliError


class RacedError(PeduliError):
    """Another transaction did the same thing first; tried again, this one sees it."""


class StoppingError(PeduliError):
    """This process is stopping; another one, or the next one, will do it."""


# lines, serialisation, deadlock, a standby not promoted yet, locks, resources, a stopping server, its disk
_CODES = ("08", "40001", "40P01", "25006", "55P03", "53", "57P0", "58")
_RACES = (RacedError, asyncpg.SerializationError, asyncpg.DeadlockDetectedError)
_UNREADABLE = (asyncpg.CharacterNotInRepertoireError, asyncpg.UntranslatableCharacterError)


def is_transient(error: BaseException) -> bool:
    """True for lost connections, time-outs, deadlocks, serialisation failures and a full or stopping server."""
    if isinstance(error, asyncpg.PostgresError):
        return str(error.sqlstate or "").startswith(_CODES)
    healing = (OSError, TimeoutError, RacedError, StoppingError, asyncpg.InterfaceError, asyncpg.InternalClientError)
    return isinstance(error, healing)


def is_race(error: BaseException) -> bool:
    """True when another transaction was faster: tried again at once, this one sees what it did."""
    return isinstance(error, _RACES)


def is_unreadable(error: BaseException) -> bool:
    """True for text that no row can hold (U+0000): whoever sent it must mend it."""
    return isinstance(error, _UNREADABLE)

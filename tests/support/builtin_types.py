"""asyncpg asks Postgres what its own array types are, once for each connection, by a query that takes 10 ms to plan.

Tests open thousands of connections, to databases of one server. So what it answered of built-in types is kept here.
"""

from __future__ import annotations

from collections.abc import Iterable
from types import SimpleNamespace
from typing import Any

import asyncpg

OF_USERS = 16384  # the oid from which on types are made by migrations, and differ from database to database
_known: dict[frozenset[int], Any] = {}
_ask = asyncpg.Connection._introspect_types  # type: ignore[attr-defined]
_NO_STATEMENT = SimpleNamespace(name="none was sent")  # so the caller's own is still prepared


async def _told(connection: Any, oids: Iterable[int], timeout: float | None) -> tuple[Any, Any]:
    asked = frozenset(oids)
    if asked in _known:
        return _known[asked], _NO_STATEMENT
    types, statement = await _ask(connection, oids, timeout)
    if max(asked) < OF_USERS:
        _known[asked] = types
    return types, statement


def remember() -> None:
    """Let all connections of this process ask here."""
    setattr(asyncpg.Connection, "_introspect_types", _told)  # noqa: B010

"""SQL by name: the queries of a `.sql` file become async functions; a query of many rows returns a list."""

from __future__ import annotations

import inspect
from collections.abc import Awaitable, Callable, Sequence
from pathlib import Path
from typing import Any

import aiosql
from aiosql.types import SQLOperationType

_METHODS = {
    SQLOperationType.SELECT: "fetch",
    SQLOperationType.SELECT_ONE: "fetchrow",
    SQLOperationType.SELECT_VALUE: "fetchval",
    SQLOperationType.INSERT_UPDATE_DELETE: "execute",
    SQLOperationType.SCRIPT: "execute",
}


class Queries:
    """The queries of one file as attributes: each takes a transaction or a pool, and its parameters by name.

    aiosql reads the file, and asyncpg is called at once: on the way through aiosql a query cost 40 µs more.
    """

    def __init__(self, path: Path) -> None:
        loaded = aiosql.from_path(path, "asyncpg", mandatory_parameters=False)
        orders = loaded.driver_adapter.var_sorted
        for name in loaded.available_queries:
            found = getattr(loaded, name)
            if inspect.iscoroutinefunction(found) or inspect.isasyncgenfunction(found):  # not its context managers
                setattr(self, name, _query(found.sql, _METHODS[found.operation], orders[name]))

    def __getattr__(self, name: str) -> Any:
        raise AttributeError(f"no query is named {name}")


def _query(sql: str, method: str, order: Sequence[str]) -> Callable[..., Awaitable[Any]]:
    async def run(connection: Any, **parameters: Any) -> Any:
        return await getattr(connection, method)(sql, *[parameters[name] for name in order])

    return run


def load_queries(module_file: str) -> Queries:
    """The queries of the `.sql` file beside `module_file` (pass `__file__`)."""
    return Queries(Path(module_file).with_suffix(".sql"))

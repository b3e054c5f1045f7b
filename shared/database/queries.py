"""SQL by name: the queries of a `.sql` file become async functions; a query of many rows returns a list."""

from __future__ import annotations

import inspect
from pathlib import Path
from typing import Any

import aiosql


class Queries:
    """The queries of one file as attributes. aiosql streams rows; a batch wants them all at once."""

    def __init__(self, path: Path) -> None:
        loaded = aiosql.from_path(path, "asyncpg", mandatory_parameters=False)
        for name in loaded.available_queries:
            found = getattr(loaded, name)
            setattr(self, name, _listed(found) if inspect.isasyncgenfunction(found) else found)

    def __getattr__(self, name: str) -> Any:
        raise AttributeError(f"no query is named {name}")


def _listed(stream: Any) -> Any:
    async def fetch(*args: Any, **kwargs: Any) -> list[Any]:
        return [row async for row in stream(*args, **kwargs)]

    return fetch


def load_queries(module_file: str) -> Queries:
    """The queries of the `.sql` file beside `module_file` (pass `__file__`)."""
    return Queries(Path(module_file).with_suffix(".sql"))

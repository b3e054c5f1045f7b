"""SQL by name: the queries of a `.sql` file become typed-by-their-caller async functions."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import aiosql


def load_queries(module_file: str) -> Any:
    """The queries of the `.sql` file beside `module_file` (pass `__file__`)."""
    return aiosql.from_path(Path(module_file).with_suffix(".sql"), "asyncpg")

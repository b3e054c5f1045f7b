"""Rows for a person, as a table, or for a machine, as JSON."""

from __future__ import annotations

import json
from typing import Any


def show(rows: list[dict[str, Any]], as_json: bool) -> None:
    """Print rows that have the same columns."""
    if as_json:
        print(json.dumps(rows, default=str, indent=2))
        return
    from rich.console import Console
    from rich.table import Table

    table = Table(*(rows[0] if rows else ["nothing"]))
    for row in rows:
        table.add_row(*(str(value) for value in row.values()))
    console = Console()
    console.width = max(console.width, Console(width=1000).measure(table).maximum)  # a cut id cannot be copied
    console.print(table)

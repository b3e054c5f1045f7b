"""How commands print rows: a table for people, JSON for machines."""

from __future__ import annotations

import json
from collections.abc import Sequence
from typing import Annotated, Any

import typer

Json = Annotated[bool, typer.Option("--json", help="Print JSON for machines.")]


def print_rows(rows: Sequence[dict[str, Any]], as_json: bool) -> None:
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

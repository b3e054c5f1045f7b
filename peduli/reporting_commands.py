"""The commands `peduli reporting …`: are the tallies right, and make them anew."""

from __future__ import annotations

import asyncio
import sys
from typing import Annotated

import typer

from peduli.configuration import settings
from peduli.tables import show

app = typer.Typer(no_args_is_help=True, help="Tallies and views.")
Json = Annotated[bool, typer.Option("--json", help="Print JSON for machines.")]


@app.command()
def reconcile(as_json: Json = False) -> None:
    """Recompute every tally from the facts, and the facts from the owners' logs; ends with 1 when any differs.

    Without the right to read the logs (an admin has it) it says so, and compares the tallies only.
    """
    from rich.console import Console
    from rich.progress import Progress

    from services.reporting.cli import TALLIES, differences, differences_from_logs

    url = settings().database_url
    with Progress(console=Console(stderr=True)) as progress:
        bar = progress.add_task("tallies", total=TALLIES)
        found = asyncio.run(differences(url, on_checked=lambda: progress.advance(bar)))
        logs_bar = progress.add_task("logs", total=1)
        logs = asyncio.run(differences_from_logs(url))
        progress.update(logs_bar, completed=int(logs is not None))
    if logs is None:
        print("the owners' logs cannot be read by this role: not compared", file=sys.stderr)
    show([{"tally": tally, "key": key} for tally, key in [*found, *(logs or [])]], as_json)
    raise typer.Exit(1 if found or logs else 0)


@app.command()
def rebuild(as_json: Json = False) -> None:
    """Make facts and tallies anew from the logs, while readers go on; PEDULI_DATABASE_URL must be an admin's."""
    from rich.console import Console
    from rich.progress import Progress

    from peduli.prepare import REPORTING_MIGRATIONS
    from services.reporting.cli import count_events, remake

    given = settings()
    total = asyncio.run(count_events(given.database_url))
    with Progress(console=Console(stderr=True)) as progress:
        bar = progress.add_task("rebuilding", total=total)
        made = asyncio.run(
            remake(
                given.database_url,
                REPORTING_MIGRATIONS,
                shards=given.shards,
                on_progress=lambda count: progress.advance(bar, count),
            )
        )
    show([{"events": made.events, "differed": ", ".join(made.differing) or "nothing"}], as_json)

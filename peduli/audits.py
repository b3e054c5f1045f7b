"""`peduli audit`: ready questions to the facts, and a sample to be seen with one's own eyes."""

from __future__ import annotations

import asyncio
import csv
from datetime import datetime
from pathlib import Path
from typing import Annotated, Literal

import typer

from peduli.tables import show

app = typer.Typer(no_args_is_help=True, help="What is worth a second look, and what is drawn to be seen.")

Database = Annotated[str, typer.Option(envvar="PEDULI_DATABASE_URL", help="Postgres URL of the reporting service")]
City = Annotated[str, typer.Option(envvar="PEDULI_TENANT", help="city code")]
First = Annotated[datetime, typer.Option("--from", formats=["%Y-%m-%d"], help="first day of the city")]
Last = Annotated[datetime, typer.Option("--to", formats=["%Y-%m-%d"], help="last day, included")]
Sample = Annotated[Path, typer.Argument(help="the CSV of `peduli audit sample`, with its answers")]
Json = Annotated[bool, typer.Option("--json", help="Print JSON for machines.")]


@app.command()
def find(database_url: Database, first: First, last: Last, city: City = "3276", as_json: Json = False) -> None:
    """Ask the facts for what is worth a second look.

    Two packets to one household in 7 days; packets after the isolation; prices above twice the median of their product;
    receipts just under a round sum; receipts alike. It is no fault yet: `peduli trace ID` tells more of each.
    """
    from services.reporting.cli import find_odd

    show(find_odd(database_url, city, first.date(), last.date()), as_json)


@app.command()
def sample(
    database_url: Database,
    first: First,
    last: Last,
    seed: Annotated[int, typer.Option(help="draws the same again as long as the same is there")],
    out: Annotated[Path, typer.Option(help="the CSV to write, with a column for the answer")],
    receipts: Annotated[int, typer.Option(min=0, help="receipts to draw")] = 30,
    doors: Annotated[int, typer.Option(min=0, help="packets at doors to draw")] = 30,
    city: City = "3276",
) -> None:
    """Draw receipts and packets at random, to be followed by `peduli trace ID` and seen at sellers and doors."""
    from services.reporting.cli import draw_sample

    days = first.date(), last.date()
    rows = draw_sample(database_url, city, *days, seed=seed, receipts=receipts, doors=doors)
    with out.open("w", newline="", encoding="utf-8") as file:
        writer = csv.DictWriter(file, ["what", "id", "at", "place", "found", "answer"])
        writer.writeheader()
        writer.writerows(rows)
    typer.echo(f"{len(rows)} rows: {out}. Answer each with yes, no or issues; `peduli audit result {out}` counts them.")


@app.command()
def result(file: Sample, as_json: Json = False) -> None:
    """Count the answers of a sample: it is there as told (yes), it is not (no), or with something else (issues)."""
    from services.reporting.cli import count_answers

    with file.open(newline="", encoding="utf-8") as opened:
        show(count_answers(csv.DictReader(opened)), as_json)


@app.command()
def changes(
    database_url: Annotated[
        str, typer.Option(envvar="PEDULI_DATABASE_URL", help="Postgres URL of the purchases service")
    ],
    first: First,
    last: Last,
    city: City = "3276",
    as_json: Json = False,
) -> None:
    """List what corrections and voids told on these days changed: who told it, and each field before and after."""
    from services.purchases.cli.changes import list_changes

    show(list_changes(database_url, city, first.date(), last.date()), as_json)


@app.command()
def verify(
    database_url: Database,
    service: Annotated[
        Literal["purchases", "distribution"] | None,
        typer.Option(help="whose log, by its own URL where it has a server of its own; both without it"),
    ] = None,
    expect: Annotated[
        list[str] | None,
        typer.Option(help="a digest that this command printed earlier, SERVICE/BLOCK/DIGITS; may be repeated"),
    ] = None,
    as_json: Json = False,
) -> None:
    """Hold the logs of events against their seals; ends with 1 when one was altered, and names the place.

    Write the digests down: with `--expect` a log is found too whose events were altered and whose seals were made anew.
    """
    from rich.console import Console
    from rich.progress import Progress

    from peduli import seals

    owners = (service,) if service else seals.OWNERS
    with Progress(console=Console(stderr=True)) as progress:
        bars = {owner: progress.add_task(owner) for owner in owners}
        logs = asyncio.run(
            seals.verify(
                *(database_url, owners, expect or ()),
                on_progress=lambda owner, done, total: progress.update(bars[owner], completed=done, total=total),
            )
        )
    broken = [{"service": log["service"], **block} for log in logs for block in log["broken"]]
    show(logs if as_json else [{**log, "broken": len(log["broken"])} for log in logs], as_json)
    if broken and not as_json:
        show(broken, as_json)
    raise typer.Exit(1 if broken else 0)

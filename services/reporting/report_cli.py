"""`peduli report`: the report to the Mayor as a file. Heavy imports wait until the command runs."""

from __future__ import annotations

import asyncio
from datetime import date, datetime
from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Literal

import typer

from shared.clock import now
from shared.errors import PeduliError

if TYPE_CHECKING:
    from services.reporting.documents.report import Report


def report(
    out: Annotated[Path, typer.Option(help="the file to write")],
    city: Annotated[str, typer.Option(envvar="PEDULI_TENANT", help="city code without dots")] = "3276",
    first: Annotated[datetime | None, typer.Option("--from", formats=["%Y-%m-%d"], help="first day")] = None,
    last: Annotated[datetime | None, typer.Option("--to", formats=["%Y-%m-%d"], help="last day, included")] = None,
    unit: Annotated[str, typer.Option(help="code of a unit: its report, with all units below it")] = "",
    number: Annotated[int | None, typer.Option(help="write a report again that was issued, as it was")] = None,
    format: Annotated[Literal["pdf", "xlsx"], typer.Option("--format", help="kind of file")] = "pdf",
) -> None:
    """Issue the report to the Mayor for a period, or write an issued one again: the same bytes for ever."""
    from services.reporting.documents import report as documents
    from shared.settings import Settings

    if number is None and (first is None or last is None or first > last):
        raise PeduliError("which period?", hint="--from 2021-07-19 --to 2021-07-25, or --number of an issued report")
    days = (first.date(), last.date()) if first and last else None
    made = asyncio.run(_issued(Settings().database_url, city, days, unit, number))
    out.write_bytes(documents.pdf(made) if format == "pdf" else documents.xlsx(made))
    typer.echo(f"{made.name}, {made.as_of}: {out}")


async def _issued(
    database_url: str, tenant: str, days: tuple[date, date] | None, unit: str, number: int | None
) -> Report:
    from services.reporting.usecases import report as usecase
    from shared.reference.terminal import within_city

    async with within_city(database_url, "facts", tenant, isolation="repeatable_read") as (tx, city):
        if number is not None:
            return await usecase.find(tx, city, number)
        assert days is not None
        made = await usecase.draft(tx, city, *days, unit)
    async with within_city(database_url, "facts", tenant) as (tx, city):
        return await usecase.issue(tx, city, made, now())

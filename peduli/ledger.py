"""`peduli ledger`: whether the laws of the ledger hold, and where all pieces are or were."""

from __future__ import annotations

import asyncio
from dataclasses import asdict
from datetime import datetime
from typing import Annotated

import typer

from peduli.tables import show
from shared.errors import PeduliError

app = typer.Typer(no_args_is_help=True, help="The ledger of all goods: its laws and its sums.")

Database = Annotated[str, typer.Option(envvar="PEDULI_DATABASE_URL", help="Postgres URL that may read distribution")]
Json = Annotated[bool, typer.Option("--json", help="Print JSON for machines.")]


@app.command()
def check(database_url: Database, as_json: Json = False) -> None:
    """Hold the laws L1-L8 against the database; ends with 1 when any is broken, and shows by what."""
    from services.distribution.cli.ledger import breaches

    found = asyncio.run(breaches(database_url))
    if found or as_json:
        show([asdict(breach) for breach in found], as_json)
    else:
        print("L1-L8 hold")
    raise typer.Exit(1 if found else 0)


@app.command()
def balance(
    database_url: Database,
    at: Annotated[str, typer.Option(help="a moment with its offset: 2021-07-30T23:59:59+07:00; else now")] = "",
    city: Annotated[str, typer.Option(envvar="PEDULI_TENANT", help="city code")] = "3276",
    as_json: Json = False,
) -> None:
    """All pieces of a city by account, now or as they were at any moment."""
    from services.distribution.cli.ledger import balances
    from shared.clock import now
    from shared.contracts.event import moment

    try:
        when: datetime = moment(at) if at else now()
    except ValueError as error:
        raise PeduliError(f"{at} is no moment: {error}", hint="as in 2021-07-30T23:59:59+07:00") from None
    show([asyncio.run(balances(database_url, city, when))], as_json)

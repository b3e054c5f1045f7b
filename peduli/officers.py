"""`peduli officer`: access of the units' reporting officers to the pages."""

from __future__ import annotations

from typing import Annotated

import typer

app = typer.Typer(no_args_is_help=True, help="Access of the units' reporting officers to the pages.")

Unit = Annotated[str, typer.Argument(help="code of the unit kerja: 32.76.DKUM")]
City = Annotated[str, typer.Option(envvar="PEDULI_TENANT", help="city code")]


def _database_url() -> str:
    from shared.settings import Settings

    return Settings().database_url


@app.command()
def link(
    unit: Unit,
    city: City = "3276",
    url: Annotated[str, typer.Option(envvar="PEDULI_PURCHASES_URL", help="address of the pages")] = (
        "http://127.0.0.1:8001"
    ),
) -> None:
    """Print a link that signs one device in, once, within 24 hours."""
    from services.purchases.cli.submissions import make_link

    print(f"{url.rstrip('/')}/masuk/{make_link(_database_url(), city, unit)}")


@app.command()
def pin(
    unit: Unit,
    city: City = "3276",
    chosen: Annotated[str, typer.Option("--pin", help="6 to 8 digits; without it, one is drawn")] = "",
) -> None:
    """Give a unit a PIN and print it; who was signed in must come again, and older links are void."""
    from services.purchases.cli.submissions import set_pin

    print(set_pin(_database_url(), city, unit, chosen))


@app.command()
def revoke(unit: Unit, city: City = "3276") -> None:
    """End every session of a unit; no PIN or link of it opens any more."""
    from services.purchases.cli.submissions import revoke as end

    end(_database_url(), city, unit)
    print(f"{unit}: no access")

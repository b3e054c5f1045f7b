"""`peduli coordinator`: who decides about the doors of a kelurahan or kecamatan."""

from __future__ import annotations

from typing import Annotated

import typer

app = typer.Typer(no_args_is_help=True, help="Coordinators of a kelurahan or kecamatan, and how they come in.")

Name = Annotated[str, typer.Argument(help="a role, under which decisions are kept: koordinator-beji")]
City = Annotated[str, typer.Option(envvar="PEDULI_TENANT", help="city code")]


def _database_url() -> str:
    from shared.settings import Settings

    return Settings().database_url


@app.command()
def add(
    name: Name,
    place: Annotated[str, typer.Argument(help="code of the kelurahan, or of the kecamatan with all its kelurahan")],
    city: City = "3276",
) -> None:
    """Add a coordinator, or give him another place."""
    from services.distribution.cli.coordinators import add_coordinator

    add_coordinator(_database_url(), city, name, place)
    print(f"{name}: {place}")


@app.command()
def link(
    name: Name,
    city: City = "3276",
    url: Annotated[str, typer.Option(envvar="PEDULI_DISTRIBUTION_URL", help="address of the pages")] = (
        "http://127.0.0.1:8002"
    ),
) -> None:
    """Print a link that signs one device in, once, within 24 hours."""
    from services.distribution.cli.coordinators import make_link

    print(f"{url.rstrip('/')}/koordinator/masuk/{make_link(_database_url(), city, name)}")


@app.command()
def pin(
    name: Name,
    city: City = "3276",
    chosen: Annotated[str, typer.Option("--pin", help="6 to 8 digits; without it, one is drawn")] = "",
) -> None:
    """Give a coordinator a PIN and print it; his devices must come again, and older links are void."""
    from services.distribution.cli.coordinators import set_pin

    print(set_pin(_database_url(), city, name, chosen))


@app.command()
def revoke(name: Name, city: City = "3276") -> None:
    """Cut all devices of a coordinator off, with his PIN and links."""
    from services.distribution.cli.coordinators import revoke as end

    end(_database_url(), city, name)
    print(f"{name}: no access")

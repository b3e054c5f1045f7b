"""`peduli team`: teams of volunteers that work with the field page, and their devices."""

from __future__ import annotations

from typing import Annotated
from uuid import UUID

import typer

from peduli.tables import show
from shared.errors import PeduliError

app = typer.Typer(no_args_is_help=True, help="Teams of volunteers that work with the field page.")

Team = Annotated[str, typer.Argument(help="name of the team: tim-beji")]
City = Annotated[str, typer.Option(envvar="PEDULI_TENANT", help="city code")]


class UnknownDeviceError(PeduliError):
    """No such device is signed in."""


def _database_url() -> str:
    from shared.settings import Settings

    return Settings().database_url


@app.command()
def add(
    team: Team,
    place: Annotated[str, typer.Argument(help="kelurahan whose doors it sees, or kecamatan: what was escalated")],
    city: City = "3276",
    capacity: Annotated[int, typer.Option(min=1, help="packets that it carries at once")] = 12,
) -> None:
    """Add a team, or give it another place or capacity."""
    from services.distribution.cli.teams import add_team

    add_team(_database_url(), city, team, place, capacity)
    print(f"{team}: {place}, {capacity} packets")


@app.command()
def link(
    team: Team,
    city: City = "3276",
    url: Annotated[str, typer.Option(envvar="PEDULI_DISTRIBUTION_URL", help="address of the pages")] = (
        "http://127.0.0.1:8002"
    ),
) -> None:
    """Print a link that signs one device in, once, within 24 hours."""
    from services.distribution.cli.teams import make_link

    print(f"{url.rstrip('/')}/lapangan/masuk/{make_link(_database_url(), city, team)}")


@app.command()
def pin(
    team: Team,
    city: City = "3276",
    chosen: Annotated[str, typer.Option("--pin", help="6 to 8 digits; without it, one is drawn")] = "",
) -> None:
    """Give a team a PIN and print it; its devices must come again, and older links are void."""
    from services.distribution.cli.teams import set_pin

    print(set_pin(_database_url(), city, team, chosen))


@app.command()
def devices(
    team: Team, city: City = "3276", as_json: Annotated[bool, typer.Option("--json", help="Print JSON.")] = False
) -> None:
    """The devices of a team that are signed in."""
    from services.distribution.cli.teams import list_devices

    show(list_devices(_database_url(), city, team), as_json)


@app.command()
def revoke(
    team: Team,
    city: City = "3276",
    device: Annotated[UUID | None, typer.Option(help="only this one, as `peduli team devices` shows it")] = None,
) -> None:
    """Cut a lost phone off, or all devices of a team with its PIN and links; they forget what they knew."""
    from services.distribution.cli.teams import revoke as end

    if not end(_database_url(), city, team, device):
        raise UnknownDeviceError(hint="`peduli team devices` lists them")
    print(f"{team}: no access")

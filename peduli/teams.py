"""`peduli team`: teams of volunteers that work with the field page, their devices, and their programs' logins."""

from __future__ import annotations

import asyncio
from datetime import timedelta
from typing import Annotated
from uuid import UUID

import typer

from peduli.publisher_commands import Amqp, Database, Json, KeepHours, Management, operator_of, show_once
from peduli.tables import show
from shared.errors import PeduliError

app = typer.Typer(no_args_is_help=True, help="Teams of volunteers: their field page, and their programs' logins.")

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
def login(
    team: Team,
    database_url: Database,
    amqp_url: Amqp,
    management_url: Management,
    kelurahan: Annotated[
        str, typer.Option(help="codes whose tasks it takes, with commas between; without it, the team's own")
    ] = "",
    city: City = "3276",
    queue_length: Annotated[int, typer.Option(min=1, help="reports that wait before the broker refuses more")] = 10_000,
    keep_hours: KeepHours = 24,
    as_json: Json = False,
) -> None:
    """Print a login for a program of a team, and its token: it takes the tasks of its kelurahan from their queues, and
    reports as this team alone. Typed again, it makes others.
    """
    from peduli import publishers
    from services.distribution.cli.teams import kelurahan_of

    places = [code.strip() for code in kelurahan.split(",") if code.strip()]
    made = asyncio.run(
        publishers.login_team(
            operator_of(database_url, amqp_url, management_url, city),
            team,
            places or [kelurahan_of(database_url, city, team)],
            queue_length=queue_length,
            keep=timedelta(hours=keep_hours),
        )
    )
    show_once(made, as_json)


@app.command()
def devices(
    team: Team, city: City = "3276", as_json: Annotated[bool, typer.Option("--json", help="Print JSON.")] = False
) -> None:
    """The devices of a team that are signed in, or can be with their own PIN."""
    from services.distribution.cli.teams import list_devices

    show(list_devices(_database_url(), city, team), as_json)


@app.command()
def revoke(
    team: Team,
    city: City = "3276",
    device: Annotated[UUID | None, typer.Option(help="only this one, as `peduli team devices` shows it")] = None,
) -> None:
    """Cut a lost phone off with its PIN, or all devices of a team and its links; they forget what they knew.

    A program of the team is cut off with `peduli publisher revoke`.
    """
    from services.distribution.cli.teams import revoke as end

    if not end(_database_url(), city, team, device):
        raise UnknownDeviceError(hint="`peduli team devices` lists them")
    print(f"{team}: no access")

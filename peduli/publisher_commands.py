"""The commands `peduli publisher …`. Secrets are printed once; nobody can read them again."""

from __future__ import annotations

import asyncio
from collections.abc import Coroutine
from dataclasses import asdict
from datetime import timedelta
from typing import TYPE_CHECKING, Annotated, Any, Literal, TypeVar

import typer

from peduli.tables import show as print_rows

if TYPE_CHECKING:
    from peduli.publishers import Operator, Secrets

T = TypeVar("T")
app = typer.Typer(
    no_args_is_help=True, help="Who may come in: publishers, puskesmas, teams, warehouse officers, readers."
)

Name = Annotated[str, typer.Argument(help="a-z, 0-9 and -; for ever, and the last word of its routing keys")]
City = Annotated[str, typer.Option("--city", envvar="PEDULI_TENANT", help="city code")]
Database = Annotated[str, typer.Option(envvar="PEDULI_DATABASE_URL", help="an administrator's Postgres URL")]
Amqp = Annotated[str, typer.Option(envvar="PEDULI_AMQP_URL", help="an administrator's AMQP URL")]
Management = Annotated[
    str,
    typer.Option(envvar="PEDULI_MANAGEMENT_URL", help="the broker's management API: http://user:password@host:15672"),
]
Sources = Annotated[str, typer.Option(help="names it speaks under, with commas between; /pos/x/* is all that begin so")]
Units = Annotated[str, typer.Option(help="unit codes it tells of, with commas between; 32.76.06* begins so, * is all")]
Requests = Annotated[int, typer.Option("--requests", min=1, help="HTTP requests a minute")]
Purchases = Annotated[int, typer.Option("--purchases", min=1, help="purchases and pledges a minute, by every door")]
KeepHours = Annotated[float, typer.Option(min=0, help="how long the old token and login go on; 0 ends them now")]
NewRequests = Annotated[int | None, typer.Option("--requests", min=1, help="HTTP requests a minute")]
NewPurchases = Annotated[
    int | None, typer.Option("--purchases", min=1, help="purchases and pledges a minute; of a team, reports over AMQP")
]
Json = Annotated[bool, typer.Option("--json", help="Print JSON for machines.")]
DEPOK = "3276"


@app.command()
def add(
    name: Name,
    database_url: Database,
    amqp_url: Amqp,
    management_url: Management,
    sources: Sources,
    units: Units = "*",
    role: Annotated[
        Literal["publisher", "puskesmas", "team", "warehouse", "reader"], typer.Option(help="what its token is for")
    ] = "publisher",
    city: City = DEPOK,
    requests: Requests = 600,
    purchases: Purchases = 30_000,
    queue_length: Annotated[
        int, typer.Option(min=1, help="messages that wait before the broker refuses more")
    ] = 50_000,
    as_json: Json = False,
) -> None:
    """Let somebody in: a token, and for a publisher a login at the broker.

    For a team, SOURCES is its name; `peduli team login` gives it a login as well.
    """
    from peduli import publishers

    made = _run(
        publishers.add(
            operator_of(database_url, amqp_url, management_url, city),
            name,
            role,
            sources=_split(sources),
            units=_split(units),
            requests_per_minute=requests,
            purchases_per_minute=purchases,
            queue_length=queue_length if role == "publisher" else 0,
        )
    )
    show_once(made, as_json)


@app.command("list")
def list_all(database_url: Database, city: City = DEPOK, as_json: Json = False) -> None:
    """Everybody who ever had access in a city."""
    from peduli import publishers

    rows = _run(publishers.listed(operator_of(database_url, "", "", city)))
    if not as_json:
        columns = ("name", "role", "sources", "units", "previous_until", "revoked_at")
        rows = [{column: _text(row[column]) for column in columns} for row in rows]
    print_rows(rows, as_json)


@app.command()
def show(name: Name, database_url: Database, city: City = DEPOK, as_json: Json = False) -> None:
    """One of them, without secrets: those are not kept."""
    from peduli import publishers

    _print_fields(_run(publishers.show(operator_of(database_url, "", "", city), name)), as_json)


@app.command()
def change(
    name: Name,
    database_url: Database,
    sources: Sources = "",
    units: Units = "",
    city: City = DEPOK,
    requests: NewRequests = None,
    purchases: NewPurchases = None,
    management_url: Management = "",
    as_json: Json = False,
) -> None:
    """Give it other sources, units or limits; the services follow within seconds.

    Other units of a team with a login also need the broker's management API: its login reads their queues.
    """
    from peduli import publishers

    changed = _run(
        publishers.change(
            operator_of(database_url, "", management_url, city),
            name,
            sources=_split(sources) or None,
            units=_split(units) or None,
            requests_per_minute=requests,
            purchases_per_minute=purchases,
        )
    )
    _print_fields(changed, as_json)


@app.command()
def rotate(
    name: Name,
    database_url: Database,
    amqp_url: Amqp,
    management_url: Management,
    keep_hours: KeepHours = 24,
    city: City = DEPOK,
    as_json: Json = False,
) -> None:
    """A new token and login; the old ones go on for a while, so that nobody has to stop."""
    from peduli import publishers

    operator = operator_of(database_url, amqp_url, management_url, city)
    show_once(_run(publishers.rotate(operator, name, timedelta(hours=keep_hours))), as_json)


@app.command()
def revoke(name: Name, database_url: Database, amqp_url: Amqp, management_url: Management, city: City = DEPOK) -> None:
    """Take all access away at once and close what is open; what the broker has confirmed is still applied."""
    from peduli import publishers

    left = _run(publishers.revoke(operator_of(database_url, amqp_url, management_url, city), name))
    print(left or f"{name} has no access any more")


@app.command()
def tidy(database_url: Database, amqp_url: Amqp, management_url: Management, city: City = DEPOK) -> None:
    """End logins whose rotation is over, and take away empty queues of the revoked: for cron, harmless at any time."""
    from peduli import publishers

    for left in _run(publishers.tidy(operator_of(database_url, amqp_url, management_url, city))):
        print(left)


def operator_of(database_url: str, amqp_url: str, management_url: str, city: str) -> Operator:
    """An administrator of a city, by the addresses that were given."""
    from peduli.publishers import Operator

    return Operator(database_url, amqp_url, management_url, city)


def _run(work: Coroutine[Any, Any, T]) -> T:
    return asyncio.run(work)


def _split(text: str) -> list[str]:
    return [part.strip() for part in text.split(",") if part.strip()]


def _text(value: object) -> str:
    if isinstance(value, list | tuple):
        return ", ".join(value)
    return "" if value is None else str(value)


def show_once(made: Secrets, as_json: bool) -> None:
    """Print secrets, and only those that were made."""
    _print_fields({field: value for field, value in asdict(made).items() if value}, as_json)
    if not as_json:
        print("Give these to their owner now: they cannot be shown again.")


def _print_fields(fields: dict[str, Any], as_json: bool) -> None:
    if as_json:
        import json

        print(json.dumps(fields, default=str, indent=2))
        return
    for field, value in fields.items():  # not as a table: a token must not be cut or wrapped
        print(f"{field}: {_text(value)}")

"""`peduli allocate`: why a packet goes where it goes, what would happen, and the plan of a week."""

from __future__ import annotations

import asyncio
import json
from datetime import date, datetime
from typing import TYPE_CHECKING, Annotated, Any
from uuid import UUID

import typer

from peduli.tables import show
from shared.errors import PeduliError

if TYPE_CHECKING:
    from services.distribution.cli.allocate import Allocations

app = typer.Typer(no_args_is_help=True, help="Who gets what and why, what would happen, and the plan of a week.")
round_app = typer.Typer(no_args_is_help=True, help="The weekly plan: which unit carries packets to which kecamatan.")
app.add_typer(round_app, name="round")

City = Annotated[str, typer.Option("--city", envvar="PEDULI_TENANT", help="city code")]
Json = Annotated[bool, typer.Option("--json", help="Print JSON for machines.")]
Doors = Annotated[int, typer.Option(help="doors that a kelurahan's team can serve in a day")]
Days = Annotated[int, typer.Option(help="days of need that one packet meets at most")]
Monday = Annotated[datetime, typer.Argument(formats=["%Y-%m-%d"], help="the Monday of the week")]
Programme = Annotated[str, typer.Option(help="programme of the city")]
DEPOK, ISOMAN = "3276", "isoman"
LINES = ("unit", "kecamatan", "packets", "text")


def _allocations(city: str) -> Allocations:
    from services.distribution.cli.allocate import Allocations
    from shared.observability import logs
    from shared.settings import Settings

    logs.silence()
    return Allocations(Settings().database_url, city)


def _print(found: dict[str, Any], as_json: bool) -> None:
    """A plan as JSON, or its lines as a table."""
    if as_json:
        print(json.dumps(found, default=str, indent=2))
        return
    show([{name: line[name] for name in LINES} for line in found["lines"]], False)
    show([{k: v for k, v in place.items() if k != "kecamatan_code"} for place in found["kecamatan"]], False)
    print(f"version {found['version']}; to be in the kecamatan before {found['carry_before']:%d/%m/%Y %H.%M}")


@app.command("explain")
def explain(
    identity: Annotated[UUID, typer.Argument(metavar="TASK", help="a task, or a household that waits")],
    reader: Annotated[str, typer.Option(help="volunteer, household, auditor, or all of them")] = "all",
    city: City = DEPOK,
    as_json: Json = False,
) -> None:
    """Say in Bahasa Indonesia why a packet goes to its door, or why and how long a household waits."""
    from services.distribution.cli.allocate import READERS

    readers = [known for known in READERS if reader in (known, "all")]
    if not readers:
        raise PeduliError(f"no reader is called {reader}", hint=f"one of: {', '.join(READERS)}, all")
    told = [asyncio.run(_allocations(city).explain(identity, known)) for known in readers]
    if as_json:
        texts = {known: found.pop("text") for known, found in zip(readers, told, strict=True)}
        print(json.dumps({**told[0], "texts": texts}, default=str, indent=2))
    else:
        rows = zip(readers, told, strict=True)
        show([{"reader": known, "text": found["text"] or "-"} for known, found in rows], False)


@app.command("what-if")
def what_if(
    doors_a_day: Doors = 60,
    packet_days: Days = 3,
    goods: Annotated[
        list[str] | None, typer.Option(help="goods that are not there yet, SKU:PIECES@KELURAHAN; may be repeated")
    ] = None,
    city: City = DEPOK,
    as_json: Json = False,
) -> None:
    """Show the plan that an allocation would make now; nothing changes."""
    from services.distribution.cli.allocate import Rules

    rules = Rules(doors_a_day=doors_a_day, packet_days=packet_days)
    found = asyncio.run(_allocations(city).what_if(rules, [_goods(text) for text in goods or ()]))
    if as_json:
        print(json.dumps(found, default=str, indent=2))
        return
    found["packets"] = len(found["packets"])
    found["waiting"] = ", ".join(f"{code} {count}" for code, count in found["waiting"].items()) or "nobody"
    show([{"what": name.replace("_", " "), "count": value} for name, value in found.items()], False)


@app.command("improve")
def improve(city: City = DEPOK) -> None:
    """Look now for better doors for what nobody has accepted, as the service does every five minutes."""
    from services.distribution.cli.allocate import Rules

    print(f"{asyncio.run(_allocations(city).improve(Rules()))} packets changed")


@round_app.command("needs")
def round_needs(
    monday: Monday,
    needs: Annotated[
        list[str], typer.Argument(help="KECAMATAN:PERSONS as the kecamatan reported, such as 32.76.06:120")
    ],
    programme: Programme = ISOMAN,
    city: City = DEPOK,
) -> None:
    """Tell how many persons are in need; of isoman that is counted from the households where nobody tells."""
    told = {}
    for text in needs:
        code, _, persons = text.partition(":")
        told[code] = _whole(persons, text)
    asyncio.run(_allocations(city).tell_needs(programme, monday.date(), told))
    print(f"{sum(told.values())} persons in {len(told)} kecamatan")


@round_app.command("plan")
def round_plan(monday: Monday, programme: Programme = ISOMAN, city: City = DEPOK, as_json: Json = False) -> None:
    """Make the plan of a week from pledges and needs, and show what differs from the one before."""
    found = asyncio.run(_allocations(city).plan_round(programme, monday.date()))
    _print(found, as_json)
    if not as_json:
        show(found["changed"], False)


@round_app.command("show")
def round_show(monday: Monday, programme: Programme = ISOMAN, city: City = DEPOK, as_json: Json = False) -> None:
    """Show the plan of a week; `GET /v1/rounds/{programme}/{round}/sheet` is the page to print."""
    _print(asyncio.run(_allocations(city).show_round(programme, monday.date())), as_json)


@round_app.command("change")
def round_change(
    monday: Monday,
    unit: Annotated[str, typer.Argument(help="code of the unit")],
    source: Annotated[str, typer.Argument(help="code of the kecamatan that gets less")],
    target: Annotated[str, typer.Argument(help="code of the kecamatan that gets more")],
    packets: Annotated[int, typer.Argument(min=1, help="packets to move")],
    reason: Annotated[str, typer.Option(help="why; it is kept and printed")],
    by: Annotated[str, typer.Option(help="role or name of who decides; it is kept and printed")],
    programme: Programme = ISOMAN,
    city: City = DEPOK,
    as_json: Json = False,
) -> None:
    """Change the plan of a week by hand; a later plan keeps it."""
    from services.distribution.cli.allocate import Move

    move = Move(unit, source, target, packets)
    day: date = monday.date()
    changed = _allocations(city).change_round(programme, day, move, reason=reason, changed_by=by)
    _print(asyncio.run(changed), as_json)


def _goods(text: str) -> tuple[str, int, str]:
    told, _, kelurahan = text.partition("@")
    sku, _, pieces = told.rpartition(":")
    return sku, _whole(pieces, text), kelurahan


def _whole(text: str, told: str) -> int:
    if not text.isdecimal():
        raise PeduliError(f"{told}: {text or 'nothing'} is no whole number")
    return int(text)

"""The command `peduli`. Heavy imports wait until their command runs, so that `--help` is instant."""

from __future__ import annotations

import asyncio
import json
import logging
import sys
from collections.abc import Callable, Sequence
from functools import cache
from pathlib import Path
from typing import Annotated, Literal
from uuid import UUID

import typer

from peduli import (
    allocations,
    audits,
    coordinators,
    households,
    ledger,
    officers,
    publisher_commands,
    reporting_commands,
    simulation,
    stock,
    teams,
    webhooks,
)
from peduli.configuration import settings as _settings
from peduli.registry import app as registry_app
from peduli.tables import show as _print
from peduli.unreachable import is_unreachable
from services.reporting.report_cli import report
from shared.errors import PeduliError

app = typer.Typer(no_args_is_help=True, help="From a purchase to a doorstep, before the isolation ends.")
topology_app = typer.Typer(no_args_is_help=True, help="Exchanges, queues and bindings.")
city_app = typer.Typer(no_args_is_help=True, help="Cities that are served: reference data.")
parked_app = typer.Typer(no_args_is_help=True, help="Messages that could not be applied.")
app.add_typer(topology_app, name="topology")
app.add_typer(city_app, name="city")
app.add_typer(registry_app, name="registry")
app.add_typer(parked_app, name="parked")
app.add_typer(publisher_commands.app, name="publisher")
app.add_typer(reporting_commands.app, name="reporting")
app.add_typer(officers.app, name="officer")
app.add_typer(households.app, name="household")
app.add_typer(teams.app, name="team")
app.add_typer(coordinators.app, name="coordinator")
app.add_typer(webhooks.app, name="webhook")
app.add_typer(stock.app, name="stock")
app.add_typer(ledger.app, name="ledger")
app.add_typer(audits.app, name="audit")
app.add_typer(allocations.app, name="allocate")
app.command("simulate")(simulation.simulate)

Json = Annotated[bool, typer.Option("--json", help="Print JSON for machines.")]
SCHEMAS = {"purchases": "purchases", "distribution": "distribution", "reporting": "facts"}
ParkedId = Annotated[UUID, typer.Argument(help="as `peduli parked list` shows it")]
ServiceName = Annotated[
    Literal["purchases", "distribution", "reporting"], typer.Option("--service", help="whose messages")
]


@app.command()
def run(service: Annotated[str, typer.Argument(help="purchases, distribution or reporting")]) -> None:
    """Run one service until SIGTERM."""
    import importlib

    from shared.observability import logs
    from shared.service import serve

    if service not in SCHEMAS:
        raise PeduliError(f"no service is called {service}", hint=f"one of: {', '.join(SCHEMAS)}")
    logs.configure(service)
    serve(importlib.import_module(f"services.{service}.app").service(_settings()))


@app.command()
def migrate() -> None:
    """Apply migrations, load reference data and publish views; PEDULI_DATABASE_URL must be an admin's."""
    from peduli.prepare import prepare_database
    from shared.settings import Operations

    settings = _settings()
    passwords = Operations().passwords
    for name in asyncio.run(prepare_database(settings.database_url, settings.tenant, passwords)):
        print(name)


@topology_app.command("apply")
def topology_apply() -> None:
    """Declare everything that loaded cities and publishers need on the broker; harmless when it is there.

    With PEDULI_MANAGEMENT_URL and PEDULI_PASSWORD_<SCHEMA> it also makes the services' users.
    """
    from peduli import publishers
    from peduli.prepare import declare, loaded_cities
    from shared.messaging import topology, users
    from shared.settings import Operations

    settings, operations = _settings(), Operations()
    if operations.management_url and operations.passwords:
        by_service = {service: operations.passwords[schema] for service, schema in SCHEMAS.items()}
        asyncio.run(users.ensure(operations.management_url.get_secret_value(), by_service))
    cities = asyncio.run(loaded_cities(settings.database_url))
    made = asyncio.run(declare(settings.amqp_url, cities, shards=settings.shards))
    for own in asyncio.run(publishers.queues(settings.database_url, [city.tenant for city in cities])):
        asyncio.run(topology.apply(settings.amqp_url, own))
    print(f"{len(made.exchanges)} exchanges, {len(made.queues)} queues, {len(made.bindings)} bindings")


@city_app.command("load")
def city_load(
    code: Annotated[str, typer.Argument(help="city code without dots: 3273 is Kota Bandung")],
    folder: Annotated[Path | None, typer.Option(help="its files; without it, those that come with the code")] = None,
    amqp_url: Annotated[str, typer.Option(envvar="PEDULI_AMQP_URL", help="its queues are declared there")] = "",
) -> None:
    """Add a city or its changes to the running system; PEDULI_DATABASE_URL must be an admin's. No restart is needed."""
    from peduli.prepare import declare, load_city
    from shared.reference.load import load

    city = load(code, folder)
    settings = _settings()
    if amqp_url:
        asyncio.run(declare(amqp_url, [city], shards=settings.shards))  # first, so that the first task finds its queue
    asyncio.run(load_city(settings.database_url, city))
    print(f"{city.name}: {len(city.units)} units, {len(city.kelurahan)} kelurahan, {len(city.sellers)} sellers")
    print("it is served within seconds" if amqp_url else "run `peduli topology apply` before its first purchase")


@city_app.command("list")
def city_list(as_json: Json = False) -> None:
    """The cities that are loaded."""
    from peduli.prepare import loaded_cities

    cities = asyncio.run(loaded_cities(_settings().database_url))
    rows = [{"code": city.tenant, "name": city.name, "time zone": city.zone.key} for city in cities]
    _print(sorted(rows, key=lambda row: row["code"]), as_json)


@parked_app.command("list")
def parked_list(service: ServiceName, as_json: Json = False) -> None:
    """What is parked now, oldest first."""
    from peduli import parked

    _print(asyncio.run(parked.within(_settings(), SCHEMAS[service], parked.list_all)), as_json)


@parked_app.command("show")
def parked_show(parked_id: ParkedId, service: ServiceName) -> None:
    """One parked message with its body (it may hold personal data)."""
    from peduli import parked

    settings = _settings()
    key = settings.seal_key.get_secret_value().encode()
    found = asyncio.run(parked.within(settings, SCHEMAS[service], lambda tx: parked.show(tx, parked_id, key)))
    print(json.dumps(found, default=str, indent=2))


@parked_app.command("retry")
def parked_retry(parked_id: ParkedId, service: ServiceName, note: Annotated[str, typer.Option(help="why now")]) -> None:
    """Try a parked message again at once."""
    from peduli import parked
    from shared.messaging import parking

    asyncio.run(parked.within(_settings(), SCHEMAS[service], lambda tx: parking.retry(tx, parked_id, note)))
    print("it is tried within a second, or when its turn has come")


@parked_app.command("discard")
def parked_discard(parked_id: ParkedId, service: ServiceName, note: Annotated[str, typer.Option(help="why")]) -> None:
    """Give a parked message up; the events behind it go on. One that waits for an earlier event stays."""
    from peduli import parked
    from shared.messaging import parking

    asyncio.run(parked.within(_settings(), SCHEMAS[service], lambda tx: parking.discard(tx, parked_id, note)))
    print("discarded")


@app.command("export")
def export(
    view: Annotated[str, typer.Argument(help="a published view as in docs/reference/tables.md, or all")],
    to: Annotated[Path, typer.Option("--to", file_okay=False, help="folder; its files of the same names are replaced")],
    kind: Annotated[Literal["csv", "parquet"], typer.Option("--format", help="parquet needs peduli[parquet]")] = "csv",
    as_json: Json = False,
) -> None:
    """Write published views as files, all of one moment, with MS-Var.csv and MS-Ind.csv that say what they mean."""
    from services.reporting.cli import export_views

    to.mkdir(parents=True, exist_ok=True)
    counts = asyncio.run(export_views(_settings().database_url, view, to, kind))
    _print([{"view": name, "rows": rows} for name, rows in counts.items()], as_json)


@app.command("import")
def import_(
    file: Annotated[Path, typer.Argument(exists=True, dir_okay=False, help="XLSX or CSV, up to 10,000 rows")],
    source: Annotated[str, typer.Option(envvar="PEDULI_SOURCE", help="who tells, as in ce-source")] = "/import",
    url: Annotated[
        str, typer.Option(envvar="PEDULI_PURCHASES_URL", help="of the purchases service")
    ] = "http://127.0.0.1:8001",
    city: Annotated[str, typer.Option(envvar="PEDULI_TENANT", help="city code")] = "3276",
    token: Annotated[str, typer.Option(envvar="PEDULI_TOKEN", help="of the publisher")] = "",
    yes: Annotated[bool, typer.Option("--yes", help="Record without asking.")] = False,
    as_json: Json = False,
) -> None:
    """Bring a sheet of purchases in: preview, question, progress; refused rows go to FILE-ditolak.xlsx.

    Ends with 0 when every row is recorded or was known, 1 when some were refused, 2 when it did not come that far.
    """
    from services.purchases.cli.submissions import Importer

    importer = Importer(url, source=source, tenant=city, token=token)
    raise typer.Exit(importer.run(file, yes=yes, as_json=as_json))


@app.command()
def verify(
    file: Annotated[
        typer.FileBinaryRead, typer.Argument(help="JSON, a list, JSON lines or CloudEvents; - reads stdin")
    ],
    source: Annotated[str, typer.Option(help="who tells, as in ce-source")] = "/peduli/verify",
    city: Annotated[str, typer.Option(envvar="PEDULI_TENANT", help="city code without dots")] = "3276",
    as_json: Json = False,
) -> None:
    """Ask offline what the intake would answer to purchases in a file; ends with 1 when any must be mended."""
    from peduli import verify as checking
    from services.purchases.cli.submissions import check
    from shared.clock import now
    from shared.observability import logs

    logs.silence()
    found = check(file.read(), tenant=city, source=source, now=now())
    print(json.dumps(checking.rows(found), indent=2) if as_json else "\n".join(checking.lines(found)))
    raise typer.Exit(0 if found and all(item.is_fine for item in found) else 1)


app.command("report")(report)


@app.command()
def trace(
    identity: Annotated[str, typer.Argument(help="an id, or a receipt's number such as KOP-2021-000123")],
    source: Annotated[str, typer.Option(help="who told it, when several know the number")] = "",
    city: Annotated[str, typer.Option(envvar="PEDULI_TENANT", help="city code")] = "3276",
    as_json: Json = False,
) -> None:
    """Follow a purchase, event, lot, packet, task, household or submission through the three services.

    PEDULI_TOKEN is the token of a reader.
    """
    from rich.console import Console

    from peduli import trace as tracing
    from shared.settings import Operations

    operations = Operations()
    token = operations.token.get_secret_value() if operations.token else ""
    found = tracing.follow(identity, operations.urls, city, source=source, token=token)
    print(json.dumps(found, indent=2)) if as_json else tracing.render(found, Console())


@app.command()
def alarms(as_json: Json = False) -> None:
    """What a person must look at, each with its page in docs/runbooks; ends with 1 when anything is ringing."""
    from peduli import alarms as watching
    from shared.settings import Operations

    found = asyncio.run(watching.look(_settings(), Operations().urls))
    shown = [{"alarm": a.name, "rings": a.is_ringing, "seen": a.seen, "runbook": a.runbook} for a in found]
    _print(shown, as_json)
    raise typer.Exit(1 if any(a.is_ringing for a in found) else 0)


@app.command()
def demo(
    no_wait: Annotated[bool, typer.Option("--no-wait", help="End after the story.")] = False, as_json: Json = False
) -> None:
    """Play the whole journey on real servers; ends with 0 only when the accounting holds."""
    from peduli import demo as playing

    raise typer.Exit(playing.run(wait=not no_wait, as_json=as_json))


@app.command()
def dev() -> None:
    """Start private servers and the three services, and nothing else, until Ctrl-C."""
    from peduli import dev as developing

    raise typer.Exit(developing.run())


@app.command()
def docs(
    port: Annotated[int, typer.Option(help="loopback port")] = 8090,
    out: Annotated[Path | None, typer.Option(help="write the pages into this folder instead")] = None,
) -> None:
    """Browse the contract: messages, schemas, examples, reasons, HTTP doors; no page asks anybody else for anything."""
    from peduli.docs import serve as site

    if out:
        print(f"{site.write(out)} files in {out}")
        return
    print(f"http://127.0.0.1:{port}/ (Ctrl-C stops)")
    site.serve(port)


@app.command()
def doctor(as_json: Json = False) -> None:
    """What this machine lacks, each with the next command to type; ends with 1 when anything needed is missing."""
    import os
    from dataclasses import asdict

    from rich.console import Console

    from peduli import doctor as looking

    found = looking.check(os.environ)
    print(json.dumps([asdict(f) for f in found], indent=2)) if as_json else looking.show(found, Console())
    raise typer.Exit(0 if all(f.is_ok for f in found if f.is_needed) else 1)


@cache
def _command() -> Callable[[Sequence[str] | None], object]:
    """All commands, put together once a process: it takes longer than most of them."""
    return typer.main.get_command(app)


def main(words: Sequence[str] | None = None) -> None:
    """Run the command (of `words`, else as it was typed); a known error ends in one line that says what to do."""
    logging.getLogger("aiormq").setLevel(logging.CRITICAL)  # it tells of a lost broker by itself; we do it in a line
    try:
        _command()(words)
    except PeduliError as error:
        print(f"{error}\n{error.hint}".strip(), file=sys.stderr)
        raise SystemExit(1) from None
    except Exception as error:
        if not is_unreachable(error):
            raise
        print(f"a server does not answer, or refuses: {error}\npeduli doctor  # says what is missing", file=sys.stderr)
        raise SystemExit(1) from None


if __name__ == "__main__":
    main()

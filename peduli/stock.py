"""`peduli stock`: what lies in a lumbung, and what its officers say of it."""

from __future__ import annotations

from typing import TYPE_CHECKING, Annotated, Any
from uuid import UUID

import typer

from peduli.tables import show

if TYPE_CHECKING:
    from services.distribution.cli.stock import Kind, Lumbung

app = typer.Typer(no_args_is_help=True, help="Goods in a lumbung: look, count, write off. PEDULI_TOKEN lets you in.")

Lot = Annotated[UUID, typer.Argument(help="as `peduli stock list` shows it")]
Note = Annotated[str, typer.Option(help="why, in your words; it is kept")]
City = Annotated[str, typer.Option(envvar="PEDULI_TENANT", help="city code")]
Source = Annotated[str, typer.Option(envvar="PEDULI_SOURCE", help="who tells; a token with one source knows it")]
Json = Annotated[bool, typer.Option("--json", help="Print JSON for machines.")]
DEPOK = "3276"


@app.command("list")
def list_lots(
    kelurahan: Annotated[str, typer.Argument(help="code of the kelurahan: 32.76.06.1001")],
    city: City = DEPOK,
    as_json: Json = False,
) -> None:
    """Lots with pieces that are there or may come back; those that spoil first come first."""
    names = ("lot_id", "sku", "balances", "expires_at", "storage")
    lots = _lumbung(city).lots(kelurahan)
    show(lots if as_json else [{name: lot[name] for name in names} for lot in lots], as_json)


@app.command("show")
def show_lot(lot: Lot, city: City = DEPOK, as_json: Json = False) -> None:
    """A lot with every movement of its pieces, and what officers said of it."""
    found = _lumbung(city).lot(lot)
    entries, said = found.pop("entries"), found.pop("adjustments")
    if as_json:
        show([{**found, "entries": entries, "adjustments": said}], as_json)
        return
    for rows in ([found], entries, said):
        show(rows, as_json)


@app.command()
def damage(
    lot: Lot,
    pieces: Annotated[int, typer.Argument(min=1, help="pieces that nobody can use")],
    note: Note,
    city: City = DEPOK,
    source: Source = "",
    as_json: Json = False,
) -> None:
    """Write damaged pieces off; packets that need them are recalled."""
    _adjust(lot, "damage", pieces, note, city, source, as_json)


@app.command()
def count(
    lot: Lot,
    pieces: Annotated[int, typer.Argument(min=0, help="pieces that lie there, those of waiting packets too")],
    note: Note,
    city: City = DEPOK,
    source: Source = "",
    as_json: Json = False,
) -> None:
    """Bring the ledger to what was counted."""
    _adjust(lot, "count", pieces, note, city, source, as_json)


@app.command("open")
def open_kits(
    lot: Lot,
    kits: Annotated[int, typer.Argument(min=1, help="kits to take apart")],
    note: Note,
    city: City = DEPOK,
    source: Source = "",
    as_json: Json = False,
) -> None:
    """Take kits apart that no packet holds: what was in them becomes loose goods, in lots of their own."""
    _adjust(lot, "opening", kits, note, city, source, as_json)


@app.command()
def withdraw(lot: Lot, note: Note, city: City = DEPOK, source: Source = "", as_json: Json = False) -> None:
    """Take a whole lot out, for ever: its packets are recalled, and what they bring back is taken out too."""
    _adjust(lot, "withdrawal", 0, note, city, source, as_json)


def _adjust(lot: UUID, kind: Kind, pieces: int, note: str, city: str, source: str, as_json: bool) -> None:
    answer: dict[str, Any] = _lumbung(city, source).adjust(lot, kind, pieces, note)
    show([answer], as_json)


def _lumbung(city: str, source: str = "") -> Lumbung:
    from services.distribution.cli.stock import Lumbung
    from shared.settings import Operations

    operations = Operations()
    token = operations.token.get_secret_value() if operations.token else ""
    return Lumbung(operations.distribution_url, tenant=city, source=source, token=token)

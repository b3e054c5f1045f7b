"""`peduli registry`: sellers, products, units and kits of a city, in CSV and on the screen."""

from __future__ import annotations

import asyncio
import sys
from collections.abc import Iterable
from datetime import datetime
from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Any, get_args

import typer

from peduli.tables import show
from shared.errors import PeduliError

if TYPE_CHECKING:
    from services.purchases.cli.registry import Change, Kind, Preview, Registry
    from shared.reference.model import Item

app = typer.Typer(no_args_is_help=True, help="Sellers, products, units, kits: loaded, listed, retired, told.")
review_app = typer.Typer(no_args_is_help=True, help="New products that purchases told and nobody knows.")
app.add_typer(review_app, name="review")

KindName = Annotated[str, typer.Argument(help="sellers, products, units or kits")]
Code = Annotated[str, typer.Argument(help="code of the item")]
Sku = Annotated[str, typer.Argument(help="the sku that was told")]
City = Annotated[str, typer.Option("--city", envvar="PEDULI_TENANT", help="city code")]
Json = Annotated[bool, typer.Option("--json", help="Print JSON for machines.")]
DEPOK = "3276"
SHOWN: dict[str, tuple[str, ...]] = {
    "sellers": ("seller_code", "name", "channel", "kelurahan_code", "fostering_unit_code"),
    "products": ("sku", "name", "category", "price_idr", "need_groups", "portions", "weight_g"),
    "units": ("unit_code", "name", "kind", "headcounts"),
    "kits": ("sku", "name", "price_idr", "contents"),
}  # what fits a screen; JSON has all


class FileError(PeduliError):
    """This file cannot be read."""


def _registry(city: str) -> Registry:
    from services.purchases.cli.registry import Registry
    from shared.settings import Settings

    return Registry(Settings().database_url, city)


def _kind(name: str) -> Kind:
    from services.purchases.cli.registry import Kind

    if name not in get_args(Kind):
        raise PeduliError(f"no kind is called {name}", hint=f"one of: {', '.join(get_args(Kind))}")
    return name  # type: ignore[return-value]


@app.command("load")
def load(
    kind: KindName,
    file: Annotated[Path, typer.Argument(help="CSV with a header, the columns as in the folder of a city")],
    city: City = DEPOK,
    yes: Annotated[bool, typer.Option("--yes", help="Do not ask.")] = False,
    dry_run: Annotated[bool, typer.Option("--dry-run", help="Show what would change, and change nothing.")] = False,
    partial: Annotated[bool, typer.Option("--partial", help="Load the right rows although others are wrong.")] = False,
) -> None:
    """Show what a file changes, ask, and load it. Rows that it does not name stay; all wrong rows are told at once."""
    from services.purchases.cli.registry import read_csv

    try:
        rows = read_csv(file.read_text(encoding="utf-8"))
    except (OSError, UnicodeDecodeError) as error:
        raise FileError(f"{file} cannot be read", hint=f"{type(error).__name__}: save it as CSV in UTF-8") from None
    registry = _registry(city)
    preview = asyncio.run(registry.preview(_kind(kind), rows))
    _tell(preview)
    if preview.wrong and not partial:
        raise typer.Exit(1)
    if dry_run or not preview.changes:
        return
    if not yes:
        typer.confirm("load this?", abort=True)
    print(f"{len(asyncio.run(registry.save(preview.items)))} changed; every service knows it within seconds")


def _tell(preview: Preview) -> None:
    for wrong in preview.wrong:
        print(f"baris {wrong.row}, {wrong.column}: {wrong.reason}", file=sys.stderr)
    if preview.changes:
        show([{"code": change.code, "change": _words(change)} for change in preview.changes], False)
    same = len(preview.items) - len(preview.changes)
    print(f"{len(preview.changes)} new or changed, {same} as they are, {len(preview.wrong)} wrong")


def _words(change: Change) -> str:
    if change.before is None:
        return f"new: {change.after.name}"
    return "; ".join(f"{name}: {_word(old)} -> {_word(new)}" for name, (old, new) in change.differing.items())


def _word(value: object) -> str:
    if isinstance(value, frozenset):
        return "|".join(sorted(value)) or "-"
    if isinstance(value, tuple):
        return ", ".join(f"{count.asn_count} from {count.valid_from}" for count in value)
    return str(value)


@app.command("list")
def list_items(
    kind: KindName,
    city: City = DEPOK,
    as_csv: Annotated[bool, typer.Option("--csv", help="Print what `load` reads.")] = False,
    as_json: Json = False,
    retired: Annotated[bool, typer.Option("--retired", help="Those out of use, not the active ones.")] = False,
) -> None:
    """The items of a city by code."""
    from services.purchases.cli.registry import write_csv

    which = _kind(kind)
    items = asyncio.run(_registry(city).items(which, retired=retired))
    if as_csv:
        print(write_csv(which, items), end="")
    else:
        names = None if as_json else (*SHOWN[which], *(["retired_from"] if retired else []))
        show([_row(item, names) for item in items], as_json)


def _row(item: Item, names: Iterable[str] | None) -> dict[str, Any]:
    cells = {name: getattr(item, name) for name in names or vars(item)}
    return {name: _word(value) if isinstance(value, frozenset | tuple) else value for name, value in cells.items()}


@app.command("retire")
def retire(
    kind: KindName,
    code: Code,
    city: City = DEPOK,
    since: Annotated[
        datetime | None, typer.Option("--from", formats=["%Y-%m-%d"], help="first day out of use; without it, today")
    ] = None,
) -> None:
    """Nothing can be bought with it from that day on; what was bought before still passes."""
    day = asyncio.run(_registry(city).retire(_kind(kind), code, since.date() if since else None))
    print(f"{code} is out of use from {day}; `peduli registry restore {kind} {code}` takes it back")


@app.command("restore")
def restore(kind: KindName, code: Code, city: City = DEPOK) -> None:
    """Take a retirement back."""
    asyncio.run(_registry(city).restore(_kind(kind), code))
    print(f"{code} is in use")


@review_app.command("list")
def review_list(
    city: City = DEPOK,
    status: Annotated[str, typer.Option(help="pending, accepted, merged or rejected")] = "pending",
    as_json: Json = False,
) -> None:
    """New products, the longest waiting first; one that was told in several ways has a line for each."""
    show(asyncio.run(_registry(city).reviews(status)), as_json)


@review_app.command("accept")
def review_accept(
    sku: Sku,
    need_groups: Annotated[str, typer.Option(help="what it is good for: food|protein|hygiene|baby|medicine")] = "",
    portions: Annotated[int, typer.Option(min=0, help="one-person servings a piece; 0: makes no sense")] = 0,
    weight_g: Annotated[int | None, typer.Option(min=0, help="grams a piece; without it 1000")] = None,
    name: Annotated[str | None, typer.Option(help="the right name, when it was told in several ways")] = None,
    price_idr: Annotated[int | None, typer.Option(help="whole rupiah; without it the price last paid")] = None,
    storage: Annotated[str, typer.Option(help="ambient, chill or frozen")] = "ambient",
    allergens: Annotated[str, typer.Option(help="such as egg|milk")] = "",
    halal: Annotated[bool, typer.Option(help="whether it is")] = True,
    infant: Annotated[bool, typer.Option(help="for infants only")] = False,
    soft: Annotated[bool, typer.Option(help="soft food")] = False,
    diabetic_friendly: Annotated[bool, typer.Option(help="fit for diabetics")] = False,
    city: City = DEPOK,
) -> None:
    """Make it a product of the registry. A kit is what is in it: it needs no answers."""
    from services.purchases.cli.registry import Answer

    answer = Answer(
        need_groups=_parts(need_groups),
        portions=portions,
        name=name,
        weight_g=weight_g,
        price_idr=price_idr,
        storage=storage,  # type: ignore[arg-type]
        halal=halal,
        infant=infant,
        soft=soft,
        diabetic_friendly=diabetic_friendly,
        allergens=_parts(allergens),
    )
    product = asyncio.run(_registry(city).accept(sku, answer))
    good_for = ", ".join(sorted(product.need_groups))
    print(f"{sku} is {product.name}: {product.weight_g} g, {product.portions} portions, good for {good_for}")


def _parts(text: str) -> frozenset[str]:
    return frozenset(part for part in text.split("|") if part)


@review_app.command("merge")
def review_merge(sku: Sku, into: Annotated[str, typer.Argument(help="a known sku")], city: City = DEPOK) -> None:
    """Make it another name of a known product, from now on."""
    print(f"{sku} is {asyncio.run(_registry(city).merge(sku, into)).name}")


@review_app.command("reject")
def review_reject(sku: Sku, note: Annotated[str, typer.Option(help="why")], city: City = DEPOK) -> None:
    """It cannot be bought any more, and what is left of it is given to nobody."""
    asyncio.run(_registry(city).reject(sku, note))
    print(f"{sku} is rejected")

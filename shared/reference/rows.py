"""Rows of CSV as items of the registry, and items as rows: the columns are the fields of the model."""

from __future__ import annotations

import csv
import io
from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, fields, replace
from datetime import date
from typing import Any, Literal, get_args, get_origin, get_type_hints

from shared.reference.kits import is_ordinary, kit
from shared.reference.model import SINCE_EVER, Headcount, Item, Product, Reference, Seller, Unit
from shared.reference.rules import faults

Kind = Literal["sellers", "products", "units", "kits"]
MODELS: dict[Kind, type[Item]] = {"sellers": Seller, "products": Product, "units": Unit, "kits": Product}
KIT_COLUMNS = ("sku", "name", "category", "price_idr", "shelf_life_hours", "contents")
FIRST_ROW = 2  # as a spreadsheet counts: the header is row 1
NOT_COLUMNS = ("retired_from", "contents", "merged_into", "headcounts")
EMPTY: dict[str, object] = {"portions": 0, "parent_code": "", "short_name": ""}  # what an empty cell means there
TRUTHS = {"true": True, "false": False}


@dataclass(frozen=True)
class Wrong:
    """What is wrong in a cell, in Bahasa Indonesia; `row` counts as a spreadsheet does."""

    row: int
    column: str
    reason: str


@dataclass(frozen=True)
class Sheet:
    """The items of a file's right rows, by code, and what is wrong with the others."""

    items: Mapping[str, Item]
    wrong: tuple[Wrong, ...]


class CellError(ValueError):
    """A cell that cannot be read; the message says why, in Bahasa Indonesia."""


def columns_of(kind: Kind) -> tuple[str, ...]:
    """The columns of a kind of registry file, in their order; others in a file are not read."""
    if kind == "kits":
        return KIT_COLUMNS
    names = tuple(field.name for field in fields(MODELS[kind]) if field.name not in NOT_COLUMNS)
    return (*names, "asn_count", "asn_count_from") if kind == "units" else names


def code_of(item: Item) -> str:
    """The code that names an item in its city: the first field of its model."""
    return str(getattr(item, fields(item)[0].name))


def of_kind(city: Reference, kind: Kind) -> dict[str, Item]:
    """The items of a city of one kind. A merged sku is another name, and no product of its own."""
    if kind in ("sellers", "units"):
        return dict(city.sellers if kind == "sellers" else city.units)
    return {
        sku: product
        for sku, product in city.products.items()
        if bool(product.contents) == (kind == "kits") and not product.merged_into
    }


def read_csv(text: str) -> list[dict[str, str]]:
    """The rows of a file with a header; a cell that is missing is empty. Cells may be parted by semicolons, as Excel
    does where the comma is for decimals.
    """
    text = text.removeprefix("\ufeff")
    header = text.partition("\n")[0]
    reader = csv.DictReader(
        io.StringIO(text), restval="", delimiter=";" if ";" in header and "," not in header else ","
    )
    return [{str(name): cell.strip() for name, cell in row.items() if isinstance(cell, str)} for row in reader]


def write_csv(kind: Kind, items: Iterable[Item]) -> str:
    """Items as a file of their kind; a unit has a row for each of its headcounts."""
    target = io.StringIO()
    writer = csv.writer(target, lineterminator="\n")
    writer.writerow(columns_of(kind))
    writer.writerows(row for item in items for row in _cells(kind, item))
    return target.getvalue()


def read_sheet(kind: Kind, rows: Sequence[Mapping[str, str]], city: Reference) -> Sheet:
    """Read and check each row against `city`; rows of one unit are its headcounts from several days."""
    missing = [name for name in columns_of(kind) if rows and name not in rows[0] and name != "asn_count_from"]
    if missing:
        return Sheet({}, tuple(Wrong(1, name, "kolom ini tidak ada di berkas") for name in missing))
    items: dict[str, Item] = {}
    wrong: list[Wrong] = []
    lines: dict[str, int] = {}
    for number, row in enumerate(rows, start=FIRST_ROW):
        found, problems = _item(kind, row, city)
        wrong += [Wrong(number, column, reason) for column, reason in problems]
        if found is None:
            continue
        code = code_of(found)
        if code in items:
            both = _together(items[code], found)
            if both is None:
                wrong.append(Wrong(number, columns_of(kind)[0], f"kode ini sudah ada di baris {lines[code]}"))
                continue
            found = both
        items[code] = found
        lines.setdefault(code, number)
    known = _with(city, kind, items)
    for code, item in list(items.items()):
        against = [Wrong(lines[code], column, reason) for column, reason in faults(item, known)]
        if against:
            wrong += against
            del items[code]
    return Sheet(items, tuple(sorted(wrong, key=lambda found: found.row)))


def _with(city: Reference, kind: Kind, items: Mapping[str, Item]) -> Reference:
    """The city as it would be: a unit may be under another one of the same file."""
    return replace(city, units={**city.units, **items}) if kind == "units" else city  # type: ignore[dict-item]


def _together(first: Item, second: Item) -> Unit | None:
    """Two rows of one unit as one, when they differ in their headcount and its day alone."""
    if not isinstance(first, Unit) or not isinstance(second, Unit):
        return None
    days = {headcount.valid_from for headcount in first.headcounts}
    if replace(first, headcounts=()) != replace(second, headcounts=()) or second.headcounts[0].valid_from in days:
        return None
    return replace(first, headcounts=tuple(sorted(first.headcounts + second.headcounts)))


def _item(kind: Kind, row: Mapping[str, str], city: Reference) -> tuple[Item | None, list[tuple[str, str]]]:
    model = MODELS[kind]
    hints = {**get_type_hints(model), "asn_count": int, "asn_count_from": date | None}
    values: dict[str, Any] = {}
    problems: list[tuple[str, str]] = []
    for name in columns_of(kind):
        try:
            values[name] = _value(name, row.get(name, ""), hints[name])
        except CellError as error:
            problems.append((name, str(error)))
    if problems:
        return None, problems
    if kind == "units":
        headcount = Headcount(values.pop("asn_count_from") or SINCE_EVER, values.pop("asn_count"))
        values["headcounts"] = (headcount,)
    if kind == "kits":
        return _kit(values, city)
    return model(**values), []


def _kit(values: Mapping[str, Any], city: Reference) -> tuple[Item | None, list[tuple[str, str]]]:
    """A kit from its row; what is in it must be an ordinary product of the city."""
    contents: list[tuple[str, int]] = []
    problems: list[tuple[str, str]] = []
    for told in sorted(values["contents"]):
        sku, _, pieces = told.partition(":")
        if not is_ordinary(city.products.get(sku)):
            problems.append(("contents", f"isi paket harus barang biasa yang terdaftar: {sku}"))
        elif not pieces.isdecimal() or int(pieces) < 1 or sku in dict(contents):
            problems.append(("contents", f"tulis isi paket sekali per barang sebagai KODE:jumlah, bukan {told}"))
        else:
            contents.append((sku, int(pieces)))
    if not values["contents"]:
        problems.append(("contents", "paket harus berisi barang"))
    if problems:
        return None, problems
    name, category, hours = values["name"], values["category"], values["shelf_life_hours"]
    return kit(values["sku"], name, category, hours, contents, city.products, values["price_idr"]), []


def _value(name: str, cell: str, hint: Any) -> object:
    """A cell as the type of its field; raises `CellError`."""
    if get_origin(hint) is frozenset:
        return frozenset(part.strip() for part in cell.split("|") if part.strip())
    if hint == date | None:
        return _day(cell) if cell else None
    if not cell:
        if name in EMPTY:
            return EMPTY[name]
        raise CellError("wajib diisi")
    if hint is int:
        if not cell.isdecimal():
            raise CellError("harus bilangan bulat, tidak kurang dari 0")
        return int(cell)
    if hint is bool:
        if cell not in TRUTHS:
            raise CellError("harus true atau false")
        return TRUTHS[cell]
    if get_origin(hint) is Literal and cell not in get_args(hint):
        raise CellError(f"harus salah satu dari {', '.join(get_args(hint))}")
    return cell


def _day(cell: str) -> date:
    try:
        return date.fromisoformat(cell)
    except ValueError:
        raise CellError("harus tanggal seperti 2021-07-31") from None


def _cells(kind: Kind, item: Item) -> Iterator[list[str]]:
    names = columns_of(kind)
    if isinstance(item, Unit):
        for headcount in item.headcounts:
            since = "" if headcount.valid_from == SINCE_EVER else headcount.valid_from.isoformat()
            yield [*(str(getattr(item, name)) for name in names[:-2]), str(headcount.asn_count), since]
    else:
        yield [_cell(getattr(item, name)) for name in names]


def _cell(value: object) -> str:
    if isinstance(value, frozenset):
        return "|".join(sorted(value))
    return str(value).lower() if isinstance(value, bool) else str(value)

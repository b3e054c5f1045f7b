"""Real spreadsheet files, made as offices make them."""

from __future__ import annotations

import io
import random
from collections.abc import Mapping, Sequence
from typing import Any

import xlsxwriter

from services.purchases.documents.columns import COLUMNS
from shared.reference.model import Reference

HEADINGS = [column.heading for column in COLUMNS]


def xlsx(rows: Sequence[Sequence[Any]], *, sheet: str = "Sheet1", before: Mapping[str, Any] | None = None) -> bytes:
    """A workbook with these rows; `before` are other sheets (name to rows) in front of it. Text with = is a formula."""
    target = io.BytesIO()
    with xlsxwriter.Workbook(target, {"in_memory": True, "default_date_format": "dd/mm/yyyy"}) as book:
        for name, cells in {**(before or {}), sheet: rows}.items():
            page = book.add_worksheet(name)
            for number, row in enumerate(cells):
                page.write_row(number, 0, row)
    return target.getvalue()


def told(**cells: Any) -> list[Any]:
    """A row in the template's columns, from cells by column name."""
    return [cells.get(column.name, "") for column in COLUMNS]


def nip(draw: random.Random) -> str:
    """An invented NIP that parses."""
    appointed = draw.randint(2000, 2019)
    born = f"{appointed - 25}{draw.randint(1, 12):02}{draw.randint(1, 28):02}"
    return f"{born}{appointed}{draw.randint(1, 12):02}{draw.randint(1, 2)}{draw.randint(1, 999):03}"


def purchases(
    city: Reference, count: int, *, bad: int = 0, seed: int = 1, unit: str | None = None, prefix: str = "N"
) -> list[list[Any]]:
    """Rows of one purchase each, of `unit` or of any, numbered behind `prefix`; `bad` of them, evenly spread, have an
    unknown unit.
    """
    draw = random.Random(seed)
    units, sellers, skus = sorted(city.units), sorted(city.sellers), sorted(city.products)
    rows = []
    for number in range(count):
        price, quantity = draw.randint(1, 200) * 1000, draw.randint(1, 5)
        is_bad = bad and number % (count // bad) == 0 and number // (count // bad) < bad
        rows.append(
            told(
                reference=f"{prefix}-{number:05}",
                date="22/07/2021",
                time="10.05",
                unit="TIDAK-ADA" if is_bad else draw.choice(units) if unit is None else unit,
                seller=draw.choice(sellers),
                nip=nip(draw),
                sku=draw.choice(skus),
                quantity=quantity,
                price=f"Rp {price:,}".replace(",", "."),
                total=price * quantity,
            )
        )
    return rows

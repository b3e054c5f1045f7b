"""Sheets that we write: a template, and what was refused. A written cell is text or a number, never a formula."""

from __future__ import annotations

import csv
import io
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from datetime import date, datetime, time
from typing import Any

import xlsxwriter

from shared.sheets.cells import NoValue
from shared.sheets.columns import Column, Columns
from shared.sheets.faults import MAX_ROWS, Wrong

XLSX = "application/vnd.openxmlformats-officedocument.spreadsheetml.sheet"
CSV = "text/csv; charset=utf-8"
_OPTIONS = {"in_memory": True, "strings_to_formulas": False, "strings_to_urls": False, "strings_to_numbers": False}
_WIDE, _NARROW = 22, 16  # characters

Lists = Sequence[tuple[tuple[str, ...], Sequence[tuple[str, ...]]]]


@dataclass(frozen=True)
class Form:
    """How a kind of sheet is written: its name and columns, those that are `text` (Excel would round them, or read
    them as dates), and in the guide those that must be filled.
    """

    sheet: str
    columns: Columns
    text: frozenset[str]
    needed: frozenset[str]
    explanation: Sequence[str]


def template_xlsx(form: Form, examples: Sequence[Mapping[str, Any]], lists: Lists) -> bytes:
    """A sheet with examples, what each column holds, and lists of what is known (heading and rows, side by side)."""
    target = io.BytesIO()
    with xlsxwriter.Workbook(target, _OPTIONS) as book:
        _table(book, form, [[row.get(column.name) for column in form.columns.columns] for row in examples])
        guide = book.add_worksheet("Petunjuk")
        guide.set_column(0, 2, 40)
        explained = [
            (column.heading, column.help, "ya" if column.name in form.needed else "") for column in form.columns.columns
        ]
        _write(guide, [*((line,) for line in form.explanation), (), ("Kolom", "Isi", "Wajib"), *explained])
        side_by_side = book.add_worksheet("Daftar")
        side_by_side.set_column(0, 9, 24)
        _write(side_by_side, _rows(lists))
        _offer_choices(book, form)
    return target.getvalue()


def template_csv(form: Form, examples: Sequence[Mapping[str, Any]]) -> bytes:
    """The template as CSV: semicolons and a mark, as Excel in Bahasa Indonesia opens it."""
    target = io.StringIO()
    writer = csv.writer(target, delimiter=";")
    writer.writerow(column.heading for column in form.columns.columns)
    writer.writerows([row.get(column.name, "") for column in form.columns.columns] for row in examples)
    return target.getvalue().encode("utf-8-sig")


def refused_xlsx(form: Form, rows: Iterable[tuple[int, Mapping[str, Any], Sequence[Wrong]]]) -> bytes:
    """Refused rows in the template's columns, so that they can be mended and sent again, and why beside each."""
    target = io.BytesIO()
    with xlsxwriter.Workbook(target, _OPTIONS) as book:
        _table(
            book,
            form,
            [
                [
                    *(cells.get(column.name) for column in form.columns.columns),
                    number,
                    "; ".join(dict.fromkeys(one.column for one in wrong if one.column)),
                    " ".join(dict.fromkeys(f"{one.column}: {one.message}".removeprefix(": ") for one in wrong)),
                ]
                for number, cells, wrong in rows
            ],
            more=("Baris Asal", "Kolom Salah", "Alasan Ditolak"),
        )
    return target.getvalue()


def as_written(cell: Any) -> str:
    """A cell as text that can be read again."""
    if isinstance(cell, datetime):
        return cell.strftime("%d/%m/%Y %H.%M" if cell.time() != time.min else "%d/%m/%Y")
    if isinstance(cell, date):
        return cell.strftime("%d/%m/%Y")
    if isinstance(cell, time):
        return cell.strftime("%H.%M")
    return "" if isinstance(cell, NoValue) else str(cell)


def _table(book: xlsxwriter.Workbook, form: Form, rows: Sequence[Sequence[Any]], more: Sequence[str] = ()) -> None:
    columns = form.columns.columns
    sheet = book.add_worksheet(form.sheet)
    sheet.freeze_panes(1, 0)
    bold = book.add_format({"bold": True, "bg_color": "#DDEBF7", "text_wrap": True})
    as_text = book.add_format({"num_format": "@"})
    for place, heading in enumerate([column.heading for column in columns] + list(more)):
        sheet.write_string(0, place, heading, bold)
    for place, column in enumerate(columns):
        is_text = column.name in form.text
        sheet.set_column(place, place, _WIDE if is_text else _NARROW, as_text if is_text else None)
    _write(sheet, rows, first=1)


def _write(sheet: Any, rows: Iterable[Sequence[Any]], first: int = 0) -> None:
    """Cells as text or numbers; a date as people write it, so that it means the same in every program."""
    for number, row in enumerate(rows, start=first):
        for place, cell in enumerate(row):
            if isinstance(cell, bool) or cell is None or cell == "":
                continue
            if isinstance(cell, (int, float)):
                sheet.write_number(number, place, cell)
            else:
                sheet.write_string(number, place, as_written(cell))


def _rows(lists: Lists) -> list[tuple[str, ...]]:
    height = max(len(rows) for _, rows in lists)
    lines = [tuple(name for heading, _ in lists for name in heading)]
    for number in range(height):
        cells = (rows[number] if number < len(rows) else ("",) * len(heading) for heading, rows in lists)
        lines.append(tuple(cell for row in cells for cell in row))
    return lines


def _offer_choices(book: xlsxwriter.Workbook, form: Form) -> None:
    """Columns with few values offer them, each once."""
    sheet = book.get_worksheet_by_name(form.sheet)
    for place, column in enumerate(form.columns.columns):
        if column.choices:
            words = _offered(column)
            sheet.data_validation(1, place, MAX_ROWS, place, {"validate": "list", "source": words})


def _offered(column: Column) -> list[str]:
    """The first word of each meaning: others are read, and not offered."""
    first = {meant: word for word, meant in reversed(list(column.choices.items()))}
    return [word for word, meant in column.choices.items() if first[meant] == word]

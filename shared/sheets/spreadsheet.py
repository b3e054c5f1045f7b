"""CSV and XLSX: bytes become rows of known columns. No I/O beyond memory, and a clear answer for what is neither."""

from __future__ import annotations

import csv
import io
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from typing import Any

import python_calamine

from shared.sheets import guard
from shared.sheets.cells import LongNumber, NoValue
from shared.sheets.columns import Columns
from shared.sheets.faults import MAX_FILE_BYTES, MAX_ROWS, FileError

HEADINGS_WITHIN = 30  # rows: a letterhead and a merged title may stand above
_SEPARATORS = ",;\t|"
Cells = Sequence[Any]


@dataclass(frozen=True)
class Row:
    """One row of the sheet: `number` as the program shows it, and its cells by column name; blank ones are absent."""

    number: int
    cells: dict[str, Any]


@dataclass(frozen=True)
class Table:
    """The rows under the headings, and the headings that are none of ours."""

    rows: list[Row]
    ignored: list[str]


def read(content: bytes, columns: Columns) -> Table:
    """The rows of a file; raises `FileError` when it is not a sheet with these columns."""
    if not content:
        raise FileError("EMPTY")
    if len(content) > MAX_FILE_BYTES:
        raise FileError("TOO_LARGE")
    if content[:2] == b"PK" or content.startswith(b"\xd0\xcf\x11\xe0"):
        return _read_xlsx(content, columns)
    return _table(_read_csv(_decoded(content), columns), columns)


def _read_xlsx(content: bytes, columns: Columns) -> Table:
    guard.refuse_foreign(content)
    scanned = guard.sheets(content, max_rows=MAX_ROWS + HEADINGS_WITHIN + 1)
    try:
        workbook = python_calamine.CalamineWorkbook.from_filelike(io.BytesIO(content))
        for name in workbook.sheet_names:
            if name not in scanned:
                continue
            rows = workbook.get_sheet_by_name(name).to_python(skip_empty_area=False)
            if _heading(rows, columns) is not None:
                return _table([_exact(row, number, scanned[name]) for number, row in enumerate(rows)], columns)
    except python_calamine.PasswordError as error:
        raise FileError("ENCRYPTED") from error
    except (python_calamine.CalamineError, ValueError, OverflowError) as error:
        raise FileError("BROKEN") from error
    raise FileError("NO_HEADINGS")


def _exact(row: Cells, number: int, sheet: guard.Sheet) -> Cells:
    """A row with what the reader of values cannot tell: long numbers, and formulas without a value."""
    if not (sheet.valueless or sheet.errors or sheet.long_numbers):
        return row
    exact = []
    for place, cell in enumerate(row):
        if (number, place) in sheet.valueless:
            cell = NoValue.UNSAVED
        elif (number, place) in sheet.errors:
            cell = NoValue.ERROR
        elif (number, place) in sheet.long_numbers and isinstance(cell, (int, float)):
            cell = LongNumber(sheet.long_numbers[number, place])
        exact.append(cell)
    return exact


def _decoded(content: bytes) -> str:
    """The text of a CSV: by its mark, else UTF-8, else the code page of older Windows."""
    if content.startswith((b"\xff\xfe", b"\xfe\xff")):
        encodings: tuple[str, ...] = ("utf-16",)
    elif content[1:2] == b"\x00":
        encodings = ("utf-16-le",)
    else:
        encodings = ("utf-8-sig", "cp1252")
    for encoding in encodings:
        try:
            told = content.decode(encoding)
        except UnicodeDecodeError:
            continue
        if any(sign < " " and sign not in "\t\r\n" for sign in told[:4096]):
            raise FileError("NO_SPREADSHEET")
        return told
    raise FileError("UNKNOWN_ENCODING")


def _read_csv(text: str, columns: Columns) -> list[Cells]:
    """Rows by the separator that shows most of our columns; a blank line is a row too, as the program shows it."""
    best = max(_SEPARATORS, key=lambda separator: _known(text, separator, columns))
    lines = csv.reader(io.StringIO(text, newline=""), delimiter=best, strict=True)
    rows: list[Cells] = []
    try:
        for row in lines:
            rows.append(row)
            if len(rows) > MAX_ROWS + HEADINGS_WITHIN + 1:
                raise FileError("TOO_MANY_ROWS")
    except csv.Error as error:
        raise FileError("BROKEN_CSV", len(rows) + 1) from error
    return rows


def _known(text: str, separator: str, columns: Columns) -> int:
    lines = text.split("\n", HEADINGS_WITHIN)[:HEADINGS_WITHIN]
    return max(len(columns.match(line.split(separator))) for line in lines)


def _heading(rows: Sequence[Cells], columns: Columns) -> int | None:
    """Where the row of headings is: the one that names most of our columns."""
    found = [(len(set(columns.match(row).values())), -number) for number, row in enumerate(rows[:HEADINGS_WITHIN])]
    if not found:
        return None
    number = -max(found)[1]
    return number if columns.is_heading(columns.match(rows[number])) else None


def _table(rows: Sequence[Cells], columns: Columns) -> Table:
    heading = _heading(rows, columns)
    if heading is None:
        raise FileError("NO_HEADINGS")
    places = columns.match(rows[heading])
    if len(set(places.values())) < len(places):
        raise FileError("DOUBLE_HEADING", heading + 1)
    found = list(_rows(rows, heading, places))
    if not found:
        raise FileError("NO_ROWS")
    if len(found) > MAX_ROWS:
        raise FileError("TOO_MANY_ROWS")
    told = [str(cell).strip() for place, cell in enumerate(rows[heading]) if place not in places]
    return Table(found, [cell for cell in told if cell])


def _rows(rows: Sequence[Cells], heading: int, places: dict[int, str]) -> Iterator[Row]:
    for number, row in enumerate(rows[heading + 1 :], start=heading + 2):
        cells = {name: row[place] for place, name in places.items() if place < len(row) and not _is_blank(row[place])}
        if cells:
            yield Row(number, cells)


def _is_blank(cell: object) -> bool:
    return cell is None or (isinstance(cell, str) and not cell.strip())

"""A cell, as people and spreadsheets write it, becomes a value; each raises `CellError` for what it cannot read."""

from __future__ import annotations

import re
from datetime import date, datetime, time, timedelta
from enum import Enum
from typing import Any

from shared.sheets.faults import CellError

EXCEL_EPOCH = date(1899, 12, 30)
_SERIALS = range(43_831, 73_051)  # days of 2020 to 2099 as Excel counts them: a date whose format was lost
_ERRORS = ("#REF!", "#N/A", "#VALUE!", "#DIV/0!", "#NAME?", "#NUM!", "#NULL!")
_MONEY = re.compile(r"(?:rp|idr)?\.?\s*([0-9]{1,3}(?:\.[0-9]{3}){1,5}|[0-9]{1,18})(?:,(?:00?|-))?", re.IGNORECASE)
_DAY = re.compile(r"([0-9]{1,2})[-/. ]([0-9]{1,2})[-/. ]([0-9]{4})")
_DAY_IN_WORDS = re.compile(r"([0-9]{1,2})\s+([a-z]+)\.?\s+([0-9]{4})", re.IGNORECASE)
_CLOCK = re.compile(r"([0-9]{1,2})[.:]([0-9]{2})(?:[.:]([0-9]{2}))?\s*(?:wib|wita|wit)?", re.IGNORECASE)
_MONTHS = ("jan", "feb", "mar", "apr", "mei", "jun", "jul", "agu", "sep", "okt", "nov", "des")


class NoValue(Enum):
    """A formula whose value was never saved, or is an error: the code of what is wrong."""

    UNSAVED = "FORMULA_WITHOUT_VALUE"
    ERROR = "FORMULA_ERROR"


class LongNumber(str):
    """A number of 16 to 18 digits as the file writes it."""

    __slots__ = ()


def text(cell: Any) -> str:
    """Text, with single spaces; a whole number without its decimals."""
    if isinstance(cell, (date, time, timedelta)):
        raise CellError("DATE_IN_TEXT")
    if isinstance(cell, float) and cell.is_integer():
        return str(int(cell))
    return " ".join(str(cell).split())


def money(cell: Any) -> int:
    """Whole rupiah: 65000, 65.000, Rp 65.000, 65.000,00 (formats of the country; never a decimal part)."""
    if isinstance(cell, (int, float)) and not isinstance(cell, bool) and abs(cell) < 10**18 and cell == int(cell):
        return int(cell)
    found = _MONEY.fullmatch(str(cell).strip())
    if found is None or isinstance(cell, bool):
        raise CellError("NOT_MONEY")
    return int(found[1].replace(".", ""))


def count(cell: Any) -> int:
    """A whole number."""
    try:
        return money(cell)
    except CellError:
        raise CellError("NOT_A_NUMBER") from None


def nip(cell: Any) -> str:
    """A NIP as text; a number that lost its last digits on the way is told, for it could be somebody else's."""
    return _of_person(cell, "NIP_ROUNDED")


def nik(cell: Any) -> str:
    """A NIK as text, with the same care."""
    return _of_person(cell, "NIK_ROUNDED")


def _of_person(cell: Any, rounded: str) -> str:
    if isinstance(cell, float) or (isinstance(cell, LongNumber) and cell.endswith("000")):
        raise CellError(rounded)
    return str(text(cell)).lstrip("'")


def day(cell: Any) -> date:
    """22/07/2021, 22-7-2021, 22 Juli 2021, 2021-07-22 or a real date; the day comes first, never the month."""
    if isinstance(cell, datetime):
        return cell.date()
    if isinstance(cell, date):
        return cell
    if isinstance(cell, (int, float)) and _SERIALS.start <= cell < _SERIALS.stop:
        return EXCEL_EPOCH + timedelta(days=int(cell))
    told = str(cell).strip()
    try:
        if found := _DAY.match(told):
            return date(int(found[3]), int(found[2]), int(found[1]))
        if found := _DAY_IN_WORDS.match(told):
            return date(int(found[3]), _MONTHS.index(found[2].lower()[:3]) + 1, int(found[1]))
        return datetime.fromisoformat(told).date()
    except ValueError:
        raise CellError("NOT_A_DATE") from None


def clock(cell: Any) -> time:
    """10.05, 10:05 or 10:05:00, with or without WIB, or a real time."""
    if isinstance(cell, datetime):
        return cell.time()
    if isinstance(cell, time):
        return cell
    if isinstance(cell, timedelta):
        cell = cell / timedelta(days=1)
    try:
        if isinstance(cell, (int, float)) and 0 <= cell < 1:
            minutes, seconds = divmod(round(cell * 86_400), 60)
            return time(minutes // 60, minutes % 60, seconds)
        found = _CLOCK.fullmatch(str(cell).strip())
        return time(int(found[1]), int(found[2]), int(found[3] or 0)) if found else _not_a_time()
    except ValueError:
        raise CellError("NOT_A_TIME") from None


def _not_a_time() -> time:
    raise CellError("NOT_A_TIME")


def refuse_faulty(cell: Any) -> None:
    """Raise `CellError` for a formula that has no value, or an error for one."""
    if isinstance(cell, NoValue):
        raise CellError(cell.value)
    if isinstance(cell, str) and cell in _ERRORS:  # a CSV has them as text
        raise CellError("FORMULA_ERROR")

"""Rows become receipts: those with the same number belong together, whoever paid and whatever was bought."""

from __future__ import annotations

import re
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import date, datetime, time
from typing import Any

from services.purchases.documents.columns import BY_NAME, COLUMNS, DERIVED, PURCHASES
from services.purchases.domain.hints import Hint
from services.purchases.domain.purchase import Kind
from shared.contracts.reasons import Reason
from shared.reference.model import Reference
from shared.reference.naming import Names, plain
from shared.sheets.faults import CellError, Wrong
from shared.sheets.spreadsheet import Row

_RECEIPT = frozenset(column.name for column in COLUMNS if column.part == "receipt") - {"action", "source"}
_LINE = frozenset(column.name for column in COLUMNS if column.part == "line")
_NAMES = {column.heading: column.name for column in COLUMNS}
_FIELDS = {"reference": "reference", "total": "total_idr", "purpose": "purpose", "programme": "programme"}
_LINE_FIELDS = {"sku": "sku", "quantity": "quantity", "price": "unit_price_idr"}
_PRODUCT_FIELDS = {
    "product": "name",
    "category": "category",
    "shelf_life": "shelf_life_hours",
    "contents": "contents",
}


@dataclass
class Receipt:
    """One thing that the sheet tells: what the intake is to judge (`kind`, `source`, `raw`), and what it cannot.

    `places`: the row of each item of a list of `raw`, by its path (`lines.0`).
    """

    rows: list[Row]
    kind: Kind = "submitted"
    source: str = ""
    raw: dict[str, Any] = field(default_factory=dict)
    wrong: list[Wrong] = field(default_factory=list)
    places: dict[str, int] = field(default_factory=dict)

    def located(self, reasons: Sequence[Reason]) -> list[Wrong]:
        """Everything against it by row and heading: cells that cannot be read, then reasons of the intake elsewhere."""
        told = {(wrong.row, wrong.column) for wrong in self.wrong}
        columns = {column for _, column in told}
        found = list(self.wrong)
        for reason in sorted(reasons, key=lambda reason: reason.path in DERIVED):  # what follows from others last
            item, row = self._place(reason.path)
            heading = PURCHASES.heading_of(reason.path)
            if (row, heading) not in told and (item in self.places or heading not in columns):
                told.add((row, heading))
                found.append(Wrong(row, heading, reason.code, reason.message))
        return found

    def faults(self) -> tuple[Reason, ...]:
        """The cells that cannot be read as reasons, each at its place (`rows.9.date`)."""
        return tuple(
            Reason(code=wrong.code, path=f"rows.{wrong.row}.{_NAMES[wrong.column]}", message=wrong.message)
            for wrong in self.wrong
        )

    def advised(self, hints: Sequence[Hint]) -> list[Wrong]:
        """Hints by row and heading."""
        return [
            Wrong(self._place(hint.path)[1], PURCHASES.heading_of(hint.path), hint.code, hint.message) for hint in hints
        ]

    def _place(self, path: str) -> tuple[str, int]:
        """The item of a list that a path is about, and its row: the first one where it is about none."""
        item = ".".join(path.split(".")[:2])
        return item, self.places.get(item, self.rows[0].number)


def gather(rows: Sequence[Row], city: Reference, source: str) -> list[Receipt]:
    """The receipts of a sheet in the order of their first rows; `source` tells those that name none."""
    names = Names(city)
    return [_Reader(receipt, names, city, source).read() for receipt in _grouped(rows)]


def _grouped(rows: Sequence[Row]) -> Iterator[Receipt]:
    """Rows with the same number, action and source; one without a number continues the row above if it adds to it."""
    found: dict[tuple[str, ...], Receipt] = {}
    last: Receipt | None = None
    for row in rows:
        if "reference" in row.cells or last is None or not _RECEIPT.isdisjoint(row.cells):
            key = tuple(str(row.cells.get(name, "")).strip().casefold() for name in ("action", "source", "reference"))
            if "reference" not in row.cells:
                key = ("", "", "", str(row.number))
            last = found.setdefault(key, Receipt([]))
        last.rows.append(row)
    yield from found.values()


class _Reader:
    """Reads one receipt: what it can goes to `raw`, what it cannot to `wrong`."""

    def __init__(self, receipt: Receipt, names: Names, city: Reference, source: str) -> None:
        self.receipt = receipt
        self.raw = receipt.raw
        self.names = names
        self.city = city
        self.source = source

    def read(self) -> Receipt:
        shared = self._shared()
        self.receipt.kind = shared.get("action", "submitted")
        self.receipt.source = shared.get("source", self.source)
        if "reference" not in shared:
            self._tell(self.receipt.rows[0], "reference", "NO_REFERENCE")
        if self.receipt.kind == "voided":
            self._fill(shared, {"reference": "reference", "reason": "reason"})
            return self.receipt
        self._fill(shared, _FIELDS)
        self._read_moment(shared)
        self._read_codes(shared)
        self._read_lines()
        self._read_payers()
        self._read_posts()
        return self.receipt

    def _value(self, row: Row, name: str) -> Any:
        """The value of a cell; None when it is blank, or cannot be read and is told."""
        if name not in row.cells:
            return None
        try:
            return BY_NAME[name].value(row.cells[name])
        except CellError as error:
            self._tell(row, name, error.code)
            return None

    def _tell(self, row: Row, name: str, code: str) -> None:
        self.receipt.wrong.append(Wrong.of(row.number, BY_NAME[name].heading, code))

    def _shared(self) -> dict[str, Any]:
        """What its rows say about the whole receipt; they may repeat each other, and must not differ."""
        shared: dict[str, Any] = {}
        for row in self.receipt.rows:
            for name in (*_RECEIPT, "action", "source"):
                value = self._value(row, name)
                if value is not None and shared.setdefault(name, value) != value:
                    self._tell(row, name, "CONTRADICTION")
        return shared

    def _fill(self, values: Mapping[str, Any], fields: Mapping[str, str]) -> None:
        self.raw |= {path: values[name] for name, path in fields.items() if values.get(name) is not None}

    def _read_moment(self, shared: Mapping[str, Any]) -> None:
        """Day and hour in the city's own time; without an hour the day's begin, which is never in the future."""
        if "date" not in shared:
            return
        at = shared.get("time")
        told = next((row.cells["date"] for row in self.receipt.rows if "date" in row.cells), None)
        if at is None and isinstance(told, datetime):
            at = told.time()
        self.raw["purchased_at"] = self._moment(shared["date"], at or time.min)

    def _moment(self, day: date, at: time = time.min) -> str:
        return datetime.combine(day, at, self.city.zone).isoformat()

    def _read_codes(self, shared: Mapping[str, Any]) -> None:
        if "unit" in shared:
            self.raw["unit_code"] = self.names.units.get(plain(shared["unit"]), shared["unit"])
        if "seller" in shared:
            code = self.names.sellers.get(plain(shared["seller"]), shared["seller"])
            self.raw["seller_code"] = code
            if code in self.city.sellers:
                self.raw["channel"] = self.city.sellers[code].channel
        if "pickup" in shared:
            code = self.names.kelurahan.get(plain(shared["pickup"]), shared["pickup"])
            self.raw["pickup"] = {"kelurahan": code}

    def _read_lines(self) -> None:
        lines: list[dict[str, Any]] = []
        for row in self.receipt.rows:
            if _LINE.isdisjoint(row.cells):
                continue
            self.receipt.places[f"lines.{len(lines)}"] = row.number
            lines.append(self._line({name: self._value(row, name) for name in _LINE}))
        self.raw["lines"] = lines
        told = any("total" in row.cells for row in self.receipt.rows)
        if lines and not told and all("quantity" in line and "unit_price_idr" in line for line in lines):
            self.raw["total_idr"] = sum(line["quantity"] * line["unit_price_idr"] for line in lines)

    def _line(self, values: Mapping[str, Any]) -> dict[str, Any]:
        line = {path: values[name] for name, path in _LINE_FIELDS.items() if values[name] is not None}
        if values["expires"] is not None:
            line["expires_at"] = self._moment(values["expires"])
        product = {path: values[name] for name, path in _PRODUCT_FIELDS.items() if values[name] is not None}
        if product and line.get("sku") not in self.city.products:  # a known one needs no description
            line["product"] = product
            if "sku" not in line and "name" in product:
                line["sku"] = re.sub(r"[^A-Z0-9]+", "-", product["name"].upper()).strip("-")[:24].strip("-")
        return line

    def _read_payers(self) -> None:
        """One buyer, or, when anybody's contribution is told, those who contributed."""
        paid = [row for row in self.receipt.rows if "nip" in row.cells or "contribution" in row.cells]
        told = [(row, self._value(row, "nip"), self._value(row, "contribution")) for row in paid]
        nips = {nip for _, nip, _ in told if nip is not None}
        if len(nips) <= 1 and not any("contribution" in row.cells for row in paid):
            self.raw["buyer"] = {"nip": nips.pop()} if nips else None
            if not nips and not paid:
                del self.raw["buyer"]
            return
        contributors: list[dict[str, Any]] = []
        given = {nip for _, nip, amount in told if amount is not None}
        for row, nip, amount in told:
            if "nip" not in row.cells:
                self._tell(row, "nip", "NO_NIP")
            elif "contribution" not in row.cells and nip not in given:
                self._tell(row, "contribution", "NO_CONTRIBUTION")
            elif nip is not None and amount is not None:
                self.receipt.places[f"contributors.{len(contributors)}"] = row.number
                contributors.append({"nip": nip, "amount_idr": amount})
        self.raw["contributors"] = contributors

    def _read_posts(self) -> None:
        posts: list[dict[str, Any]] = []
        for row in self.receipt.rows:
            told = {name: self._value(row, name) for name in ("post", "hashtags", "posted", "poster")}
            if told["post"] is None:
                if "hashtags" in row.cells and "post" not in row.cells:
                    self._tell(row, "post", "NO_POST")
                continue
            post = {"url": told["post"], "hashtags": told["hashtags"] or [], "by": told["poster"] or "asn"}
            if told["posted"] is not None:
                post["posted_at"] = self._moment(told["posted"])
            if post not in posts:
                self.receipt.places[f"posts.{len(posts)}"] = row.number
                posts.append(post)
        if posts:
            self.raw["posts"] = posts

"""The report to the Mayor as PDF (typst) and XLSX: the same tables, and the same bytes each time."""

from __future__ import annotations

import io
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import date, datetime
from pathlib import Path
from typing import Any
from zoneinfo import ZoneInfo

import orjson
import typst
import xlsxwriter

from shared.web.formats import channel_name, day, days, moment, number, rupiah

LAYOUT = Path(__file__).with_suffix(".typ")
PURPOSE_ROWS = (("Untuk warga dan aparatur isoman", "donated_idr"), ("Dipakai sendiri", "own_use_idr"))


@dataclass(frozen=True)
class Table:
    """A table of the report. The first column is words, the others are pieces or (`money`) whole rupiah."""

    title: str
    head: tuple[str, ...]
    rows: Sequence[Sequence[Any]]
    money: frozenset[int] = frozenset()

    def written(self) -> list[list[str]]:
        """The cells as people read them."""
        return [[self._cell(place, cell) for place, cell in enumerate(row)] for row in self.rows]

    def _cell(self, place: int, cell: Any) -> str:
        if isinstance(cell, str):
            return cell
        return rupiah(cell) if place in self.money else number(cell)


@dataclass(frozen=True)
class Report:
    """A report as it was issued; `number` is the running number in the city, `first` and `last` are days of it."""

    city: str
    number: int
    first: date
    last: date
    issued_at: datetime
    as_of_at: datetime | None
    content: Mapping[str, Any]

    @property
    def zone(self) -> ZoneInfo:
        """The city's time zone."""
        return ZoneInfo(self.content["zone"])

    @property
    def name(self) -> str:
        """The formal number."""
        return f"{self.number:03}/PEDULI/{self.issued_at.astimezone(self.zone).year}"

    @property
    def as_of(self) -> str:
        """Up to when the numbers go."""
        return f"data per {moment(self.as_of_at, self.zone)}" if self.as_of_at else "belum ada data"


def tables(content: Mapping[str, Any]) -> list[Table]:
    """The tables of the whole city."""
    units, pledges = content["units"], content["pledges"]
    places = [row for kecamatan in content["kecamatan"] for row in kecamatan["rows"]]
    total = {name: _sum(units, name) for name in ("purchases", "pieces", "spend_idr", "donated_idr", "own_use_idr")}
    channels = [
        [channel_name(row["channel"]), row["purchases"], row["pieces"], row["spend_idr"]] for row in content["channels"]
    ]
    taking = [unit for unit in units if unit["purchases"]]
    posts = [_sum(units, "posts"), _sum(units, "compliant_posts")]
    return [
        Table(
            "Janji, belanja dan penyaluran",
            ("Langkah", "Rupiah", "Paket"),
            [
                ["Dijanjikan unit kerja", pledges["pledged_idr"], pledges["pledged_packets"]],
                ["Dibelanjakan untuk isoman", total["donated_idr"], "–"],
                ["Ditugaskan kepada relawan", "–", _sum(places, "assigned")],
                ["Sampai di pintu", "–", _sum(places, "delivered")],
                ["Kembali ke lumbung", "–", _sum(places, "returned")],
            ],
            frozenset({1}),
        ),
        Table(
            "Saluran belanja",
            ("Saluran", "Nota", "Barang", "Belanja"),
            [*channels, ["Jumlah", *(sum(row[n] for row in channels) for n in (1, 2, 3))]],
            frozenset({3}),
        ),
        Table("Peruntukan", ("Untuk", "Belanja"), [[w, total[n]] for w, n in PURPOSE_ROWS], frozenset({1})),
        Table(
            "Unggahan dan tagar " + " ".join(f"#{tag}" for tag in content["hashtags"]),
            ("Unggahan", "Jumlah"),
            [["Dilaporkan", posts[0]], ["Dengan semua tagar", posts[1]]],
        ),
        Table(
            f"Unit kerja yang ikut pada periode ini ({len(taking)} dari {len(units)})",
            ("Unit kerja", "ASN", "Nota", "Barang", "Belanja"),
            [
                *([u["unit_name"], u["headcount"], u["purchases"], u["pieces"], u["spend_idr"]] for u in taking),
                ["Jumlah", _sum(taking, "headcount"), total["purchases"], total["pieces"], total["spend_idr"]],
            ],
            frozenset({4}),
        ),
    ]


def places(content: Mapping[str, Any]) -> list[Table]:
    """One table per kecamatan."""
    head = ("Kelurahan", "Ditugaskan", "Sampai", "Gagal", "Kembali", "Barang sampai")
    names = ("assigned", "delivered", "failed", "returned", "pieces")
    return [
        Table(
            f"Kecamatan {kecamatan['name']}",
            head,
            [
                *([row["name"], *(row[name] for name in names)] for row in kecamatan["rows"]),
                ["Jumlah", *(_sum(kecamatan["rows"], name) for name in names)],
            ],
        )
        for kecamatan in content["kecamatan"]
    ]


def silent(content: Mapping[str, Any]) -> list[str]:
    """Units that bought nothing in the period."""
    return [unit["unit_name"] for unit in content["units"] if not unit["purchases"]]


def pdf(report: Report) -> bytes:
    """The report on A4; the time in its metadata is that of its issue."""
    data = {
        "title": f"Laporan kepada Wali Kota {report.name}",
        "city": report.city,
        "number": report.name,
        "period": days(report.first, report.last),
        "basis": "; ".join(report.content["basis"]),
        "as_of": report.as_of,
        "parts": [_part(table) for table in tables(report.content)],
        "pages": [_part(table) for table in places(report.content)],
        "silent": silent(report.content),
        "place_and_date": f"{report.city}, {day(report.issued_at.astimezone(report.zone).date())}",
    }
    made = typst.compile(
        LAYOUT,
        format="pdf",
        ignore_system_fonts=True,
        sys_inputs={"data": orjson.dumps(data).decode()},
        timestamp=int(report.issued_at.timestamp()),
    )
    return bytes(made)


def xlsx(report: Report) -> bytes:
    """The same tables as sheets, numbers as numbers."""
    target = io.BytesIO()
    options = {"in_memory": True, "strings_to_formulas": False, "strings_to_urls": False, "strings_to_numbers": False}
    with xlsxwriter.Workbook(target, options) as book:
        book.set_properties({"created": report.issued_at.replace(tzinfo=None)})
        bold, money = book.add_format({"bold": True}), book.add_format({"num_format": '"Rp"#,##0'})
        sheet = book.add_worksheet("Ringkasan")
        names = ("Nomor", report.name), ("Periode", days(report.first, report.last)), ("Keadaan", report.as_of)
        for place, (word, value) in enumerate(names):
            sheet.write_row(place, 0, (word, value))
        line = _fill(sheet, tables(report.content), len(names) + 1, bold, money)
        waiting = Table(
            "Unit kerja yang belum ikut pada periode ini", ("Unit kerja",), [[n] for n in silent(report.content)]
        )
        _fill(sheet, [waiting], line, bold, money)
        _fill(book.add_worksheet("Kecamatan"), places(report.content), 0, bold, money)
    return target.getvalue()


def _fill(sheet: Any, parts: Sequence[Table], line: int, bold: Any, money: Any) -> int:
    """Tables below each other from `line` on; returns the next free line."""
    sheet.set_column(0, 0, 44)
    sheet.set_column(1, 5, 16)
    for part in parts:
        sheet.write_string(line, 0, part.title, bold)
        sheet.write_row(line + 1, 0, part.head, bold)
        for down, row in enumerate(part.rows, start=line + 2):
            for across, cell in enumerate(row):
                is_money = across in part.money and not isinstance(cell, str)
                sheet.write(down, across, cell, money if is_money else None)
        line += len(part.rows) + 3
    return line


def _part(table: Table) -> dict[str, Any]:
    widths = ["1fr", *("auto" for _ in table.head[1:])]
    return {"title": table.title, "head": list(table.head), "rows": table.written(), "widths": widths}


def _sum(rows: Sequence[Mapping[str, Any]], name: str) -> int:
    return sum(row[name] for row in rows)

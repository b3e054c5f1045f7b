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

from services.reporting.documents import charts
from services.reporting.domain.suppression import Shown, hide_small, hide_small_in, sum_of
from shared.web.formats import channel_name, day, days, moment, number, rupiah

LAYOUT = Path(__file__).with_suffix(".typ")
HIDDEN = "·"
SMALL = "· berarti 1 sampai 4, atau angka yang dengannya jumlah sekecil itu dapat dihitung."
TOGETHER = (
    "Warga dan aparatur dihitung bersama: kepada pelaporan tidak diberitahukan rumah tangga mana yang rumah aparatur, "
    "dan pembagian paket tidak membedakannya."
)
GROUPS = {"warga": "Warga", "aparatur": "Aparatur (ASN)"}
BY_WEEK = (
    "Warga dan aparatur dibedakan per minggu penuh, bila sedikitnya lima rumah tangga warga menerima paket, dan "
    "sedikitnya lima rumah tangga aparatur atau tidak satu pun; sebelum itu minggu berikutnya dihitung bersamanya. "
    "Rumah tangga mana yang rumah aparatur tidak diberitahukan kepada pelaporan. "
)
CARRIED = {"assigned": "Ditugaskan kepada relawan", "delivered": "Sampai di pintu", "returned": "Kembali ke lumbung"}
FIRST_CALLED = "isoman"  # reports of before do not say whom they are about: there was one cause


@dataclass(frozen=True)
class Table:
    """A table of the report. The first column is words, the others are pieces or (`money`) whole rupiah.

    `note` is what must be known to read it right.
    """

    title: str
    head: tuple[str, ...]
    rows: Sequence[Sequence[Any]]
    money: frozenset[int] = frozenset()
    note: str = ""

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
    def unit(self) -> str:
        """The unit whose report it is; empty for the whole city."""
        return str((self.content.get("unit") or {}).get("name", ""))

    @property
    def as_of(self) -> str:
        """Up to when the numbers go."""
        return f"data per {moment(self.as_of_at, self.zone)}" if self.as_of_at else "belum ada data"


def tables(content: Mapping[str, Any]) -> list[Table]:
    """The tables of the whole city, or of a unit with all units below it."""
    units = content["units"]
    total = {name: _sum(units, name) for name in ("donated_idr", "own_use_idr")}
    recipients = content.get("recipients")  # neither a unit's report nor one of before has them
    purposes = [
        [f"Untuk warga dan aparatur {_called(content)}", total["donated_idr"]],
        ["Dipakai sendiri", total["own_use_idr"]],
    ]
    return [
        _steps(content, total["donated_idr"]),
        *([_channels(content["channels"])] if content["channels"] else []),
        Table("Peruntukan", ("Untuk", "Belanja"), purposes, frozenset({1}), "" if recipients else TOGETHER),
        *([_recipients(recipients)] if recipients else []),
        _posts(units, content["hashtags"]),
        _taking_part(units),
    ]


def _posts(units: Sequence[Mapping[str, Any]], hashtags: Sequence[str]) -> Table:
    posts = _sum(units, "posts")
    rows = [["Dilaporkan", posts]]
    if all("posts_by_unit" in unit for unit in units):  # reports of before do not know who posted
        by_unit = _sum(units, "posts_by_unit")
        rows += [["Oleh ASN", posts - by_unit], ["Oleh unit kerja", by_unit]]
    rows.append(["Dengan semua tagar", _sum(units, "compliant_posts")])
    return Table("Unggahan dan tagar " + " ".join(f"#{tag}" for tag in hashtags), ("Unggahan", "Jumlah"), rows)


def _steps(content: Mapping[str, Any], donated_idr: int) -> Table:
    """Pledged, bought and carried, side by side. Packets go to places: a unit without one has none of its own."""
    pledges = content["pledges"]
    places = [row for kecamatan in content["kecamatan"] for row in kecamatan["rows"]]
    packets = content.get("packets") or {name: hide_small([_sum(places, name)]).total for name in CARRIED}
    rows = [
        ["Dijanjikan unit kerja", pledges["pledged_idr"], pledges["pledged_packets"]],
        [f"Dibelanjakan untuk {_called(content)}", donated_idr, "–"],
        *([word, "–", _few(packets[name])] for name, word in CARRIED.items() if places),
    ]
    return Table("Janji, belanja dan penyaluran", ("Langkah", "Rupiah", "Paket"), rows, frozenset({1}))


def _channels(rows: Sequence[Mapping[str, Any]]) -> Table:
    lines = [[channel_name(row["channel"]), row["purchases"], row["pieces"], row["spend_idr"]] for row in rows]
    whole = ["Jumlah", *(sum(line[n] for line in lines) for n in (1, 2, 3))]
    return Table("Saluran belanja", ("Saluran", "Nota", "Barang", "Belanja"), [*lines, whole], frozenset({3}))


def _recipients(told: Mapping[str, Any]) -> Table:
    rows: list[list[Any]] = []
    if told["weeks"]:
        rows += [[words, told[name]["packets"], told[name]["pieces"]] for name, words in GROUPS.items()]
    if told["rest"] != 0 or not rows:
        rows.append(["Belum dibedakan", _few(told["rest"]), "–"])
    weeks = ", ".join(days(date.fromisoformat(first), date.fromisoformat(last)) for first, last in told["weeks"])
    which = f"Minggu yang dibedakan: {weeks}." if weeks else "Pada periode ini belum ada yang dapat ditampilkan."
    return Table("Paket yang sampai, menurut penerima", ("Penerima", "Paket", "Barang"), rows, note=BY_WEEK + which)


def _taking_part(units: Sequence[Mapping[str, Any]]) -> Table:
    taking = [unit for unit in units if unit["purchases"]]
    names = ("headcount", "purchases", "pieces", "spend_idr")
    rows = [[unit["unit_name"], *(unit[name] for name in names)] for unit in taking]
    return Table(
        f"Unit kerja yang ikut pada periode ini ({len(taking)} dari {len(units)})",
        ("Unit kerja", "ASN", "Nota", "Barang", "Belanja"),
        [*rows, ["Jumlah", *(_sum(taking, name) for name in names)]],
        frozenset({4}),
    )


def places(content: Mapping[str, Any]) -> list[Table]:
    """One table per kecamatan; small counts are hidden, because few packets are few households."""
    head = ("Kelurahan", "Ditugaskan", "Sampai", "Gagal", "Kembali", "Barang sampai")
    counts = [_hidden_in(content, name) for name in ("assigned", "delivered", "failed", "returned")]
    made = []
    for part, *columns in zip(content["kecamatan"], *counts, strict=True):
        rows = _place_rows(part["rows"], columns)
        note = SMALL if any(HIDDEN in row for row in rows) else ""
        made.append(Table(f"Kecamatan {part['name']}", head, rows, note=note))
    return made


def units_within(content: Mapping[str, Any]) -> list[list[Table]]:
    """For each kecamatan the table of its units; reports of before have none."""
    known = {unit.get("unit_code"): unit for unit in content["units"]}
    return [
        _working([known[code] for code in part.get("units", ())], part["name"], _called(content))
        for part in content["kecamatan"]
    ]


def _working(units: Sequence[Mapping[str, Any]], kecamatan: str, called: str) -> list[Table]:
    head = ("Unit kerja", "ASN", "Janji", "Nota", "Belanja", f"Untuk {called}", "Unggahan")
    names = ("headcount", "pledged_idr", "purchases", "spend_idr", "donated_idr", "posts")
    rows = [[unit["unit_name"], *(unit[name] for name in names)] for unit in units]
    whole = ["Jumlah", *(_sum(units, name) for name in names)]
    title = f"Unit kerja di Kecamatan {kecamatan}"
    return [Table(title, head, [*rows, whole], frozenset({2, 4, 5}))] if units else []


def _called(content: Mapping[str, Any]) -> str:
    return str(content.get("called", FIRST_CALLED))


def _hidden_in(content: Mapping[str, Any], name: str) -> list[Shown]:
    """Counts by kecamatan. Reports of before hold every count; now what is hidden is not kept."""
    groups = [[row[name] for row in part["rows"]] for part in content["kecamatan"]]
    return [Shown(cells, sum_of(cells)) for cells in groups] if "packets" in content else hide_small_in(groups)


def _place_rows(rows: Sequence[Mapping[str, Any]], columns: Sequence[Shown]) -> list[list[Any]]:
    delivered = columns[1]
    pieces = [None if packets is None else row["pieces"] for row, packets in zip(rows, delivered.cells, strict=True)]
    words = [*(row["name"] for row in rows), "Jumlah"]
    shown = [*columns, Shown(pieces, None if delivered.total is None else _sum(rows, "pieces"))]
    return [list(row) for row in zip(words, *(map(_few, (*part.cells, part.total)) for part in shown), strict=True)]


def _few(count: int | None) -> int | str:
    return HIDDEN if count is None else count


def _kecamatan(content: Mapping[str, Any]) -> list[list[Table]]:
    """What is said of each kecamatan."""
    return [[place, *units] for place, units in zip(places(content), units_within(content), strict=True)]


def silent(content: Mapping[str, Any]) -> list[str]:
    """Units that bought nothing in the period."""
    return [unit["unit_name"] for unit in content["units"] if not unit["purchases"]]


def pictures(report: Report) -> list[dict[str, str]]:
    """Charts of the numbers in the tables, as the dashboard draws them. Reports of before have no days and no map.

    A unit has no map: its few places say more in their table.
    """
    drawn = []
    if "days" in report.content:
        spent = {date.fromisoformat(day): idr for day, idr in report.content["days"]}
        days = charts.of_days(spent, report.first, report.last)
        drawn.append(("Belanja per hari", charts.columns("Belanja per hari", "rupiah", days)))
    groups = [part["rows"] for part in report.content["kecamatan"]]
    if not report.unit and groups and "lat" in groups[0][0]:
        places = [
            charts.Place(row["name"], row["lat"], row["lon"], cell)
            for rows, shown in zip(groups, _hidden_in(report.content, "delivered"), strict=True)
            for row, cell in zip(rows, shown.cells, strict=True)
        ]
        drawn.append(("Paket sampai per kelurahan", charts.bubbles("Paket sampai", "paket", places)))
    return [{"title": title, "svg": charts.on_paper(chart)} for title, chart in drawn]


def pdf(report: Report) -> bytes:
    """The report on A4; the time in its metadata is that of its issue."""
    data = {
        "title": f"Laporan kepada Wali Kota {report.name}",
        "city": report.city,
        "unit": report.unit,
        "pictures": pictures(report),
        "number": report.name,
        "period": days(report.first, report.last),
        "called": _called(report.content),
        "basis": "; ".join(report.content["basis"]),
        "as_of": report.as_of,
        "parts": [_part(table) for table in tables(report.content)],
        "places": [[_part(table) for table in place] for place in _kecamatan(report.content)],
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
        whose = report.unit or report.city
        names = (
            ("Nomor", report.name),
            ("Laporan", whose),
            ("Periode", days(report.first, report.last)),
            ("Keadaan", report.as_of),
        )
        for place, (word, value) in enumerate(names):
            sheet.write_row(place, 0, (word, value))
        line = _fill(sheet, tables(report.content), len(names) + 1, bold, money)
        waiting = Table(
            "Unit kerja yang belum ikut pada periode ini", ("Unit kerja",), [[n] for n in silent(report.content)]
        )
        _fill(sheet, [waiting], line, bold, money)
        if report.content["kecamatan"]:
            parts = [table for place in _kecamatan(report.content) for table in place]
            _fill(book.add_worksheet("Kecamatan"), parts, 0, bold, money)
    return target.getvalue()


def _fill(sheet: Any, parts: Sequence[Table], line: int, bold: Any, money: Any) -> int:
    """Tables below each other from `line` on; returns the next free line."""
    sheet.set_column(0, 0, 44)
    sheet.set_column(1, 6, 16)
    for part in parts:
        sheet.write_string(line, 0, part.title, bold)
        sheet.write_row(line + 1, 0, part.head, bold)
        for down, row in enumerate(part.rows, start=line + 2):
            for across, cell in enumerate(row):
                is_money = across in part.money and not isinstance(cell, str)
                sheet.write(down, across, cell, money if is_money else None)
        line += len(part.rows) + 3
        if part.note:
            sheet.write_string(line - 1, 0, part.note)
            line += 1
    return line


def _part(table: Table) -> dict[str, Any]:
    widths = ["1fr", *("auto" for _ in table.head[1:])]
    return {
        "title": table.title,
        "note": table.note,
        "head": list(table.head),
        "rows": table.written(),
        "widths": widths,
    }


def _sum(rows: Sequence[Mapping[str, Any]], name: str) -> int:
    return sum(row[name] for row in rows)

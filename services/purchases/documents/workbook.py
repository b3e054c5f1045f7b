"""Sheets that we write: the template, and what was refused. A written cell is text or a number, never a formula."""

from __future__ import annotations

import csv
import io
from collections.abc import Iterable, Mapping, Sequence
from datetime import date, datetime, time
from typing import Any

import xlsxwriter

from services.purchases.documents.cells import NoValue
from services.purchases.documents.columns import COLUMNS, Column
from services.purchases.documents.faults import MAX_ROWS, Wrong
from shared.contracts.submissions import PurchaseSubmission
from shared.reference.model import Reference

XLSX = "application/vnd.openxmlformats-officedocument.spreadsheetml.sheet"
CSV = "text/csv; charset=utf-8"
SHEET = "Pembelian"
_OPTIONS = {"in_memory": True, "strings_to_formulas": False, "strings_to_urls": False, "strings_to_numbers": False}
_TEXT = ("nip", "reference", "source")  # what Excel would round, or read as a date

EXPLANATION = (
    "Satu baris menceritakan satu barang dari satu nota, satu penyumbang, atau keduanya.",
    "Baris dengan nomor nota yang sama adalah satu nota; isi yang berlaku untuk seluruh nota cukup ditulis sekali.",
    "Baris tanpa nomor nota melanjutkan nota di atasnya bila hanya berisi barang atau penyumbang.",
    "Nota yang dibayar bersama: satu baris untuk tiap NIP dengan Iurannya; sisanya dianggap dari unit kerja.",
    "Aksi koreksi membawa seluruh isi nota yang benar; aksi batal cukup Nomor Nota dan Alasan Batal.",
    "Urutan kolom bebas, kolom lain diabaikan, dan judul boleh ditulis dengan huruf besar atau kecil.",
    "Hapus baris contoh sebelum mengunggah.",
)


def examples(city: Reference) -> list[dict[str, Any]]:
    """Rows as an officer writes them: one purchase of two goods, a pooled one of two contributors, and a void."""
    unit, seller = min(city.units), min(city.sellers)
    known = sorted(city.products.values(), key=lambda product: product.sku)[:2]
    day = city.programmes[min(city.programmes)].starts_on.strftime("%d/%m/%Y")
    head = {"unit": unit, "seller": seller, "pickup": city.kelurahan[0], "date": day, "time": "10.05"}
    rows: list[dict[str, Any]] = [
        {"reference": "CONTOH-1", **head, "nip": "198001012005011001", **_bought(known[0].sku, 2, known[0].price_idr)},
        {"reference": "CONTOH-1", **_bought(known[1].sku, 1, known[1].price_idr)},
        {
            "reference": "CONTOH-2",
            **head,
            "nip": "198001012005011001",
            "contribution": 50_000,
            "product": "Paket Isoman",
            "category": "sembako",
            "shelf_life": 720,
            "contents": f"{known[0].sku}:1|{known[1].sku}:2",
            "quantity": 1,
            "price": 150_000,
        },
        {"reference": "CONTOH-2", "nip": "199008172021212003", "contribution": 100_000},
        {"action": "batal", "reference": "CONTOH-0", "reason": "salah input"},
    ]
    return rows


def _bought(sku: str, quantity: int, price: int) -> dict[str, Any]:
    return {"sku": sku, "quantity": quantity, "price": price}


def template_xlsx(city: Reference) -> bytes:
    """The template: a sheet with examples, what each column holds, and lists of what is known in the city."""
    target = io.BytesIO()
    with xlsxwriter.Workbook(target, _OPTIONS) as book:
        _purchases(book, [[row.get(column.name) for column in COLUMNS] for row in examples(city)])
        guide = book.add_worksheet("Petunjuk")
        guide.set_column(0, 2, 40)
        lines = [(line,) for line in EXPLANATION]
        _write(guide, [*lines, (), ("Kolom", "Isi", "Wajib"), *(_explained(column) for column in COLUMNS)])
        lists = book.add_worksheet("Daftar")
        lists.set_column(0, 9, 24)
        _write(lists, _lists(city))
        _offer_choices(book)
    return target.getvalue()


def template_csv(city: Reference) -> bytes:
    """The template as CSV: semicolons and a mark, as Excel in Bahasa Indonesia opens it."""
    target = io.StringIO()
    writer = csv.writer(target, delimiter=";")
    writer.writerow(column.heading for column in COLUMNS)
    writer.writerows([row.get(column.name, "") for column in COLUMNS] for row in examples(city))
    return target.getvalue().encode("utf-8-sig")


def refused_xlsx(rows: Iterable[tuple[int, Mapping[str, Any], Sequence[Wrong]]]) -> bytes:
    """Refused rows in the template's columns, so that they can be mended and sent again, and why beside each."""
    target = io.BytesIO()
    with xlsxwriter.Workbook(target, _OPTIONS) as book:
        _purchases(
            book,
            [
                [
                    *(cells.get(column.name) for column in COLUMNS),
                    number,
                    "; ".join(dict.fromkeys(one.column for one in wrong if one.column)),
                    " ".join(dict.fromkeys(f"{one.column}: {one.message}".removeprefix(": ") for one in wrong)),
                ]
                for number, cells, wrong in rows
            ],
            more=("Baris Asal", "Kolom Salah", "Alasan Ditolak"),
        )
    return target.getvalue()


def _purchases(book: xlsxwriter.Workbook, rows: Sequence[Sequence[Any]], more: Sequence[str] = ()) -> None:
    sheet = book.add_worksheet(SHEET)
    sheet.freeze_panes(1, 0)
    bold = book.add_format({"bold": True, "bg_color": "#DDEBF7", "text_wrap": True})
    as_text = book.add_format({"num_format": "@"})
    for place, heading in enumerate([column.heading for column in COLUMNS] + list(more)):
        sheet.write_string(0, place, heading, bold)
    for place, column in enumerate(COLUMNS):
        sheet.set_column(place, place, 22 if column.name == "nip" else 16, as_text if column.name in _TEXT else None)
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


def as_written(cell: Any) -> str:
    """A cell as text that can be read again."""
    if isinstance(cell, datetime):
        return cell.strftime("%d/%m/%Y %H.%M" if cell.time() != time.min else "%d/%m/%Y")
    if isinstance(cell, date):
        return cell.strftime("%d/%m/%Y")
    if isinstance(cell, time):
        return cell.strftime("%H.%M")
    return "" if isinstance(cell, NoValue) else str(cell)


def _explained(column: Column) -> tuple[str, str, str]:
    """A column's heading, what it holds, and whether the contract needs it."""
    name = column.path.partition(".")[0]
    contract = PurchaseSubmission.model_fields.get(name)
    needed = contract is not None and contract.is_required() and column.name not in ("total", "time")
    return column.heading, column.help, "ya" if needed and "product" not in column.path else ""


def _lists(city: Reference) -> list[tuple[str, ...]]:
    """What is known in the city, side by side."""
    places = [(code, city.regions[code].name) for code in city.kelurahan]
    parts: list[tuple[tuple[str, str], list[tuple[str, str]]]] = [
        (("Unit Kerja", "Nama"), [(unit.unit_code, unit.name) for unit in city.units.values()]),
        (("Penjual", "Nama"), [(seller.seller_code, seller.name) for seller in city.sellers.values()]),
        (("Kode Barang", "Nama"), [(product.sku, product.name) for product in city.products.values()]),
        (("Kelurahan", "Nama"), places),
        (("Program", "Nama"), [(programme.programme, programme.name) for programme in city.programmes.values()]),
    ]
    height = max(len(rows) for _, rows in parts)
    lines = [tuple(name for heading, _ in parts for name in heading)]
    for number in range(height):
        lines.append(tuple(cell for _, rows in parts for cell in (rows[number] if number < len(rows) else ("", ""))))
    return lines


def _offer_choices(book: xlsxwriter.Workbook) -> None:
    """Columns with few values offer them."""
    sheet = book.get_worksheet_by_name(SHEET)
    for place, column in enumerate(COLUMNS):
        if column.choices:
            words = [word for word in column.choices if "_" not in word and word not in ("donation", "asn")]
            sheet.data_validation(1, place, MAX_ROWS, place, {"validate": "list", "source": words})

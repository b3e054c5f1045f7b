"""The sheets of purchases that we write: the template with a city's examples and lists, and what was refused."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from typing import Any

from services.purchases.documents.columns import PURCHASES
from shared.contracts.submissions import PurchaseSubmission
from shared.reference.model import Reference
from shared.sheets import workbook
from shared.sheets.columns import Column
from shared.sheets.faults import Wrong
from shared.sheets.workbook import Form, Lists

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
    return workbook.template_xlsx(FORM, examples(city), _lists(city))


def template_csv(city: Reference) -> bytes:
    """The template as CSV."""
    return workbook.template_csv(FORM, examples(city))


def refused_xlsx(rows: Iterable[tuple[int, Mapping[str, Any], Sequence[Wrong]]]) -> bytes:
    """Refused rows in the template's columns, and why beside each."""
    return workbook.refused_xlsx(FORM, rows)


def _is_needed(column: Column) -> bool:
    """Whether the contract needs what the column holds."""
    name = column.path.partition(".")[0]
    contract = PurchaseSubmission.model_fields.get(name)
    is_required = contract is not None and contract.is_required() and column.name not in ("total", "time")
    return is_required and "product" not in column.path


def _lists(city: Reference) -> Lists:
    """What is known in the city."""
    return [
        (("Unit Kerja", "Nama"), [(unit.unit_code, unit.name) for unit in city.units.values()]),
        (("Penjual", "Nama"), [(seller.seller_code, seller.name) for seller in city.sellers.values()]),
        (("Kode Barang", "Nama"), [(product.sku, product.name) for product in city.products.values()]),
        (("Kelurahan", "Nama"), [(code, city.regions[code].name) for code in city.kelurahan]),
        (("Program", "Nama"), [(programme.programme, programme.name) for programme in city.programmes.values()]),
    ]


FORM = Form(
    sheet="Pembelian",
    columns=PURCHASES,
    text=frozenset({"nip", "reference", "source"}),
    needed=frozenset(column.name for column in PURCHASES.columns if _is_needed(column)),
    explanation=EXPLANATION,
)

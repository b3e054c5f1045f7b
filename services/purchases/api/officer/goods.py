"""The step of the goods: lines from the registry, new products and kits, each kept at every press."""

from __future__ import annotations

from datetime import date
from typing import Any
from urllib.parse import urlencode

from services.purchases.domain.draft import Draft, DraftLine, rupiah_of, total_of, whole_of
from shared.reference.model import Reference
from shared.reference.search import search_products
from shared.web.forms import Form

MOST_LINES = 200
MOST_PRODUCTS = 12


def written(draft: Draft, form: Form, city: Reference) -> Draft:
    """The draft with the lines as they were typed, and what the pressed button does: `tambah:SKU`, `hapus:0` …"""
    act, _, what = form["aksi"].partition(":")
    lines = [_line(form, number) for number in range(min(_count(form["baris"]), MOST_LINES))]
    if act == "hapus" and what.isdecimal() and int(what) < len(lines):
        del lines[int(what)]
    if len(lines) < MOST_LINES:
        if act == "tambah" and what in city.products:
            product = city.products[what]
            lines.append(DraftLine(sku=what, quantity="1", price=str(product.price_idr)))
        if act in ("baru", "paket"):
            lines.append(DraftLine(name=form["cari"], quantity="1", is_kit=act == "paket"))
    return draft.model_copy(update={"lines": tuple(lines)})


def place_after(form: Form, draft: Draft) -> str:
    """Where to look after a press: at what was found, or at the line that was added."""
    act = form["aksi"].partition(":")[0]
    if act in ("tambah", "baru", "paket") and draft.lines:
        return f"#barang-{len(draft.lines) - 1}"
    if act == "hapus":
        return "#daftar"
    return f"?{urlencode({'cari': form['cari']})}"


def context(draft: Draft, city: Reference, query: str, day: date) -> dict[str, Any]:
    """What the step shows: products that fit the words, and the lines with their names and sums."""
    found = search_products(query, city, day=day) if query else []
    return {
        "query": query,
        "products": found[:MOST_PRODUCTS],
        "count": len(found),
        "categories": [(code, code.replace("_", " ").capitalize()) for code in _categories(city)],
        "lines": [
            {
                "line": line,
                "name": city.products[line.sku].name if line.sku in city.products else line.name,
                "is_known": line.sku in city.products,
                "sum": total_of(Draft(lines=(line,))),
            }
            for line in draft.lines
        ],
    }


def understood(draft: Draft, raw: dict[str, Any], city: Reference) -> list[dict[str, Any]]:
    """The lines as they will be told: a person sees what was made of what she typed."""
    shown = []
    for line, told in zip(draft.lines, raw["lines"], strict=True):
        contents = told.get("product", {}).get("contents", [])
        names = [city.products[item["sku"]].name if item["sku"] else "tidak dikenal" for item in contents]
        shown.append(
            {
                "name": city.products[line.sku].name if line.sku in city.products else line.name,
                "quantity": whole_of(line.quantity),
                "price": rupiah_of(line.price),
                "sum": total_of(Draft(lines=(line,))),
                "contents": [f"{item['quantity']} × {name}" for item, name in zip(contents, names, strict=True)],
            }
        )
    return shown


def _categories(city: Reference) -> list[str]:
    return sorted({product.category for product in city.products.values()})


def _line(form: Form, number: int) -> DraftLine:
    return DraftLine(
        sku=form[f"sku-{number}"],
        quantity=form[f"banyak-{number}"],
        price=form[f"harga-{number}"],
        expires_on=form[f"sampai-{number}"],
        name=form[f"nama-{number}"],
        category=form[f"kategori-{number}"],
        shelf_life_days=form[f"simpan-{number}"],
        contents=form[f"isi-{number}"],
        is_kit=form[f"kit-{number}"] == "ya",
    )


def _count(text: str) -> int:
    return int(text) if text.isdecimal() and len(text) < 6 else 0

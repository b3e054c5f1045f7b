"""Finding a seller, a product or a unit by a few words, as people type them."""

from __future__ import annotations

import re
from collections.abc import Callable, Iterable, Mapping
from datetime import date
from typing import TypeVar

from shared.reference.folding import fold
from shared.reference.model import Dated, Product, Reference, Seller, Unit

T = TypeVar("T")
_WORD = re.compile(r"[^\W_]+")
NOTHING_SOLD: Mapping[str, int] = {}
_IGNORED = {"kel", "kelurahan"}  # formats.md §5: written or not


def search(query: str, items: Iterable[T], text_of: Callable[[T], str]) -> list[T]:
    """The items whose text holds every word of the query, in their order; blanks in the text do not matter.

    `pondokcina`, `pondok cina` and `Kel. Pondok Cina` find the same. A query without a word finds everything.
    """
    words = [word for word in _WORD.findall(fold(query)) if word not in _IGNORED]
    return [item for item in items if _holds("".join(_WORD.findall(fold(text_of(item)))), words)]


def search_sellers(
    query: str,
    city: Reference,
    channel: str = "",
    *,
    day: date | None = None,
    sold: Mapping[str, int] = NOTHING_SOLD,
) -> list[Seller]:
    """Sellers by name, code, kelurahan, or the unit that fosters them; of one channel, or of all.

    Those first who `sold` least (whole rupiah), then by name. With `day` only those that are active then.
    """

    def text_of(seller: Seller) -> str:
        unit = city.units.get(seller.fostering_unit_code)
        return (
            f"{seller.name} {seller.seller_code} {city.regions[seller.kelurahan_code].name} {unit.name if unit else ''}"
        )

    sellers = (
        seller for seller in city.sellers.values() if channel in ("", seller.channel) and _is_active(seller, day)
    )
    found = search(query, sellers, text_of)
    return sorted(found, key=lambda seller: (sold.get(seller.seller_code, 0), seller.name, seller.seller_code))


def search_products(query: str, city: Reference, *, day: date | None = None) -> list[Product]:
    """Products and kits by name, code or category, by name; with `day` only those that are active then.

    Another name of a product is not found, nor what was refused in review.
    """
    known = (
        product
        for product in city.products.values()
        if product.need_groups and not product.merged_into and _is_active(product, day)
    )
    found = search(query, known, lambda product: f"{product.name} {product.sku} {product.category}")
    return sorted(found, key=lambda product: (product.name, product.sku))


def search_units(query: str, city: Reference, *, day: date | None = None) -> list[Unit]:
    """Units by name or code, by name; with `day` only those that are active then."""
    known = (unit for unit in city.units.values() if _is_active(unit, day))
    found = search(query, known, lambda unit: f"{unit.name} {unit.short_name} {unit.unit_code}")
    return sorted(found, key=lambda unit: (unit.name, unit.unit_code))


def _is_active(item: Dated, day: date | None) -> bool:
    return day is None or item.is_active_on(day)


def _holds(text: str, words: Iterable[str]) -> bool:
    return all(word in text for word in words)

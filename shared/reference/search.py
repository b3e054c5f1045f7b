"""Finding a seller or a product by a few words, as people type them."""

from __future__ import annotations

import re
from collections.abc import Callable, Iterable
from typing import TypeVar

from shared.reference.folding import fold
from shared.reference.model import Product, Reference, Seller

T = TypeVar("T")
_WORD = re.compile(r"[^\W_]+")
_IGNORED = {"kel", "kelurahan"}  # formats.md §5: written or not


def search(query: str, items: Iterable[T], text_of: Callable[[T], str]) -> list[T]:
    """The items whose text holds every word of the query, in their order; blanks in the text do not matter.

    `pondokcina`, `pondok cina` and `Kel. Pondok Cina` find the same. A query without a word finds everything.
    """
    words = [word for word in _WORD.findall(fold(query)) if word not in _IGNORED]
    return [item for item in items if _holds("".join(_WORD.findall(fold(text_of(item)))), words)]


def search_sellers(query: str, city: Reference, channel: str = "") -> list[Seller]:
    """Sellers by name, code, kelurahan, or the unit that fosters them, by name; of one channel, or of all."""

    def text_of(seller: Seller) -> str:
        unit = city.units.get(seller.fostering_unit_code)
        return (
            f"{seller.name} {seller.seller_code} {city.regions[seller.kelurahan_code].name} {unit.name if unit else ''}"
        )

    sellers = (seller for seller in city.sellers.values() if channel in ("", seller.channel))
    return sorted(search(query, sellers, text_of), key=lambda seller: (seller.name, seller.seller_code))


def search_products(query: str, city: Reference) -> list[Product]:
    """Products by name, code or category, by name."""
    found = search(query, city.products.values(), lambda product: f"{product.name} {product.sku} {product.category}")
    return sorted(found, key=lambda product: (product.name, product.sku))


def _holds(text: str, words: Iterable[str]) -> bool:
    return all(word in text for word in words)

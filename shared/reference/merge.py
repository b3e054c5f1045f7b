"""What a loaded item does not say stays: when it is retired, and the headcounts from other days."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import replace

from shared.reference.model import Headcount, Item, Product, Reference, Seller, Unit


def items_of(city: Reference) -> list[Item]:
    """All items of a city's registry."""
    return [*city.units.values(), *city.sellers.values(), *city.products.values()]


def known_in(city: Reference, item: Item) -> Item | None:
    """The item of the same kind and code as `city` has it."""
    match item:
        case Unit():
            return city.units.get(item.unit_code)
        case Seller():
            return city.sellers.get(item.seller_code)
        case Product():
            return city.products.get(item.sku)


def kept(items: Iterable[Item], before: Reference | None) -> list[Item]:
    """Items as loaded, with what a load does not say as it was `before`."""
    return list(items) if before is None else [_kept(item, known_in(before, item)) for item in items]


def _kept(item: Item, known: Item | None) -> Item:
    if known is None:
        return item
    if isinstance(item, Unit) and isinstance(known, Unit):
        counts = {**dict(known.headcounts), **dict(item.headcounts)}
        item = replace(item, headcounts=tuple(Headcount(day, count) for day, count in sorted(counts.items())))
    return replace(item, retired_from=known.retired_from)

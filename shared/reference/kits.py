"""Products that follow from others: a kit, handed over whole, from what is in it; a merged sku from its other name."""

from __future__ import annotations

from collections import Counter
from collections.abc import Mapping, Sequence
from dataclasses import replace

from shared.reference.model import Product

UNWEIGHED_G = 1000  # of a content that nobody weighed yet
PIECES_LAST = 10  # one-person servings of a content without portions: a bar of soap lasts ten person-days


def kit(
    sku: str,
    name: str,
    category: str,
    shelf_life_hours: int,
    contents: Sequence[tuple[str, int]],
    products: Mapping[str, Product],
    price_idr: int | None = None,
) -> Product:
    """The kit `sku` of (sku, pieces) `contents`; KeyError for a content that is not in `products`.

    Without `price_idr` (whole rupiah) it costs what is in it.

    It weighs all of it, needs the strictest storage, carries every allergen, suits only whom each content suits, and
    counts for a need group no more than the group that it serves least.
    """
    parts = [(products[content], pieces) for content, pieces in contents]
    servings: Counter[str] = Counter()
    for product, pieces in parts:
        for group in product.need_groups:
            servings[group] += pieces * (product.portions or PIECES_LAST)
    storages = {product.storage for product, _ in parts}
    return Product(
        sku=sku,
        name=name,
        category=category,
        price_idr=sum(product.price_idr * pieces for product, pieces in parts) if price_idr is None else price_idr,
        shelf_life_hours=shelf_life_hours,
        storage="chill" if "chill" in storages else "frozen" if "frozen" in storages else "ambient",
        weight_g=sum((product.weight_g or UNWEIGHED_G) * pieces for product, pieces in parts),
        portions=min(servings.values(), default=0),
        need_groups=frozenset(servings),
        halal=all(product.halal for product, _ in parts),
        infant=any(product.infant for product, _ in parts),
        soft=all(product.soft for product, _ in parts),
        diabetic_friendly=all(product.diabetic_friendly for product, _ in parts),
        allergens=frozenset(allergen for product, _ in parts for allergen in product.allergens),
        contents=frozenset(f"{content}:{pieces}" for content, pieces in contents),
    )


def is_ordinary(product: Product | None) -> bool:
    """A known product that can be in a kit: no kit itself, and no other name of one."""
    return product is not None and not product.contents and not product.merged_into


def contents_of(product: Product) -> list[tuple[str, int]]:
    """(sku, pieces) of what is in a kit, by sku; empty for anything else."""
    return sorted((sku, int(pieces)) for sku, _, pieces in (content.partition(":") for content in product.contents))


def resolved(products: Mapping[str, Product]) -> dict[str, Product]:
    """The same products, with kits and merged skus as the others make them now; one that leads nowhere is left out,
    because what it needs may be told a moment later.
    """
    plain = {sku: product for sku, product in products.items() if is_ordinary(product)}
    found = dict(plain)
    for sku, told in products.items():
        contents = contents_of(told)
        if contents and all(content in plain for content, _ in contents):
            hours = told.shelf_life_hours
            made = kit(sku, told.name, told.category, hours, contents, plain, told.price_idr)
            found[sku] = replace(made, retired_from=told.retired_from)
    for sku, told in products.items():
        if told.merged_into in found:
            other = found[told.merged_into]
            found[sku] = replace(
                other, sku=sku, contents=frozenset(), merged_into=other.sku, retired_from=told.retired_from
            )
    return {sku: found[sku] for sku in products if sku in found}

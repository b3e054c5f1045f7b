"""A kit is a product made of products, handed over whole: what it is follows from what is in it."""

from __future__ import annotations

from collections import Counter
from collections.abc import Mapping, Sequence

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
) -> Product:
    """The kit `sku` of (sku, pieces) `contents`; KeyError for a content that is not in `products`.

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
        price_idr=sum(product.price_idr * pieces for product, pieces in parts),
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
    )

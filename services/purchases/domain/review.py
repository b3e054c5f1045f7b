"""A product that a purchase told and the registry does not know: it waits for a person, the purchase does not."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, replace
from datetime import date
from typing import get_args
from uuid import UUID

from shared.contracts.submissions import NewProduct, PurchaseSubmission
from shared.errors import PeduliError
from shared.ids import derived_id
from shared.reference.kits import is_ordinary, kit
from shared.reference.model import Product, Reference, Storage
from shared.reference.rules import faults

UNWEIGHED_G = 1000  # until somebody weighs it


class ReviewError(PeduliError):
    """This cannot be decided so."""


@dataclass(frozen=True)
class Telling:
    """What a purchase said of a product under a new sku; equal words are one telling."""

    tenant: str
    sku: str
    product: NewProduct
    unit_price_idr: int

    @property
    def telling_id(self) -> UUID:
        """The same for the same words."""
        return derived_id("telling", self.tenant, self.sku, self.product.model_dump_json())


@dataclass(frozen=True)
class Answer:
    """What a person says of a new product; None: as it was told."""

    need_groups: frozenset[str]
    portions: int
    name: str | None = None
    weight_g: int | None = None
    price_idr: int | None = None
    storage: Storage = "ambient"
    halal: bool = True
    infant: bool = False
    soft: bool = False
    diabetic_friendly: bool = False
    allergens: frozenset[str] = frozenset()


def tellings_of(submission: PurchaseSubmission, city: Reference) -> list[Telling]:
    """The products that a purchase tells and `city` does not know; empty for nearly every purchase."""
    return [
        Telling(city.tenant, line.sku, line.product, line.unit_price_idr)
        for line in submission.lines
        if line.product is not None and line.sku not in city.products
    ]


def accepted(tellings: Sequence[Telling], answer: Answer, city: Reference) -> Product:
    """The product that a person accepts; a kit is what is in it. Raises `ReviewError` with what is missing."""
    told = chosen(tellings, answer.name)
    said, price = told.product, told.unit_price_idr if answer.price_idr is None else answer.price_idr
    contents = [(content.sku, content.quantity) for content in said.contents]
    name = answer.name or said.name
    if odd := [sku for sku, _ in contents if not is_ordinary(city.products.get(sku))]:
        raise ReviewError("a kit is made of ordinary products", hint=", ".join(odd))
    if contents:
        made = kit(told.sku, name, said.category, said.shelf_life_hours, contents, city.products, price)
    else:
        made = Product(
            sku=told.sku,
            name=name,
            category=said.category,
            price_idr=price,
            shelf_life_hours=said.shelf_life_hours,
            storage=answer.storage,
            weight_g=UNWEIGHED_G if answer.weight_g is None else answer.weight_g,
            portions=answer.portions,
            need_groups=answer.need_groups,
            halal=answer.halal,
            infant=answer.infant,
            soft=answer.soft,
            diabetic_friendly=answer.diabetic_friendly,
            allergens=answer.allergens,
        )
    if made.storage not in get_args(Storage):
        raise ReviewError(f"storage is one of {', '.join(get_args(Storage))}")
    wrong = [f"{column}: {reason}" for column, reason in faults(made, city)]
    if wrong:
        raise ReviewError(hint="; ".join(wrong))
    return made


def chosen(tellings: Sequence[Telling], name: str | None) -> Telling:
    """The telling that counts: of that name, else the first (told most often). Raises `ReviewError` in a conflict."""
    names = {telling.product.name for telling in tellings}
    if len(names) > 1 and name is None:
        raise ReviewError(
            "it was told by several names", hint=f"say which is right with --name: {'; '.join(sorted(names))}"
        )
    return next((telling for telling in tellings if telling.product.name == name), tellings[0])


def merged(sku: str, into: str, city: Reference) -> Product:
    """`sku` as another name of the known product `into`; raises `ReviewError`."""
    other = city.products.get(into)
    if other is None or other.merged_into or into == sku:
        raise ReviewError(f"{into} is no other product of the registry", hint="see `peduli registry list products`")
    return replace(other, sku=sku, contents=frozenset(), merged_into=into, retired_from=None)


def rejected(told: Telling, today: date) -> Product:
    """`sku` as a product that cannot be bought any more, and is given to nobody."""
    return Product(
        sku=told.sku,
        name=told.product.name,
        category=told.product.category,
        price_idr=told.unit_price_idr,
        shelf_life_hours=told.product.shelf_life_hours,
        storage="ambient",
        weight_g=UNWEIGHED_G,
        portions=0,
        need_groups=frozenset(),
        halal=False,
        infant=False,
        soft=False,
        diabetic_friendly=False,
        allergens=frozenset(),
        retired_from=today,
    )

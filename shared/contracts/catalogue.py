"""What the registry tells: a seller, a product or a unit in its whole new state, so that each service knows it."""

from __future__ import annotations

from datetime import date
from typing import ClassVar, Literal

from pydantic import Field

from shared.contracts.event import Event, Value
from shared.contracts.submissions import Channel


class Registered(Event):
    """A new state that holds from the day `effective_from` (in the city's zone).

    Not `is_active`: from that day on nothing can be bought with it; what was bought before stays as it is.
    """

    is_active: bool
    effective_from: date


class SellerChanged(Registered):
    """A UMKM or koperasi is new, changed, retired or back."""

    TYPE: ClassVar[str] = "seller.changed.v1"

    seller_code: str
    seller_name: str
    channel: Channel
    kecamatan_code: str
    kelurahan_code: str
    fostering_unit_code: str


class Content(Value):
    """`quantity` pieces of a product in one kit."""

    sku: str
    quantity: int


class ProductChanged(Registered):
    """A product is new, changed, retired or back; with `contents` it is a kit, handed over whole.

    `weight_g` grams, `shelf_life_hours` from purchase, `portions` one-person servings a piece (0: makes no sense).
    With `merged_into` the sku is another name of that one. Without `need_groups` it is given to nobody.
    """

    TYPE: ClassVar[str] = "product.changed.v1"

    sku: str
    product_name: str
    category: str
    price_idr: int
    shelf_life_hours: int
    storage: Literal["ambient", "chill", "frozen"]
    weight_g: int
    portions: int
    need_groups: tuple[str, ...]
    halal: bool
    infant: bool
    soft: bool
    diabetic_friendly: bool
    allergens: tuple[str, ...]
    contents: tuple[Content, ...]
    merged_into: str


class DatedHeadcount(Value):
    """Civil servants of a unit from a day on, until the next."""

    valid_from: date
    asn_count: int


class UnitChanged(Registered):
    """A unit kerja is new, changed, retired or back; `headcounts` are all that are known, the oldest first."""

    TYPE: ClassVar[str] = "unit.changed.v1"

    unit_code: str
    kind: Literal["opd", "kecamatan", "kelurahan"]
    unit_name: str
    short_name: str
    parent_code: str
    region_code: str
    headcounts: tuple[DatedHeadcount, ...] = Field(min_length=1)

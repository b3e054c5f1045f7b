"""The reference data of one city as one immutable value: regions, units, sellers, products."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Literal


@dataclass(frozen=True)
class Region:
    """The city, a kecamatan or a kelurahan, by its dotted code of Kemendagri. `lat`, `lon`: WGS 84 degrees."""

    code: str
    level: Literal["kota", "kecamatan", "kelurahan"]
    name: str
    parent_code: str
    kecamatan_code: str
    lat: float
    lon: float
    population: int | None


@dataclass(frozen=True)
class Unit:
    """A unit kerja. `asn_count` civil servants (an estimate for Depok)."""

    unit_code: str
    kind: Literal["opd", "kecamatan", "kelurahan"]
    name: str
    short_name: str
    parent_code: str
    region_code: str
    asn_count: int


@dataclass(frozen=True)
class Seller:
    """A UMKM or koperasi with its channel and its place."""

    seller_code: str
    name: str
    channel: str
    kecamatan_code: str
    kelurahan_code: str
    fostering_unit_code: str


@dataclass(frozen=True)
class Product:
    """An item: `weight_g` grams, `shelf_life_hours` from purchase, `portions` one-person servings a piece gives."""

    sku: str
    name: str
    category: str
    price_idr: int
    shelf_life_hours: int
    storage: Literal["ambient", "chill", "frozen"]
    weight_g: int
    portions: int
    need_groups: frozenset[str]
    halal: bool
    infant: bool
    soft: bool
    diabetic_friendly: bool
    allergens: frozenset[str]


@dataclass(frozen=True)
class Reference:
    """Everything known about one city; each mapping is keyed by the code of its rows."""

    tenant: str
    regions: Mapping[str, Region]
    units: Mapping[str, Unit]
    sellers: Mapping[str, Seller]
    products: Mapping[str, Product]

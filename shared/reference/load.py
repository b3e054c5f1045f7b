"""Reads the reference data of a city from its folder of CSV files."""

from __future__ import annotations

import csv
from collections.abc import Iterator
from pathlib import Path
from types import MappingProxyType
from typing import cast

from shared.errors import PeduliError
from shared.reference.model import Product, Reference, Region, Seller, Unit

CITIES = Path(__file__).parent / "cities"


class CityError(PeduliError):
    """This city has no reference data."""


def load(tenant: str, cities: Path = CITIES) -> Reference:
    """The reference data of `tenant` (`3276`); raises `CityError` when its folder is missing."""
    folder = cities / tenant
    if not folder.is_dir():
        known = ", ".join(sorted(path.name for path in cities.iterdir() if path.is_dir()))
        raise CityError(f"no reference data for the city {tenant}", hint=f"known cities: {known}")
    return Reference(
        tenant=tenant,
        regions=MappingProxyType({row["code"]: _region(row) for row in _rows(folder / "regions.csv")}),
        units=MappingProxyType({row["unit_code"]: _unit(row) for row in _rows(folder / "units.csv")}),
        sellers=MappingProxyType({row["seller_code"]: _seller(row) for row in _rows(folder / "sellers.csv")}),
        products=MappingProxyType({row["sku"]: _product(row) for row in _rows(folder / "products.csv")}),
    )


def _rows(path: Path) -> Iterator[dict[str, str]]:
    with path.open(encoding="utf-8", newline="") as file:
        yield from csv.DictReader(file)


def _region(row: dict[str, str]) -> Region:
    return Region(
        code=row["code"],
        level=cast("object", row["level"]),  # type: ignore[arg-type]
        name=row["name"],
        parent_code=row["parent_code"],
        kecamatan_code=row["kecamatan_code"],
        lat=float(row["lat"]),
        lon=float(row["lon"]),
        population=int(row["population"]) if row["population"] else None,
    )


def _unit(row: dict[str, str]) -> Unit:
    return Unit(
        unit_code=row["unit_code"],
        kind=cast("object", row["kind"]),  # type: ignore[arg-type]
        name=row["name"],
        short_name=row["short_name"],
        parent_code=row["parent_code"],
        region_code=row["region_code"],
        asn_count=int(row["asn_count"]),
    )


def _seller(row: dict[str, str]) -> Seller:
    return Seller(**{name: row[name] for name in Seller.__dataclass_fields__})


def _product(row: dict[str, str]) -> Product:
    return Product(
        sku=row["sku"],
        name=row["name"],
        category=row["category"],
        price_idr=int(row["price_idr"]),
        shelf_life_hours=int(row["shelf_life_hours"]),
        storage=cast("object", row["storage"]),  # type: ignore[arg-type]
        weight_g=int(row["weight_g"]),
        portions=int(float(row["portions"])) if row["portions"] else 0,
        need_groups=_set(row["need_groups"]),
        halal=row["halal"] == "true",
        infant=row["infant"] == "true",
        soft=row["soft"] == "true",
        diabetic_friendly=row["diabetic_friendly"] == "true",
        allergens=_set(row["allergens"]),
    )


def _set(cell: str) -> frozenset[str]:
    return frozenset(cell.split("|")) if cell else frozenset()

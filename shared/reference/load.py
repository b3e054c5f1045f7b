"""Reads the reference data of a city from its folder: city.toml and four CSV files."""

from __future__ import annotations

import csv
import tomllib
from collections.abc import Iterable, Iterator
from pathlib import Path
from types import MappingProxyType
from typing import Any, cast
from zoneinfo import ZoneInfo

from shared.errors import PeduliError
from shared.reference.model import Product, Programme, Reference, Region, Seller, Unit

CITIES = Path(__file__).parent / "cities"


class CityError(PeduliError):
    """The reference data of this city cannot be used."""


def shipped() -> list[str]:
    """The codes of the cities whose data comes with the code."""
    return sorted(path.name for path in CITIES.iterdir() if path.is_dir())


def load(tenant: str, folder: Path | None = None) -> Reference:
    """The reference data of `tenant` (`3276`), from `folder` or from what is shipped.

    Raises `CityError` when the folder is missing, or is of another city, or its files contradict each other.
    """
    folder = folder or CITIES / tenant
    if not (folder / "city.toml").is_file():
        raise CityError(f"no city.toml in {folder}", hint=f"cities that come with the code: {', '.join(shipped())}")
    city = tomllib.loads((folder / "city.toml").read_text(encoding="utf-8"))
    if city["code"] != tenant:
        raise CityError(f"{folder} is of the city {city['code']}, not {tenant}")
    programmes = [_programme(code, told) for code, told in city["programmes"].items()]
    reference = Reference(
        tenant=tenant,
        name=city["name"],
        zone=ZoneInfo(city["time_zone"]),
        language=city["language"],
        programmes=MappingProxyType({programme.programme: programme for programme in programmes}),
        regions=MappingProxyType({row["code"]: _region(row) for row in _rows(folder / "regions.csv")}),
        units=MappingProxyType({row["unit_code"]: _unit(row) for row in _rows(folder / "units.csv")}),
        sellers=MappingProxyType({row["seller_code"]: _seller(row) for row in _rows(folder / "sellers.csv")}),
        products=MappingProxyType({row["sku"]: _product(row) for row in _rows(folder / "products.csv")}),
    )
    wrong = list(_contradictions(reference))
    if wrong:
        raise CityError(f"the files of {tenant} contradict each other", hint="; ".join(wrong[:10]))
    return reference


def _contradictions(city: Reference) -> Iterator[str]:
    """Codes that another city could own too, and codes that lead nowhere."""
    prefix = f"{city.tenant[:2]}.{city.tenant[2:]}"
    for code in (*city.regions, *city.units):
        if code != prefix and not code.startswith(f"{prefix}."):
            yield f"{code} does not begin with {prefix}"
    yield from _lost("region of a unit", (unit.region_code for unit in city.units.values()), city.regions)
    sellers = city.sellers.values()
    yield from _lost("kelurahan of a seller", (seller.kelurahan_code for seller in sellers), city.regions)
    yield from _lost("unit that fosters a seller", (seller.fostering_unit_code for seller in sellers), city.units)
    channels = frozenset[str]().union(*(programme.channels for programme in city.programmes.values()))
    yield from _lost("channel of a seller", (seller.channel for seller in sellers), channels)


def _lost(what: str, codes: Iterable[str], known: Iterable[str]) -> Iterator[str]:
    for code in sorted(set(codes) - set(known)):
        yield f"{what} is not known: {code}"


def _rows(path: Path) -> Iterator[dict[str, str]]:
    with path.open(encoding="utf-8", newline="") as file:
        yield from csv.DictReader(file)


def _programme(code: str, told: dict[str, Any]) -> Programme:
    return Programme(
        programme=code,
        name=told["name"],
        basis=told["basis"],
        hashtags=frozenset(tag.lstrip("#") for tag in told["hashtags"]),
        channels=frozenset(told["channels"]),
        starts_on=told["starts_on"],
        ends_on=told.get("ends_on"),
        earliest_purchase_on=told["earliest_purchase_on"],
    )


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

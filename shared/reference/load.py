"""Reads the reference data of a city from its folder: city.toml and its CSV files."""

from __future__ import annotations

import tomllib
from collections.abc import Iterable, Iterator
from dataclasses import replace
from functools import cache
from pathlib import Path
from types import MappingProxyType
from typing import Any, cast, get_args
from zoneinfo import ZoneInfo

from shared.contracts.field import Group
from shared.errors import PeduliError
from shared.reference.model import (
    ANY_RECIPIENT,
    Item,
    PpkmPeriod,
    Product,
    Programme,
    Reference,
    Region,
    Seller,
    SellerOrder,
    Unit,
)
from shared.reference.rows import Kind, Wrong, read_csv, read_sheet

CITIES = Path(__file__).parent / "cities"
MOST_TOLD = 10  # contradictions in one error
LONGEST_RULE = 300  # letters: it stands at each door of a small phone
MOST_TEAMS = 20  # at a lumbung at once: more are a crowd
RECIPIENTS = frozenset({"isolation", "groups", "places", "until"})
FILES: tuple[Kind, ...] = ("units", "sellers", "products", "kits")  # sellers name units, kits name products


class CityError(PeduliError):
    """The reference data of this city cannot be used."""


def shipped() -> list[str]:
    """The codes of the cities whose data comes with the code."""
    return sorted(path.name for path in CITIES.iterdir() if path.is_dir())


def load(tenant: str, folder: Path | None = None) -> Reference:
    """The reference data of `tenant` (`3276`), from `folder` or from what is shipped; `kits.csv` may be missing.

    What is shipped is read once a process. Raises `CityError` when the folder is missing, or is of another city, or
    its files contradict each other.
    """
    return _read(tenant, folder) if folder else _shipped(tenant)


@cache
def _shipped(tenant: str) -> Reference:
    return _read(tenant, CITIES / tenant)


def _read(tenant: str, folder: Path) -> Reference:
    if not (folder / "city.toml").is_file():
        raise CityError(f"no city.toml in {folder}", hint=f"cities that come with the code: {', '.join(shipped())}")
    told = tomllib.loads((folder / "city.toml").read_text(encoding="utf-8"))
    if told["code"] != tenant:
        raise CityError(f"{folder} is of the city {told['code']}, not {tenant}")
    city = _frame(tenant, told, folder)
    prefix = f"{tenant[:2]}.{tenant[2:]}"
    foreign = [code for code in city.regions if code != prefix and not code.startswith(f"{prefix}.")]
    wrong = [f"regions.csv: {code} does not begin with {prefix}" for code in foreign]
    wrong += [fault for programme in city.programmes.values() for fault in _nobody(programme, city)]
    for kind in FILES:
        if kind == "kits" and not (folder / "kits.csv").is_file():
            continue
        sheet = read_sheet(kind, _rows(folder / f"{kind}.csv"), city)
        city = _with(city, sheet.items.values())
        wrong += [_told(f"{kind}.csv", fault) for fault in sheet.wrong]
    if wrong:
        raise CityError(f"the files of {tenant} contradict each other", hint="; ".join(wrong[:MOST_TOLD]))
    return city


def _with(city: Reference, items: Iterable[Item]) -> Reference:
    """The city with items added."""
    units, sellers, products = dict(city.units), dict(city.sellers), dict(city.products)
    for item in items:
        match item:
            case Unit():
                units[item.unit_code] = item
            case Seller():
                sellers[item.seller_code] = item
            case Product():
                products[item.sku] = item
    return replace(
        city,
        units=MappingProxyType(units),
        sellers=MappingProxyType(sellers),
        products=MappingProxyType(products),
    )


def _frame(tenant: str, told: dict[str, Any], folder: Path) -> Reference:
    """The city with its programmes and regions, and nothing in its registry yet."""
    order = told.get("seller_order", "name")
    if order not in get_args(SellerOrder):
        raise CityError(f"city.toml: seller_order is one of {', '.join(get_args(SellerOrder))}, not {order}")
    teams_per_slot = told.get("teams_per_slot", Reference.teams_per_slot)
    if teams_per_slot not in range(1, MOST_TEAMS + 1):
        raise CityError(f"city.toml: teams_per_slot is from 1 to {MOST_TEAMS}, not {teams_per_slot}")
    programmes = [_programme(code, words) for code, words in told["programmes"].items()]
    regions = {row["code"]: _region(row) for row in _rows(folder / "regions.csv")}
    chairs = set(told.get("chairs_in", ()))
    if unknown := sorted(chairs - regions.keys()):
        raise CityError(f"city.toml: chairs_in names no region of the city: {', '.join(unknown)}")
    return Reference(
        tenant=tenant,
        name=told["name"],
        zone=ZoneInfo(told["time_zone"]),
        language=told["language"],
        programmes=MappingProxyType({programme.programme: programme for programme in programmes}),
        regions=MappingProxyType({code: _with_chairs(region, chairs) for code, region in regions.items()}),
        units={},
        sellers={},
        products={},
        seller_order=order,
        teams_per_slot=teams_per_slot,
        ppkm_periods=MappingProxyType(
            {code: _ppkm(code, words) for code, words in told.get("ppkm_periods", {}).items()}
        ),
    )


def _with_chairs(region: Region, chairs: set[str]) -> Region:
    """A region with its word on chairs: places are named by themselves, by their kecamatan, or by the city."""
    city = ".".join(region.code.split(".")[:2])
    named = not chairs.isdisjoint((region.code, region.kecamatan_code, city))
    return replace(region, by_chair=region.is_kelurahan and named)


def _told(file: str, fault: Wrong) -> str:
    return f"{file} baris {fault.row}, {fault.column}: {fault.reason}"


def _rows(path: Path) -> list[dict[str, str]]:
    return read_csv(path.read_text(encoding="utf-8"))


def _programme(code: str, told: dict[str, Any]) -> Programme:
    who = told.get("recipients", {})
    if unknown := sorted(set(who) - RECIPIENTS):
        raise CityError(f"city.toml: recipients of {code} have no {unknown[0]}", hint=", ".join(sorted(RECIPIENTS)))
    return Programme(
        programme=code,
        name=told["name"],
        basis=told["basis"],
        hashtags=frozenset(tag.lstrip("#") for tag in told["hashtags"]),
        channels=frozenset(told["channels"]),
        starts_on=told["starts_on"],
        ends_on=told.get("ends_on"),
        earliest_purchase_on=told["earliest_purchase_on"],
        has_isolation=who.get("isolation", True),
        groups=frozenset(who.get("groups", ())),
        places=frozenset(who.get("places", ())),
        helps_until=who.get("until"),
        called=told.get("called", ANY_RECIPIENT),
    )


def _ppkm(code: str, told: dict[str, Any]) -> PpkmPeriod:
    text = " ".join(told["text"].split())
    if not 0 < len(text) <= LONGEST_RULE:
        raise CityError(f"city.toml: the text of ppkm_periods.{code} has 1 to {LONGEST_RULE} letters")
    if told["until"] < told["from"]:
        raise CityError(f"city.toml: ppkm_periods.{code} ends before it begins")
    days = {"starts_on": told["from"], "ends_on": told["until"]}
    stays = told.get("stays_in_city", False)
    return PpkmPeriod(code, told.get("version", 1), told["name"], **days, text=text, stays_in_city=stays)


def _nobody(programme: Programme, city: Reference) -> Iterator[str]:
    """What keeps a programme from whom it means: a mistyped rule would refuse every household, and nobody would see."""
    of = f"city.toml: recipients of {programme.programme}"
    for group in sorted(programme.groups - set(get_args(Group))):
        yield f"{of}: no group {group}"
    for place in sorted(programme.places):
        if not city.kelurahan_of(place):
            yield f"{of}: no kecamatan or kelurahan {place}"
    if programme.helps_until is not None and programme.helps_until < programme.starts_on:
        yield f"{of}: the help ends before the programme starts"


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

"""Reference data in a service's own schema (`ref_*`), and the cities that a running service knows."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterable, Sequence
from dataclasses import asdict, fields
from types import MappingProxyType
from typing import TYPE_CHECKING, TypeVar
from zoneinfo import ZoneInfo

import orjson

from shared.contracts.envelope import Envelope
from shared.database.pool import Row, Transaction
from shared.database.queries import load_queries
from shared.errors import PeduliError
from shared.reference.model import Product, Programme, Reference, Region, Seller, Unit

if TYPE_CHECKING:
    from _typeshed import DataclassInstance

queries = load_queries(__file__)
T = TypeVar("T", bound="DataclassInstance")


class UnknownCityError(PeduliError):
    """This city is not served here."""


class Cities:
    """The cities of a service, by tenant. Looking one up costs nothing; `refresh` brings what was loaded meanwhile."""

    def __init__(self, cities: Iterable[Reference] = ()) -> None:
        self._cities = {city.tenant: city for city in cities}
        self._versions: dict[str, int] = {}

    def __getitem__(self, tenant: str) -> Reference:
        """The city; raises `UnknownCityError`."""
        try:
            return self._cities[tenant]
        except KeyError:
            raise UnknownCityError(hint="`peduli city list` shows the cities that are loaded") from None

    def get(self, tenant: str) -> Reference | None:
        """The city, or None when it is not known (yet)."""
        return self._cities.get(tenant)

    def all(self) -> list[Reference]:
        """Every city that is known now."""
        return list(self._cities.values())

    def __contains__(self, tenant: object) -> bool:
        return tenant in self._cities

    def serves(self, event: Envelope) -> bool:
        """Whether an event can be applied here: what was refused for an unknown city is told under its name."""
        return event.tenant in self._cities or event.type.endswith(".rejected.v1")

    async def refresh(self, tx: Transaction) -> list[str]:
        """Read the cities that are new or changed, and return them; `tx` must be repeatable-read."""
        versions = {row["tenant"]: row["version"] for row in await queries.list_versions(tx)}
        changed = [tenant for tenant, version in versions.items() if self._versions.get(tenant) != version]
        if changed:
            self._cities |= {city.tenant: city for city in await read(tx, changed)}
            self._versions = versions
        return changed


async def read(tx: Transaction, tenants: Sequence[str]) -> list[Reference]:
    """The reference data of these cities, as far as they are loaded."""
    programmes = _parted(Programme, await queries.list_programmes(tx, tenants=tenants))
    regions = _parted(Region, await queries.list_regions(tx, tenants=tenants))
    units = _parted(Unit, await queries.list_units(tx, tenants=tenants))
    sellers = _parted(Seller, await queries.list_sellers(tx, tenants=tenants))
    products = _parted(Product, await queries.list_products(tx, tenants=tenants))
    return [
        Reference(
            tenant=row["tenant"],
            name=row["name"],
            zone=ZoneInfo(row["time_zone"]),
            language=row["language"],
            programmes=MappingProxyType(programmes[row["tenant"]]),
            regions=MappingProxyType(regions[row["tenant"]]),
            units=MappingProxyType(units[row["tenant"]]),
            sellers=MappingProxyType(sellers[row["tenant"]]),
            products=MappingProxyType(products[row["tenant"]]),
        )
        for row in await queries.list_cities(tx, tenants=tenants)
    ]


async def save(tx: Transaction, city: Reference) -> None:
    """Add a city or bring it to its new state. Rows that it does not name stay: what was bought keeps its name."""
    await queries.save_city(tx, tenant=city.tenant, name=city.name, time_zone=city.zone.key, language=city.language)
    await queries.save_programmes(tx, rows=_json(city, city.programmes.values()))
    await queries.save_regions(tx, rows=_json(city, city.regions.values()))
    await queries.save_units(tx, rows=_json(city, city.units.values()))
    await queries.save_sellers(tx, rows=_json(city, city.sellers.values()))
    await queries.save_products(tx, rows=_json(city, city.products.values()))


def _parted(model: type[T], rows: Sequence[Row]) -> defaultdict[str, dict[str, T]]:
    """Rows as values by tenant and code: the code is a model's first field, and columns are named as its fields."""
    names = [field.name for field in fields(model)]
    found: defaultdict[str, dict[str, T]] = defaultdict(dict)
    for row in rows:
        found[row["tenant"]][row[names[0]]] = model(**{name: _value(row[name]) for name in names})
    return found


def _value(value: object) -> object:
    return frozenset(value) if isinstance(value, list) else value


def _json(city: Reference, items: Iterable[DataclassInstance]) -> str:
    rows = [{"tenant": city.tenant, **asdict(item)} for item in items]
    return orjson.dumps(rows, default=sorted).decode()  # sorted: a frozenset as a list, always the same

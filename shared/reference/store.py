"""Reference data in a service's own schema (`ref_*`), and the cities that a running service knows."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import fields
from types import MappingProxyType
from typing import TYPE_CHECKING, Any, TypeVar
from zoneinfo import ZoneInfo

import orjson

from shared.contracts.envelope import Envelope
from shared.database.pool import Transaction
from shared.database.queries import load_queries
from shared.errors import PeduliError
from shared.reference.kits import resolved
from shared.reference.merge import items_of, kept
from shared.reference.model import Headcount, Item, PpkmPeriod, Product, Programme, Reference, Region, Seller, Unit

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
        """Read the cities that are new or changed, and return them. What another transaction changes meanwhile is
        read the next time, because versions are read first.
        """
        versions = {row["tenant"]: row["version"] for row in await queries.list_versions(tx)}
        changed = [tenant for tenant, version in versions.items() if self._versions.get(tenant) != version]
        if changed:
            self._cities |= {city.tenant: city for city in await read(tx, changed)}
            self._versions = versions
        return changed

    async def reread(self, tx: Transaction, tenants: Sequence[str]) -> None:
        """Read cities in the transaction that changes them, for what follows in it. `refresh` reads them once more,
        after its commit or its failure.
        """
        self._cities |= {city.tenant: city for city in await read(tx, tenants)}


async def read(tx: Transaction, tenants: Sequence[str]) -> list[Reference]:
    """The reference data of these cities, as far as they are loaded."""
    programmes = _parted(Programme, await queries.list_programmes(tx, tenants=tenants))
    regions = _parted(Region, await queries.list_regions(tx, tenants=tenants))
    headcounts: defaultdict[str, list[Headcount]] = defaultdict(list)
    for row in await queries.list_headcounts(tx, tenants=tenants):
        headcounts[row["unit_code"]].append(Headcount(row["valid_from"], row["asn_count"]))
    rows = [
        {**row, "headcounts": tuple(headcounts[row["unit_code"]])}
        for row in await queries.list_units(tx, tenants=tenants)
    ]
    units = _parted(Unit, rows)
    sellers = _parted(Seller, await queries.list_sellers(tx, tenants=tenants))
    products = _parted(Product, await queries.list_products(tx, tenants=tenants))
    ppkm_periods = _parted(PpkmPeriod, await queries.list_ppkm_periods(tx, tenants=tenants))
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
            products=MappingProxyType(resolved(products[row["tenant"]])),
            seller_order=row["seller_order"],
            teams_per_slot=row["teams_per_slot"],
            ppkm_periods=MappingProxyType(ppkm_periods[row["tenant"]]),
        )
        for row in await queries.list_cities(tx, tenants=tenants)
    ]


async def save(tx: Transaction, city: Reference) -> Reference | None:
    """Add a city or bring it to its new state, and return what was known of it before (None: nothing).

    Rows that it does not name stay: what was bought keeps its name. So do retirements and headcounts from other days.
    """
    await queries.save_city(
        tx,
        tenant=city.tenant,
        name=city.name,
        time_zone=city.zone.key,
        language=city.language,
        seller_order=city.seller_order,
        teams_per_slot=city.teams_per_slot,
    )
    known = await read(tx, [city.tenant])
    before = known[0] if known and known[0].regions else None
    await queries.save_programmes(tx, rows=_json(city.tenant, city.programmes.values()))
    await queries.save_ppkm_periods(tx, rows=_json(city.tenant, city.ppkm_periods.values()))
    await queries.save_regions(tx, rows=_json(city.tenant, city.regions.values()))
    await save_items(tx, city.tenant, [(item, 0) for item in kept(items_of(city), before)])
    return before


async def claim_city(tx: Transaction, tenant: str) -> None:
    """Give a city its next version: who changes it at the same time waits, and each service reads it again."""
    await queries.claim_city(tx, tenant=tenant)


async def save_items(tx: Transaction, tenant: str, items: Sequence[tuple[Item, int]]) -> None:
    """Items of a city, each with the version of the event that tells of it; an older one changes nothing.

    Version 0 is that of a load: it holds whatever was told before.
    """
    told = {
        model: [(item, version) for item, version in items if isinstance(item, model)]
        for model in (Unit, Seller, Product)
    }
    if told[Unit]:
        await queries.save_units(tx, rows=_versioned(tenant, told[Unit]))
        counts = [
            (unit.unit_code, count) for unit, _ in told[Unit] if isinstance(unit, Unit) for count in unit.headcounts
        ]
        await queries.save_headcounts(
            tx,
            units=[unit for unit, _ in counts],
            days=[count.valid_from for _, count in counts],
            counts=[count.asn_count for _, count in counts],
        )
    if told[Seller]:
        await queries.save_sellers(tx, rows=_versioned(tenant, told[Seller]))
    if told[Product]:
        await queries.save_products(tx, rows=_versioned(tenant, told[Product]))


def _parted(model: type[T], rows: Sequence[Mapping[str, Any]]) -> defaultdict[str, dict[str, T]]:
    """Rows as values by tenant and code: the code is a model's first field, and columns are named as its fields."""
    names = [field.name for field in fields(model)]
    found: defaultdict[str, dict[str, T]] = defaultdict(dict)
    for row in rows:
        found[row["tenant"]][row[names[0]]] = model(**{name: _value(row[name]) for name in names})
    return found


def _value(value: object) -> object:
    return frozenset(value) if isinstance(value, list) else value


def _versioned(tenant: str, items: Sequence[tuple[Item, int]]) -> str:
    rows = [{"tenant": tenant, "version": version, **vars(item), "headcounts": None} for item, version in items]
    return orjson.dumps(rows, default=sorted).decode()  # sorted: a frozenset as a list, always the same


def _json(tenant: str, items: Iterable[DataclassInstance]) -> str:
    rows = [{"tenant": tenant, **vars(item)} for item in items]
    return orjson.dumps(rows, default=sorted).decode()

"""Rows of households, and their people: the only file that reads personal data."""

from __future__ import annotations

from collections import Counter
from collections.abc import Collection, Mapping
from datetime import datetime
from uuid import UUID

import orjson

from services.distribution.domain.household import Household, servings
from shared.contracts.field import HouseholdReport, People
from shared.database.pool import Row, Transaction
from shared.database.queries import load_queries
from shared.privacy import seal, unseal
from shared.reference.model import Product, Reference

queries = load_queries(__file__)


async def claim(tx: Transaction, household_id: UUID) -> Row | None:
    """The household's row, locked; None for a new one."""
    rows = await queries.claim_households(tx, ids=[household_id])
    return rows[0] if rows else None


async def save(
    tx: Transaction, tenant: str, household_id: UUID, version: int, report: HouseholdReport, seal_key: bytes
) -> None:
    """The household after a report; its people are sealed."""
    await queries.save_household(
        tx,
        household_id=household_id,
        tenant=tenant,
        version=version,
        kelurahan=report.kelurahan,
        rw=report.rw,
        size=report.size,
        groups=sorted(set(report.groups)),
        allergens=sorted(set(report.allergens)),
        isolation_from=report.isolation_from,
        isolation_until=report.isolation_until,
        released_reason=report.released,
    )
    sealed = seal(seal_key, report.people.model_dump_json().encode(), bound_to=str(household_id))
    await queries.save_people(tx, household_id=household_id, sealed=sealed)


async def open_people(tx: Transaction, household_id: UUID, seal_key: bytes) -> People:
    """Name, phone and address of a household."""
    sealed = await queries.find_people(tx, household_id=household_id)
    return People.model_validate_json(unseal(seal_key, sealed, bound_to=str(household_id)))


async def open_all(tx: Transaction, ids: Collection[UUID], seal_key: bytes) -> dict[UUID, People]:
    """Name, phone and address of these households."""
    rows = await queries.list_people(tx, ids=sorted(ids))
    return {
        row["household_id"]: People.model_validate_json(
            unseal(seal_key, row["sealed"], bound_to=str(row["household_id"]))
        )
        for row in rows
    }


async def load_isolating(tx: Transaction, city: Reference, now: datetime) -> list[Household]:
    """The city's households that may get a packet, with what they got or will get, in servings by group."""
    rows = await queries.load_isolating(tx, tenant=city.tenant, now=now)
    return [_household(row, city.products) for row in rows]


def _household(row: Row, products: Mapping[str, Product]) -> Household:
    met: Counter[str] = Counter()
    for sku, quantity in orjson.loads(row["goods"]):
        product = products.get(sku)
        for group in product.need_groups if product else ():
            met[group] += quantity * servings(product) if product else 0
    return Household(
        row["household_id"],
        row["kelurahan"],
        row["rw"],
        row["size"],
        frozenset(row["groups"]),
        frozenset(row["allergens"]),
        row["isolation_from"],
        row["isolation_until"],
        met,
        row["packets"],
        row["is_open"],
    )

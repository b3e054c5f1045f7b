"""Rows of households, without their people (`store/people.py` has those)."""

from __future__ import annotations

from collections import Counter
from collections.abc import Mapping, Sequence
from datetime import datetime
from uuid import UUID

import orjson

from services.distribution.domain.household import Aid, Household, helped, servings
from services.distribution.domain.registration import State
from shared.database.pool import Row, Transaction
from shared.database.queries import load_queries
from shared.reference.model import Product, Reference

queries = load_queries(__file__)


async def claim(tx: Transaction, household_id: UUID) -> Row | None:
    """The household's row, locked; None for a new one."""
    rows = await queries.claim_households(tx, ids=[household_id])
    return rows[0] if rows else None


def state_of(row: Row) -> State:
    """A claimed row as a value."""
    return State(
        kelurahan=row["kelurahan"],
        rw=row["rw"],
        size=row["size"],
        groups=frozenset(row["groups"]),
        allergens=frozenset(row["allergens"]),
        isolation_from=row["isolation_from"],
        isolation_until=row["isolation_until"],
        released=row["released_reason"],
        is_aparatur=row["is_aparatur"],
        other_aid=_aid(row),
        house=row["house_key"],
        programme=row["programme"],
    )


async def save(tx: Transaction, tenant: str, household_id: UUID, version: int, state: State, now: datetime) -> None:
    """The household after a report."""
    await queries.save_household(
        tx,
        household_id=household_id,
        tenant=tenant,
        version=version,
        kelurahan=state.kelurahan,
        rw=state.rw,
        size=state.size,
        groups=sorted(state.groups),
        allergens=sorted(state.allergens),
        isolation_from=state.isolation_from,
        isolation_until=state.isolation_until,
        released_reason=state.released,
        is_aparatur=state.is_aparatur,
        other_aid=orjson.dumps([(aid.kind, aid.at) for aid in state.other_aid]).decode(),
        house_key=state.house,
        programme=state.programme,
        now=now,
    )


async def load_isolating(tx: Transaction, city: Reference, now: datetime) -> list[Household]:
    """The city's households that may get a packet, with what they got or will get, in servings by group."""
    rows = await queries.load_isolating(tx, tenant=city.tenant, now=now)
    return [helped(_household(row, city.products), now) for row in rows]


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
        row["house_key"] or "",
        _aid(row),
        row["programme"],
        row["version"],
    )


async def claim_unchanged(tx: Transaction, households: Sequence[Household]) -> set[UUID]:
    """Those of whom nothing was told since they were read, nor is being told now; so it stays until `tx` ends."""
    ids, versions = [home.household_id for home in households], [home.version for home in households]
    rows = await queries.claim_unchanged(tx, ids=ids, versions=versions)
    return {row["household_id"] for row in rows}


def _aid(row: Row) -> tuple[Aid, ...]:
    return tuple(Aid(kind, datetime.fromisoformat(at)) for kind, at in orjson.loads(row["aid_text"]))

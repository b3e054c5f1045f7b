"""Rows of lots and the ledger, typed."""

from __future__ import annotations

from collections.abc import Collection, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any, get_args
from uuid import UUID

import orjson

from services.distribution.domain.adjustment import Adjustment
from services.distribution.domain.stock import Account, Lot, Movement, Reserved
from shared.database.pool import Row, Transaction
from shared.database.queries import load_queries
from shared.reference.kits import kit
from shared.reference.model import Product, Reference

queries = load_queries(__file__)
DEFAULT_WEIGHT_G = 1000  # of a product that is filed for review: nobody weighed it yet


async def append_lots(tx: Transaction, owned: Sequence[tuple[str, Lot]], products: Mapping[UUID, Any]) -> None:
    """New lots as (tenant, lot); `products` has the told product of those whose sku is not in the reference data."""
    lots = [lot for _, lot in owned]
    if lots:
        await queries.append_lots(
            tx,
            tenants=[tenant for tenant, _ in owned],
            lot_ids=[lot.lot_id for lot in lots],
            purchase_ids=[lot.purchase_id for lot in lots],
            line_nos=[lot.line_no for lot in lots],
            skus=[lot.sku for lot in lots],
            products=[
                orjson.dumps(products[lot.lot_id]).decode() if products.get(lot.lot_id) else None for lot in lots
            ],
            kelurahans=[lot.kelurahan for lot in lots],
            expires_ats=[lot.expires_at for lot in lots],
            storages=[lot.storage for lot in lots],
            programmes=[lot.programme for lot in lots],
            kit_lot_ids=[lot.kit_lot_id for lot in lots],
            per_kits=[lot.per_kit or None for lot in lots],
        )


async def append_movements(tx: Transaction, movements: Sequence[Movement], now: datetime) -> None:
    """Move pieces, each cause once; a constraint (`lots_…_not_below_0`) refuses what would take more than there is."""
    if movements:
        await queries.append_movements(
            tx,
            now=now,
            lot_ids=[movement.lot_id for movement in movements],
            sources=[movement.source for movement in movements],
            targets=[movement.target for movement in movements],
            quantities=[movement.quantity for movement in movements],
            causes=[movement.cause for movement in movements],
        )


async def load_lots(tx: Transaction, ids: Collection[UUID], *, tenant: str | None = None) -> dict[UUID, Lot]:
    """Lots by their id, locked; with `tenant` only those of that city."""
    return {row["lot_id"]: lot_of(row) for row in await queries.load_lots(tx, ids=list(ids), tenant=tenant)}


@dataclass(frozen=True)
class Kit:
    """What the pieces of a lot are, None for what nobody knows; and the loose goods that came out of it before."""

    product: Product | None
    loose: Sequence[Lot]


async def load_kit(tx: Transaction, lot_id: UUID, city: Reference) -> Kit:
    """Of a lot of the city, which is locked with its loose goods."""
    await queries.load_kit(
        tx, lot_id=lot_id, tenant=city.tenant
    )  # waits for who opens some now: see load_lots_of_purchase
    rows = {row["lot_id"]: row for row in await queries.load_kit(tx, lot_id=lot_id, tenant=city.tenant)}
    row = rows.pop(lot_id, None)
    told = _product(row, city.products) if row and row["product_text"] else None
    return Kit(city.products.get(row["sku"], told) if row else None, [lot_of(loose) for loose in rows.values()])


async def append_adjustment(
    tx: Transaction, tenant: str, said: Adjustment, outcome: str, moved: int, now: datetime
) -> None:
    """What an officer said of a lot, and what came of it."""
    await queries.append_adjustment(tx, tenant=tenant, **vars(said), outcome=outcome, moved=moved, now=now)


async def load_lots_of_purchase(tx: Transaction, purchase_id: UUID) -> list[Lot]:
    """The lots of a purchase, locked. Who waited for a lock sees the row as it is now, but no rows that came with it:
    the loose goods of kits that were opened meanwhile are seen by a second look.
    """
    await queries.load_lots_of_purchase(tx, purchase_id=purchase_id)
    return [lot_of(row) for row in await queries.load_lots_of_purchase(tx, purchase_id=purchase_id)]


async def list_departures(tx: Transaction, task_id: UUID, lot_ids: Sequence[UUID]) -> dict[UUID, datetime]:
    """When the pieces of a packet first left the lumbung, by lot; without those that never did."""
    rows = await queries.list_departures(tx, task_id=task_id, lot_ids=lot_ids)
    return {row["lot_id"]: row["left_at"] for row in rows}


async def list_reserved(tx: Transaction, lot_id: UUID) -> list[Reserved]:
    """Packets with pieces of a lot that are still in the lumbung."""
    return [Reserved(**row) for row in await queries.list_reserved(tx, lot_id=lot_id)]


async def load_spoilt_lots(tx: Transaction, tenant: str, now: datetime) -> list[Lot]:
    """A city's lots past their time with pieces left, locked; at most 500."""
    return [lot_of(row) for row in await queries.load_spoilt_lots(tx, tenant=tenant, now=now)]


async def load_open_lots(tx: Transaction, city: Reference, now: datetime) -> tuple[list[Lot], dict[str, Product]]:
    """What can be assigned in a city now, locked, and the told products among it (by sku)."""
    rows = await queries.load_open_lots(tx, tenant=city.tenant, now=now)
    told = {row["sku"]: _product(row, city.products) for row in rows if row["product_text"]}
    return [lot_of(row) for row in rows], told


def lot_of(row: Row) -> Lot:
    """A row as a value."""
    balances: dict[Account, int] = {account: row[account] for account in get_args(Account)}
    return Lot(
        row["lot_id"],
        row["purchase_id"],
        row["line_no"],
        row["sku"],
        row["kelurahan"],
        row["bought"],
        row["expires_at"],
        balances,
        row["storage"],
        row["withdrawn_at"],
        row["programme"],
        row["kit_lot_id"],
        row["per_kit"] or 0,
    )


def _product(row: Row, products: Mapping[str, Product]) -> Product:
    told = orjson.loads(row["product_text"])
    contents = [(content["sku"], content["quantity"]) for content in told.get("contents", ())]
    if contents:
        return kit(row["sku"], told["name"], told["category"], told["shelf_life_hours"], contents, products)
    return Product(
        sku=row["sku"],
        name=told["name"],
        category=told["category"],
        price_idr=0,
        shelf_life_hours=told["shelf_life_hours"],
        storage="ambient",
        weight_g=DEFAULT_WEIGHT_G,
        portions=1,
        need_groups=frozenset({"food"}),
        halal=True,
        infant=False,
        soft=False,
        diabetic_friendly=False,
        allergens=frozenset(),
    )

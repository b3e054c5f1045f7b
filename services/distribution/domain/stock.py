"""Goods and their double-entry ledger: what was bought is always somewhere (allocation.md §1).

`bought` is the outside world: it goes below zero by what came in. Every other account is never below zero.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from typing import Any, Literal
from uuid import UUID

from shared.errors import PeduliError
from shared.ids import derived_id
from shared.reference.model import Product

Account = Literal[
    "bought", "available", "reserved", "in_transit", "delivered", "returned", "expired", "withdrawn", "damaged"
]


class StockError(PeduliError):
    """A movement would take more than there is."""


@dataclass(frozen=True)
class Movement:
    """`quantity` pieces of a lot go from one account to another, because of `cause` (unique: a repeat moves nothing)."""

    lot_id: UUID
    source: Account
    target: Account
    quantity: int
    cause: str


@dataclass(frozen=True)
class Lot:
    """What one purchase line brought. `quantity` pieces bought now, after corrections."""

    lot_id: UUID
    purchase_id: UUID
    line_no: int
    sku: str
    kelurahan: str
    quantity: int
    expires_at: datetime
    over_delivered: int = 0
    balances: Mapping[Account, int] = field(default_factory=dict)


def apply_movement(balances: Mapping[Account, int], movement: Movement) -> dict[Account, int]:
    """The balances after a movement; raises `StockError` when an account would go below zero."""
    after = dict(balances)
    after[movement.source] = after.get(movement.source, 0) - movement.quantity
    after[movement.target] = after.get(movement.target, 0) + movement.quantity
    if movement.quantity <= 0 or any(value < 0 for name, value in after.items() if name != "bought"):
        raise StockError
    return after


def lots_of(purchase: Mapping[str, Any], kelurahan: str, products: Mapping[str, Product]) -> dict[UUID, Lot]:
    """The lots that a purchase event's body brings: none for `own_use`, else one per line."""
    if purchase["purpose"] != "donation":
        return {}
    purchase_id = UUID(purchase["purchase_id"])
    bought_at = datetime.fromisoformat(purchase["purchased_at"])
    lots = {}
    for line in purchase["lines"]:
        lot_id = derived_id("lot", str(purchase_id), str(line["line_no"]), line["sku"])
        lots[lot_id] = Lot(
            lot_id,
            purchase_id,
            line["line_no"],
            line["sku"],
            kelurahan,
            line["quantity"],
            _expiry(line, bought_at, products),
        )
    return lots


def _expiry(line: Mapping[str, Any], bought_at: datetime, products: Mapping[str, Product]) -> datetime:
    if line.get("expires_at"):
        return datetime.fromisoformat(line["expires_at"])
    product = products.get(line["sku"])
    hours = product.shelf_life_hours if product else line["product"]["shelf_life_hours"]
    return bought_at + timedelta(hours=hours)


def shrink(balances: Mapping[Account, int], excess: int) -> tuple[int, int]:
    """How many of `excess` pieces can be taken from `available` now, and how many are missing still."""
    taken = min(max(balances.get("available", 0), 0), excess)
    return taken, excess - taken

"""Goods and their double-entry ledger: what was bought is always somewhere (allocation.md §1).

Two accounts stand against the others: `bought` (pieces bought now, after corrections) and `over_delivered` (pieces
that a correction took back on paper, but that had left). Law L1: the other accounts sum to `bought + over_delivered`.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from typing import Any, Literal
from uuid import UUID

from shared.contracts.event import moment, whole
from shared.errors import PeduliError
from shared.ids import derived_id
from shared.reference.model import Product

Account = Literal[
    "bought",
    "available",
    "reserved",
    "in_transit",
    "delivered",
    "returned",
    "expired",
    "withdrawn",
    "damaged",
    "over_delivered",
]

AGAINST: frozenset[Account] = frozenset({"bought", "over_delivered"})


class StockError(PeduliError):
    """A movement would take more than there is."""


@dataclass(frozen=True)
class Movement:
    """`quantity` pieces of a lot change account because of `cause`, which is unique: a repeat moves nothing."""

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
    balances: Mapping[Account, int] = field(default_factory=dict)


def apply_movement(balances: Mapping[Account, int], movement: Movement) -> dict[Account, int]:
    """The balances after a movement; raises `StockError` when an account would go below zero."""
    after = dict(balances)
    for account, sign in ((movement.source, -1), (movement.target, 1)):
        sign = -sign if account in AGAINST else sign
        after[account] = after.get(account, 0) + sign * movement.quantity
    if movement.quantity <= 0 or any(value < 0 for value in after.values()):
        raise StockError
    return after


def lots_of(purchase: Mapping[str, Any], kelurahan: str, products: Mapping[str, Product]) -> dict[UUID, Lot]:
    """The lots that a purchase event's body brings: none for `own_use`, else one per line."""
    if purchase["purpose"] != "donation":
        return {}
    purchase_id = UUID(purchase["purchase_id"])
    bought_at = moment(purchase["purchased_at"])
    lots = {}
    for line in purchase["lines"]:
        lot_id = derived_id("lot", str(purchase_id), str(line["line_no"]), line["sku"])
        lots[lot_id] = Lot(
            lot_id,
            purchase_id,
            line["line_no"],
            line["sku"],
            kelurahan,
            whole(line["quantity"]),
            _expiry(line, bought_at, products),
        )
    return lots


def _expiry(line: Mapping[str, Any], bought_at: datetime, products: Mapping[str, Product]) -> datetime:
    if line.get("expires_at"):
        return moment(line["expires_at"])
    product = products.get(line["sku"])
    hours = product.shelf_life_hours if product else line["product"]["shelf_life_hours"]
    return bought_at + timedelta(hours=hours)

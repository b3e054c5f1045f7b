"""Goods and their double-entry ledger: what was bought is always somewhere (allocation.md §1).

Two accounts stand against the others: `bought` (pieces bought now, after corrections) and `over_delivered` (pieces
that a correction took back on paper, but that had left). Law L1: the other accounts sum to `bought + over_delivered`.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field, replace
from datetime import datetime, timedelta
from typing import Any, Literal
from uuid import UUID

from shared.contracts.event import moment, whole
from shared.errors import PeduliError
from shared.ids import derived_id
from shared.reference.model import FIRST_PROGRAMME, Product, Storage

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
    "opened",
    "over_delivered",
]
State = Literal["open", "empty", "expired", "withdrawn"]
Moves = list[tuple[Account, Account, int]]

AGAINST: frozenset[Account] = frozenset({"bought", "over_delivered"})
CHART: Mapping[Account, frozenset[Account]] = {  # where pieces may go; the database has the same list as a constraint
    "bought": frozenset({"available", "over_delivered"}),
    "over_delivered": frozenset({"bought"}),
    "available": frozenset({"bought", "reserved", "over_delivered", "expired", "withdrawn", "damaged", "opened"}),
    "reserved": frozenset({"available", "in_transit", "delivered"}),
    "in_transit": frozenset({"reserved", "delivered", "returned"}),
    "returned": frozenset({"available", "over_delivered", "expired", "withdrawn", "damaged"}),
    "withdrawn": frozenset({"available"}),
    "expired": frozenset({"available"}),
    "opened": frozenset({"bought"}),
}
# 4 h out of the cold and food must be eaten or thrown away (the 2-hour/4-hour rule of food safety); what is frozen
# thaws first, for which we count 2 h in an ordinary bag
COLD_HOURS: Mapping[Storage, int] = {"chill": 4, "frozen": 6}


class StockError(PeduliError):
    """A movement would take more than there is, or go where pieces cannot go."""


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
    """What one purchase line brought, for the households of a `programme`. `quantity` pieces bought now, after
    corrections. Loose pieces, `per_kit` of them out of each opened kit of the lot `kit_lot_id`, are a lot of their own.
    """

    lot_id: UUID
    purchase_id: UUID
    line_no: int
    sku: str
    kelurahan: str
    quantity: int
    expires_at: datetime
    balances: Mapping[Account, int] = field(default_factory=dict)
    storage: Storage = "ambient"
    withdrawn_at: datetime | None = None
    programme: str = FIRST_PROGRAMME
    kit_lot_id: UUID | None = None
    per_kit: int = 0

    def has(self, *accounts: Account) -> int:
        """Pieces on these accounts together."""
        return sum(self.balances.get(account, 0) for account in accounts)

    @property
    def state(self) -> State:
        """Open while pieces are in the lumbung or may come back to it."""
        if self.withdrawn_at is not None:
            return "withdrawn"
        if self.has("available", "reserved", "in_transit", "returned"):
            return "open"
        return "expired" if self.has("expired") else "empty"


@dataclass(frozen=True)
class Reserved:
    """A packet whose goods are still in the lumbung: `quantity` pieces of a lot."""

    task_id: UUID
    quantity: int
    is_accepted: bool
    assigned_at: datetime


def apply_movement(balances: Mapping[Account, int], movement: Movement) -> dict[Account, int]:
    """The balances after a movement; raises `StockError` for one that the chart or the balances do not allow."""
    after = dict(balances)
    for account, sign in ((movement.source, -1), (movement.target, 1)):
        sign = -sign if account in AGAINST else sign
        after[account] = after.get(account, 0) + sign * movement.quantity
    is_wrong = movement.quantity <= 0 or movement.target not in CHART.get(movement.source, ())
    if is_wrong or any(value < 0 for value in after.values()):
        raise StockError
    return after


def moved(lot: Lot, movements: Iterable[Movement]) -> Lot:
    """The lot when its own among these `movements` are made; raises `StockError`."""
    balances = lot.balances
    for movement in movements:
        if movement.lot_id == lot.lot_id:
            balances = apply_movement(balances, movement)
    return replace(lot, balances=balances, quantity=balances.get("bought", 0))


def effect(moves: Moves) -> dict[Account, int]:
    """By how many pieces moves change the accounts that others are told of, without those that stay as they are."""
    changed: dict[Account, int] = {}
    for source, target, quantity in moves:
        for account, sign in ((source, -1), (target, 1)):
            sign = -sign if account in AGAINST else sign
            changed[account] = changed.get(account, 0) + sign * quantity
    told: tuple[Account, ...] = ("bought", "over_delivered", "damaged", "withdrawn", "expired", "opened")
    return {account: changed[account] for account in told if changed.get(account)}


def keeps_cold(storage: Storage, on_the_way: timedelta) -> bool:
    """Whether goods of this storage class are still good after so long outside it."""
    hours = COLD_HOURS.get(storage)
    return hours is None or on_the_way <= timedelta(hours=hours)


def recalled_for(missing: int, packets: Sequence[Reserved]) -> list[UUID]:
    """The packets to recall until `missing` pieces are free: first those that nobody has accepted, the newest first;
    then accepted ones whose goods have not left, the newest first.
    """
    newest = sorted(packets, key=lambda packet: (packet.assigned_at, packet.task_id), reverse=True)
    chosen: list[UUID] = []
    for packet in sorted(newest, key=lambda packet: packet.is_accepted):
        if missing <= 0:
            break
        chosen.append(packet.task_id)
        missing -= packet.quantity
    return chosen


def resize(lot: Lot, quantity: int, revived: int = 0) -> Moves:
    """A correction to `quantity` pieces, when all packets that can be recalled are: what had left stays where it is,
    and the difference is over-delivered. More pieces settle an over-delivery first. `revived` pieces had expired by a
    date that this correction changes: they are good again. Of kits that were opened, the loose goods go too.
    """
    change = quantity - lot.quantity
    back: Moves = [("expired", "available", revived)]
    if change >= 0:
        settled = min(change, lot.has("over_delivered"))
        return [*back, ("bought", "over_delivered", settled), ("bought", "available", change - settled)]
    taken = min(-change, lot.has("available") + revived)
    opened = min(-change - taken, lot.has("opened"))
    rest = -change - taken - opened
    return [*back, ("available", "bought", taken), ("opened", "bought", opened), ("over_delivered", "bought", rest)]


def come_back(
    lot: Lot, quantity: int, source: Literal["available", "returned"], now: datetime, on_the_way: timedelta
) -> Moves:
    """Where pieces go that are in the lumbung again: to settle an over-delivery, else to stock with the time that they
    have left, unless their time is over, they were too long out of the cold, or the lot is withdrawn.
    """
    settled = min(quantity, lot.has("over_delivered"))
    target: Account = "available"
    if lot.withdrawn_at is not None:
        target = "withdrawn"
    elif lot.expires_at <= now:
        target = "expired"
    elif not keeps_cold(lot.storage, on_the_way):
        target = "damaged"
    return [(source, "over_delivered", settled), (source, target, quantity - settled)]


def revivable(lot: Lot, expires_at: datetime, now: datetime) -> int:
    """Pieces that have expired, and would not have by this date."""
    return lot.has("expired") if lot.withdrawn_at is None and expires_at > now else 0


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
            storage=_storage(line, products),
            programme=purchase["programme"],
        )
    return lots


def _expiry(line: Mapping[str, Any], bought_at: datetime, products: Mapping[str, Product]) -> datetime:
    if line.get("expires_at"):
        return moment(line["expires_at"])
    product = products.get(line["sku"])
    hours = product.shelf_life_hours if product else line["product"]["shelf_life_hours"]
    return bought_at + timedelta(hours=hours)


def _storage(line: Mapping[str, Any], products: Mapping[str, Product]) -> Storage:
    """As the registry says; a told kit needs what the strictest of its contents needs."""
    if line["sku"] in products:
        return products[line["sku"]].storage
    told = [content["sku"] for content in line["product"].get("contents") or ()]
    contents = {products[sku].storage for sku in told if sku in products}
    return "chill" if "chill" in contents else "frozen" if "frozen" in contents else "ambient"

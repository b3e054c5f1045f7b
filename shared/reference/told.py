"""Items of the registry as the events that tell of them, and back: what one service knows, the others learn."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import date
from typing import Any

from shared.contracts.catalogue import ProductChanged, Registered, SellerChanged, UnitChanged
from shared.contracts.envelope import Envelope
from shared.database.pool import Transaction
from shared.reference import store
from shared.reference.kits import contents_of
from shared.reference.model import Headcount, Item, Product, Seller, Unit
from shared.reference.rows import code_of

MODELS: dict[str, type[Registered]] = {event.TYPE: event for event in (SellerChanged, ProductChanged, UnitChanged)}
TYPES = frozenset(MODELS)


def event_of(item: Item, today: date) -> Registered:
    """The event that tells of an item's state; an active one is told as of `today`."""
    fields: dict[str, Any] = {**vars(item)}
    name, retired_from = fields.pop("name"), fields.pop("retired_from")
    fields |= {"is_active": retired_from is None, "effective_from": retired_from or today}
    match item:
        case Seller():
            return SellerChanged(seller_name=name, **fields)
        case Unit():
            fields["headcounts"] = [headcount._asdict() for headcount in item.headcounts]
            return UnitChanged(unit_name=name, **fields)
        case Product():
            fields |= {field: tuple(sorted(fields[field])) for field in ("need_groups", "allergens")}
            fields["contents"] = [{"sku": sku, "quantity": pieces} for sku, pieces in contents_of(item)]
            return ProductChanged(product_name=name, **fields)


def item_of(event: Registered) -> Item:
    """The item that an event tells of."""
    fields: dict[str, Any] = {name: getattr(event, name) for name in type(event).model_fields}
    is_active, effective_from = fields.pop("is_active"), fields.pop("effective_from")
    fields["retired_from"] = None if is_active else effective_from
    match event:
        case SellerChanged():
            return Seller(name=fields.pop("seller_name"), **fields)
        case UnitChanged():
            fields["headcounts"] = tuple(Headcount(told.valid_from, told.asn_count) for told in event.headcounts)
            return Unit(name=fields.pop("unit_name"), **fields)
        case ProductChanged():
            fields["contents"] = frozenset(f"{content.sku}:{content.quantity}" for content in event.contents)
            fields |= {field: frozenset(fields[field]) for field in ("need_groups", "allergens")}
            return Product(name=fields.pop("product_name"), **fields)
        case _:
            raise TypeError(type(event).__name__)


async def apply(tx: Transaction, events: Sequence[Envelope]) -> list[str]:
    """Bring a service's own reference data to what these events tell, those of any city; returns the cities changed.

    Other events are ignored. The last of an item counts; an older one than is known changes nothing.
    """
    last: dict[tuple[str, str, str], tuple[Item, int]] = {}
    for event in events:
        if event.type in TYPES:
            item = item_of(MODELS[event.type].model_validate(event.data))
            last[(event.tenant, event.type, code_of(item))] = item, event.version
    tenants = sorted({tenant for tenant, _, _ in last})
    for tenant in tenants:
        await store.claim_city(tx, tenant)
        await store.save_items(tx, tenant, [told for (owner, _, _), told in sorted(last.items()) if owner == tenant])
    return tenants

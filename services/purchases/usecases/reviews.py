"""A person decides about new products; what is decided is a change of the registry like any other."""

from __future__ import annotations

from datetime import datetime

from services.purchases.domain.review import Answer, ReviewError, Telling, accepted, merged, rejected
from services.purchases.store import reviews as store
from services.purchases.usecases.registry import city_of, put
from shared.database.pool import Transaction
from shared.reference.model import Product, Reference
from shared.reference.store import claim_city


async def accept(tx: Transaction, tenant: str, sku: str, answer: Answer, *, now: datetime) -> Product:
    """A new product becomes one of the registry; raises `ReviewError`."""
    city, tellings = await _open(tx, tenant, sku)
    product = accepted(tellings, answer, city)
    await _decide(tx, city, product, "accepted", "", now)
    return product


async def merge(tx: Transaction, tenant: str, sku: str, into: str, *, now: datetime) -> Product:
    """A new product is another name of a known one, from now on; raises `ReviewError`."""
    city, _ = await _open(tx, tenant, sku)
    product = merged(sku, into, city)
    await _decide(tx, city, product, "merged", into, now)
    return product


async def reject(tx: Transaction, tenant: str, sku: str, note: str, *, now: datetime) -> Product:
    """A new product cannot be bought any more, and what is left of it is given to nobody; raises `ReviewError`."""
    city, tellings = await _open(tx, tenant, sku)
    product = rejected(tellings[0], city.date_of(now))
    await _decide(tx, city, product, "rejected", note, now)
    return product


async def _open(tx: Transaction, tenant: str, sku: str) -> tuple[Reference, list[Telling]]:
    await claim_city(tx, tenant)
    city = await city_of(tx, tenant)
    tellings = await store.load_tellings(tx, tenant, sku)
    if not tellings:
        raise ReviewError(f"no purchase told a new product {sku}", hint="see `peduli registry review list`")
    return city, tellings


async def _decide(tx: Transaction, city: Reference, product: Product, status: str, note: str, now: datetime) -> None:
    await put(tx, city, product, now)
    await store.queries.save_review(tx, tenant=city.tenant, sku=product.sku, status=status, note=note, now=now)

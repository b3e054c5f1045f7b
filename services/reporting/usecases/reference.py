"""Reference data as dimensions: what a code is called."""

from __future__ import annotations

from collections.abc import Iterable

import orjson

from services.reporting.store.dimensions import queries
from shared.database.pool import Transaction
from shared.reference.model import Reference


async def load_reference(tx: Transaction, reference: Reference) -> None:
    """Write regions, units, sellers and products; run again after a change of data."""
    regions, units = reference.regions.values(), reference.units.values()
    sellers, products = reference.sellers.values(), reference.products.values()
    await queries.save_regions(tx, rows=_rows(regions, "code level name parent_code kecamatan_code population"))
    await queries.save_units(tx, rows=_rows(units, "unit_code kind name parent_code asn_count"))
    await queries.save_sellers(tx, rows=_rows(sellers, "seller_code name channel kelurahan_code"))
    await queries.save_products(tx, rows=_rows(products, "sku name category"))


def _rows(items: Iterable[object], names: str) -> str:
    return orjson.dumps([{name: getattr(item, name) for name in names.split()} for item in items]).decode()

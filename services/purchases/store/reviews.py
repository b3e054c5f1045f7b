"""Rows of new products that wait for a person, typed."""

from __future__ import annotations

from collections import Counter
from collections.abc import Sequence

from services.purchases.domain.review import Telling
from shared.contracts.submissions import NewProduct
from shared.database.pool import Transaction
from shared.database.queries import load_queries

queries = load_queries(__file__)


async def append_tellings(tx: Transaction, tellings: Sequence[Telling]) -> None:
    """What purchases told of new products; costs nothing where they told none."""
    if not tellings:
        return
    times = Counter(telling.telling_id for telling in tellings)
    last = {telling.telling_id: telling for telling in tellings}
    ids = sorted(last)
    await queries.append_tellings(
        tx,
        telling_ids=ids,
        tenants=[last[key].tenant for key in ids],
        skus=[last[key].sku for key in ids],
        products=[last[key].product.model_dump_json() for key in ids],
        prices=[last[key].unit_price_idr for key in ids],
        times=[times[key] for key in ids],
    )


async def load_tellings(tx: Transaction, tenant: str, sku: str) -> list[Telling]:
    """What was told of a new product, the most often told first."""
    rows = await queries.list_tellings(tx, tenant=tenant, sku=sku)
    return [Telling(tenant, sku, NewProduct.model_validate_json(row["product"]), row["unit_price_idr"]) for row in rows]

"""Deliveries by who got them, and the weeks that were counted."""

from __future__ import annotations

from services.distribution.domain.recipients import Delivery
from shared.database.pool import Transaction
from shared.database.queries import load_queries
from shared.reference.model import Reference

queries = load_queries(__file__)


async def load_uncounted(tx: Transaction, city: Reference, programme: str) -> list[Delivery]:
    """Deliveries of a programme that are in no count."""
    rows = await queries.list_uncounted(tx, tenant=city.tenant, programme=programme, zone=city.zone.key)
    return [Delivery(**row) for row in rows]

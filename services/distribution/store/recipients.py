"""Deliveries by who got them, and the weeks that were counted."""

from __future__ import annotations

from datetime import date

from services.distribution.domain.recipients import Delivery
from shared.database.pool import Transaction
from shared.database.queries import load_queries
from shared.reference.model import Reference

queries = load_queries(__file__)


async def load_uncounted(tx: Transaction, city: Reference, programme: str, monday: date) -> list[Delivery]:
    """Deliveries of a programme in the weeks before that of `monday` that are in no count."""
    of = {"tenant": city.tenant, "programme": programme}
    rows = await queries.list_uncounted(tx, **of, monday=monday, zone=city.zone.key)
    return [Delivery(**row) for row in rows]

"""The terminal's door to what was changed in purchases."""

from __future__ import annotations

from datetime import date, datetime, time, timedelta
from typing import Any

from services.purchases.store.changes import queries
from shared.database.pool import Transaction
from shared.reference.model import Reference
from shared.reference.terminal import act_within


def list_changes(database_url: str, tenant: str, first: date, last: date) -> list[dict[str, Any]]:
    """Corrections and voids that were told on these days of a city, both included, a row for each field."""

    async def ask(tx: Transaction, city: Reference) -> list[dict[str, Any]]:
        begins, ends = (datetime.combine(day, time(), city.zone) for day in (first, last + timedelta(days=1)))
        return [dict(row) for row in await queries.list_changes(tx, tenant=tenant, begins=begins, ends=ends)]

    return act_within(database_url, "purchases", tenant, ask)

"""What an operator does for one household at a terminal: hand out what is kept of it, or erase it."""

from __future__ import annotations

from contextlib import AbstractAsyncContextManager
from typing import Any
from uuid import UUID

from services.distribution.store import moral
from services.distribution.store import people as people_store
from services.distribution.store import tasks as task_store
from services.distribution.store.households import queries
from services.distribution.usecases import households
from services.distribution.usecases.households import Keys
from shared import clock
from shared.database.pool import Transaction
from shared.reference.model import Reference
from shared.reference.terminal import within_city

__all__ = ["Households", "Keys"]


class Households:
    """The households of one city, over a database URL whose role may write the schema of distribution."""

    def __init__(self, database_url: str, tenant: str, keys: Keys) -> None:
        self._url = database_url
        self._tenant = tenant
        self._keys = keys

    def _within(self) -> AbstractAsyncContextManager[tuple[Transaction, Reference]]:
        return within_city(self._url, "distribution", self._tenant)

    async def export(self, identity: UUID, *, operator: str, reason: str) -> dict[str, Any]:
        """All that is kept of a household: itself, its people, its packets, calls to it, and who read of it,
        this time too.

        Raises `UnknownHouseholdError`, also when its data were erased.
        """
        async with self._within() as (tx, city):
            people = await households.read_people(
                tx,
                identity,
                reference=city,
                keys=self._keys,
                now=clock.now(),
                reader=f"operator {operator}",
                purpose=reason,
            )
            row = await queries.find_state(tx, tenant=city.tenant, household_id=identity)
            packets = await task_store.queries.list_trace(tx, tenant=city.tenant, id=identity)
            calls = await moral.queries.list_calls(tx, household_id=identity)
            reads = await people_store.queries.list_reads(tx, household_id=identity)
            return {
                "household": {name: value for name, value in dict(row).items() if name != "aid_text"},
                "people": people.model_dump(exclude={"nik"}),
                "packets": [
                    {name: packet[name] for name in ("sku", "quantity", "status", "assigned_at", "changed_at")}
                    for packet in packets
                ],
                "called_on": [call["day"] for call in calls],
                "reads": [dict(read) for read in reads],
            }

    async def erase(self, identity: UUID) -> None:
        """Erase a household's personal data now. Raises `UnknownHouseholdError`, `IsolatingError`."""
        async with self._within() as (tx, city):
            await households.erase(tx, identity, reference=city, now=clock.now())

"""`peduli registry` and the loading of a city: what a person changes in the registry at a terminal."""

from __future__ import annotations

from collections.abc import AsyncIterator, Mapping, Sequence
from contextlib import asynccontextmanager
from datetime import date
from typing import Any

from services.purchases.domain.registry import Change
from services.purchases.domain.review import Answer
from services.purchases.store.reviews import queries
from services.purchases.usecases import registry, reviews
from services.purchases.usecases.registry import Preview
from shared import clock
from shared.database.pool import Transaction, connect
from shared.reference.model import Item, Product, Reference
from shared.reference.rows import Kind, of_kind, read_csv, write_csv

__all__ = ["Answer", "Change", "Kind", "Preview", "read_csv", "write_csv"]


class Registry:
    """The registry of one city, over a database URL whose role may write the schema of purchases."""

    def __init__(self, database_url: str, tenant: str) -> None:
        self._url = database_url
        self._tenant = tenant

    @asynccontextmanager
    async def _within(self) -> AsyncIterator[Transaction]:
        connection = await connect(self._url, "purchases")
        try:
            async with connection.transaction():
                yield connection
        finally:
            await connection.close()

    async def preview(self, kind: Kind, rows: Sequence[Mapping[str, str]]) -> Preview:
        """What a file would change."""
        async with self._within() as tx:
            return await registry.preview(tx, self._tenant, kind, rows)

    async def save(self, items: Sequence[Item]) -> list[Change]:
        """Load items that a preview has found right."""
        async with self._within() as tx:
            return await registry.save(tx, self._tenant, items, now=clock.now())

    async def items(self, kind: Kind, *, retired: bool) -> list[Item]:
        """Items by code: the active ones of today, or those that are retired."""
        async with self._within() as tx:
            city = await registry.city_of(tx, self._tenant)
        today = city.date_of(clock.now())
        return [item for _, item in sorted(of_kind(city, kind).items()) if item.is_active_on(today) != retired]

    async def retire(self, kind: Kind, code: str, day: date | None) -> date:
        """Retire an item; returns its first day out of use."""
        async with self._within() as tx:
            return await registry.retire(tx, self._tenant, kind, code, day, now=clock.now())

    async def restore(self, kind: Kind, code: str) -> None:
        """Take a retirement back."""
        async with self._within() as tx:
            await registry.restore(tx, self._tenant, kind, code, now=clock.now())

    async def reviews(self, status: str) -> list[dict[str, Any]]:
        """New products that purchases told, in one state."""
        async with self._within() as tx:
            return [dict(row) for row in await queries.list_reviews(tx, tenant=self._tenant, status=status)]

    async def accept(self, sku: str, answer: Answer) -> Product:
        """Accept a new product."""
        async with self._within() as tx:
            return await reviews.accept(tx, self._tenant, sku, answer, now=clock.now())

    async def merge(self, sku: str, into: str) -> Product:
        """Make a new product another name of a known one."""
        async with self._within() as tx:
            return await reviews.merge(tx, self._tenant, sku, into, now=clock.now())

    async def reject(self, sku: str, note: str) -> Product:
        """Reject a new product."""
        async with self._within() as tx:
            return await reviews.reject(tx, self._tenant, sku, note, now=clock.now())


async def load_city(tx: Transaction, city: Reference) -> list[Change]:
    """Load a whole city in the schema of purchases, and tell the others what changed in a known one."""
    return await registry.load_city(tx, city, now=clock.now())

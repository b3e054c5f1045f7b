"""A city of the ledger machine on Postgres: the use cases themselves, in one transaction that is rolled back."""

from __future__ import annotations

import asyncio
from collections.abc import Coroutine, Iterator
from datetime import datetime
from typing import Any, TypeVar
from uuid import UUID

import pytest

from services.distribution.domain.adjustment import Adjustment
from services.distribution.domain.allocation.snapshot import Rules
from services.distribution.handlers import on_purchases
from services.distribution.store import laws
from services.distribution.usecases.adjusting import adjust
from services.distribution.usecases.allocate import allocate_city, improve_city
from services.distribution.usecases.households import Keys, register
from services.distribution.usecases.recipients import count_recipients
from services.distribution.usecases.stock import expire, take_in
from services.distribution.usecases.tasks import report, sweep_due
from shared.contracts.envelope import Envelope
from shared.contracts.field import AnyTaskReport, HouseholdReport
from shared.database.pool import connect
from shared.reference.model import Reference
from shared.reference.store import Cities
from tests.support.servers import Databases

T = TypeVar("T")
KEYS = Keys(b"hash", b"seal")


class StoredCity:
    """Depok as a database holds it. Each step is a savepoint, so that a refused one leaves nothing behind."""

    def __init__(self, database_url: str) -> None:
        self._runner = asyncio.Runner()
        self._tx = self._run(connect(database_url, "distribution"))
        self._cities = Cities()
        self._run(self._begin())

    async def _begin(self) -> None:
        await self._cities.reread(self._tx, ["3276"])
        self._outer = self._tx.transaction()
        await self._outer.start()

    def _run(self, work: Coroutine[Any, Any, T]) -> T:
        return self._runner.run(work)

    def _step(self, work: Coroutine[Any, Any, T]) -> T:
        async def within() -> T:
            async with self._tx.transaction():
                return await work

        return self._run(within())

    @property
    def _city(self) -> Reference:
        return self._cities["3276"]

    def take_in(self, event: Envelope, now: datetime) -> None:
        self._step(take_in(self._tx, [event], cities=self._cities, now=now))

    def register(self, reference: str, body: dict[str, Any], now: datetime) -> None:
        told = [("/rt/1", HouseholdReport.model_validate(body))]
        self._step(register(self._tx, told, reference=self._city, keys=KEYS, now=now))

    def allocate(self, now: datetime) -> None:
        self._step(allocate_city(self._tx, reference=self._city, rules=Rules(), now=now))

    def improve(self, now: datetime) -> None:
        work = improve_city(self._tx, reference=self._city, rules=Rules(), now=now, bound=lambda packets: packets)
        self._step(work)

    def report(self, report_: AnyTaskReport, now: datetime) -> None:
        self._step(report(self._tx, [report_], reference=self._city, keys=KEYS, now=now))

    def sweep(self, now: datetime) -> None:
        self._step(sweep_due(self._tx, reference=self._city, now=now))
        self._step(expire(self._tx, reference=self._city, now=now))

    def adjust(self, said: Adjustment, now: datetime) -> None:
        self._step(adjust(self._tx, said, reference=self._city, now=now))

    def count_recipients(self, now: datetime) -> int:
        return self._run(count_recipients(self._tx, city=self._city, now=now))

    def tasks(self) -> list[UUID]:
        return self._ids(
            "select task_id from tasks where goods in ('reserved', 'in_transit') union all (select task_id from tasks"
            " where goods not in ('reserved', 'in_transit') order by changed_at desc, task_id limit 2)"
        )

    def lots(self) -> list[UUID]:
        return self._ids("select lot_id from lots order by lot_id")

    def _ids(self, sql: str) -> list[UUID]:
        return [row[0] for row in self._run(self._tx.fetch(sql))]

    def rows(self, sql: str) -> list[dict[str, Any]]:
        """What the database holds at this step."""
        return [dict(row) for row in self._run(self._tx.fetch(sql))]

    def handle(self, *events: Envelope) -> None:
        """Events reach the lane of purchases and registry together."""

        async def handle() -> None:
            await on_purchases(self._cities)(self._tx, events)

        self._step(handle())

    def damage(self, sql: str) -> None:
        """Change rows behind the back of every trigger and constraint: what no service can."""
        self._run(self._tx.execute(f"set local session_replication_role = replica; {sql}"))

    def breaches_after(self, sql: str) -> list[str]:
        """What would be broken after such a change; nothing of it stays."""
        savepoint = self._tx.transaction()
        self._run(savepoint.start())
        self.damage(sql)
        found = self.breaches()
        self._run(savepoint.rollback())
        return found

    def breaches(self) -> list[str]:
        found = self._run(laws.breaches(self._tx))
        return [f"{breach.law} {breach.subject}: {breach.detail}" for breach in found]

    def keep(self) -> None:
        """Commit, so that others see it, and leave."""
        self._run(self._outer.commit())
        self._leave()

    def close(self) -> None:
        self._run(self._outer.rollback())
        self._leave()

    def _leave(self) -> None:
        self._run(self._tx.close())
        self._runner.close()


@pytest.fixture(scope="session")
async def kept_database(databases: Databases, template: str) -> str:
    """One migrated database with Depok, for tests that roll back whatever they do."""
    return await databases.create("kept", f"template {template}")


@pytest.fixture
def city(kept_database: str) -> Iterator[StoredCity]:
    """A city without goods or households. Its laws hold at the end of the test as well."""
    opened = StoredCity(kept_database)
    yield opened
    assert opened.breaches() == []
    opened.close()

"""Events as the owners tell them, applied to the facts as a lane does it: claimed in order, then projected."""

from __future__ import annotations

import uuid
from collections.abc import AsyncIterator, Iterable, Sequence
from contextlib import asynccontextmanager
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from typing import Any

import asyncpg
import orjson

from services.reporting.store.rebuild import TABLES
from services.reporting.usecases.project import project
from shared.contracts.envelope import Envelope, Outgoing
from shared.database.pool import Transaction
from shared.messaging import inbox, outbox
from shared.reference.store import Cities
from tests.support.servers import World

START = datetime(2021, 7, 22, 3, 0, tzinfo=UTC)
BOTH = ["ASNDepokPeduli", "BeliProdukUMKMDepok"]
Body = dict[str, Any]


def key(name: str) -> str:
    """An id for a name."""
    return str(uuid.uuid5(uuid.NAMESPACE_URL, name))


def event(kind: str, name: str, version: int, body: Body, *, hours: float = 0, tenant: str = "3276") -> Envelope:
    """Version `version` of the aggregate `name`, told `hours` after `START`."""
    told_at = START + timedelta(hours=hours)
    identity = key(f"{kind} {name} {version}")
    return Envelope(identity, f"{kind}.v1", "/owner", tenant, key(name), version, identity, told_at, body)


def bought(name: str, version: int = 1, *, hours: float = 1, tenant: str = "3276", **changes: Any) -> Envelope:
    """A purchase recorded, or (from version 2) corrected: two bags of rice at `START`."""
    body = {
        "purchase_id": key(name),
        "source": "/pos",
        "reference": name,
        "unit_code": "32.76.DKUM",
        "buyer_key": "b1",
        "seller_code": "KOP-BEJI-01",
        "channel": "koperasi_depok",
        "purpose": "donation",
        "programme": "isoman",
        "lines": [{"line_no": 1, "sku": "BERAS-5KG", "quantity": 2, "unit_price_idr": 65000}],
        "total_idr": 130000,
        "pickup_kelurahan": "32.76.06.1001",
        "posts": [{"url_hash": "h", "hashtags": BOTH, "posted_at": None, "by": "asn"}],
        "purchased_at": START.isoformat(),
        **changes,
    }
    kind = "purchase.recorded" if version == 1 else "purchase.corrected"
    return event(kind, name, version, body, hours=hours, tenant=tenant)


def voided(name: str, version: int) -> Envelope:
    """A purchase taken back."""
    return event("purchase.voided", name, version, {"purchase_id": key(name), "reason": "salah_input"}, hours=version)


def packet(
    name: str, status: str, version: int, *, hours: float, household: str, purchase: str, pieces: int = 1
) -> Envelope:
    """A step of the task that brings `pieces` of a purchase to a household."""
    line = {"lot_id": key(f"lot {purchase}"), "purchase_id": key(purchase), "line_no": 1, "sku": "BERAS-5KG"}
    body = {
        "task_id": key(name),
        "household_id": key(household),
        "kelurahan": "32.76.06.1001",
        "at": (START + timedelta(hours=hours)).isoformat(),
        "lines": [{**line, "quantity": pieces}],
    }
    return event(f"task.{status}", name, version, body, hours=hours)


def isolating(name: str, version: int = 1, *, days: float = 10, size: int = 4) -> Envelope:
    """A household of `size` persons that isolates for `days` from `START` on; later versions change it."""
    body = {
        "household_id": key(name),
        "kelurahan": "32.76.06.1001",
        "size": size,
        "groups": [],
        "isolation_from": START.isoformat(),
        "isolation_until": (START + timedelta(days=days)).isoformat(),
    }
    return event("household.registered" if version == 1 else "household.changed", name, version, body)


def released(name: str, version: int, *, hours: float) -> Envelope:
    """The isolation of a household ended."""
    at = (START + timedelta(hours=hours)).isoformat()
    body = {"household_id": key(name), "kelurahan": "32.76.06.1001", "reason": "recovered", "released_at": at}
    return event("household.released", name, version, body, hours=hours)


def pledged(name: str, version: int, sum_idr: int, unit: str = "32.76.DKUM") -> Envelope:
    """A unit's word for the week of 26 July 2021."""
    body = {
        "pledge_id": key(name),
        "unit_code": unit,
        "programme": "isoman",
        "round": "2021-07-26",
        "sum_idr": sum_idr,
        "packets": 1,
        "is_late": version > 1,
        "pledged_at": (START + timedelta(hours=version)).isoformat(),
    }
    return event("pledge.recorded", name, version, body)


def refused(name: str, *codes: str, hours: float = 0) -> Envelope:
    """A submission refused by its reasons."""
    reasons = [{"code": code} for code in codes]
    return event(
        "purchase.rejected", name, 1, {"submission_id": key(name), "source": "/pos", "reasons": reasons}, hours=hours
    )


def spoilt(purchase: str, pieces: int, version: int = 1) -> Envelope:
    """Pieces of a purchase's lot that were not brought in time."""
    body = {"lot_id": key(f"lot {purchase}"), "purchase_id": key(purchase), "line_no": 1, "sku": "BERAS-5KG"}
    at = (START + timedelta(days=3)).isoformat()
    return event("lot.expired", f"lot {purchase}", version, {**body, "quantity": pieces, "at": at})


def counted(name: str, first: str, last: str, *, warga: int, aparatur: int = 0) -> Envelope:
    """A count of the packets of some weeks: one to each household, two pieces in each."""
    body = {"count_id": key(name), "programme": "isoman", "first": first, "last": last}
    groups = {"warga": warga, "aparatur": aparatur}
    told = {group: {"households": n, "packets": n, "pieces": 2 * n} for group, n in groups.items()}
    return event("recipients.counted", name, 1, body | told)


async def log(tx: Transaction, events: Sequence[Envelope]) -> None:
    """Append events to the logs and outboxes of their owners, as these do."""
    owners: dict[str, list[Outgoing]] = {"purchases": [], "distribution": []}
    for told in events:
        assert told.time
        owner = "purchases" if told.type.startswith(("purchase.", "pledge.")) else "distribution"
        ids = told.tenant, told.aggregate, told.version, told.correlation_id
        owners[owner].append(Outgoing(uuid.UUID(told.event_id), told.type, *ids, told.time, orjson.dumps(told.data)))
    for owner, told_by in owners.items():
        await tx.execute(f"set search_path to {owner}")
        await outbox.append(tx, told_by, source=f"/peduli/{owner}")
    await tx.execute("reset search_path")


@dataclass
class Facts:
    """The facts of a database, and the cities they are of."""

    connection: asyncpg.Connection[asyncpg.Record]
    cities: Cities

    async def apply(self, *batches: Sequence[Envelope]) -> None:
        """Each batch in a transaction; what came before its turn waits, as in a lane."""
        waiting: Sequence[Envelope] = ()
        for batch in batches:
            async with self.connection.transaction():
                fresh, found = await inbox.claim_in_order(self.connection, "test", [*waiting, *batch])
                waiting = found.waiting
                await project(self.connection, fresh, cities=self.cities)
        assert not waiting

    async def forget(self) -> None:
        """Empty every table."""
        tables = ", ".join((*TABLES, "inbox", "aggregate_versions"))
        await self.connection.execute(f"truncate {tables}")

    async def content(self) -> dict[str, list[str]]:
        """Every row of every table as text; when it was applied is left out."""
        found = {}
        for table in TABLES:
            row = "(tenant, topic, last_event_at)" if table == "freshness" else "t"
            rows = await self.connection.fetch(f"select {row}::text as row from {table} t order by 1")
            found[table] = [row["row"] for row in rows]
        return found

    async def read(self, sql: str) -> list[dict[str, Any]]:
        """Rows of the published views, numbers as Python's."""
        return [dict(row) for row in await self.connection.fetch(sql)]


@asynccontextmanager
async def facts_of(world: World) -> AsyncIterator[Facts]:
    """The facts of a test's database."""
    connection = await asyncpg.connect(world.database_url, server_settings={"search_path": "facts"})
    try:
        cities = Cities()
        async with connection.transaction(isolation="repeatable_read", readonly=True):
            await cities.refresh(connection)
        yield Facts(connection, cities)
    finally:
        await connection.close()


def flat(histories: Iterable[Iterable[Envelope]]) -> list[Envelope]:
    """All events of all aggregates."""
    return [item for history in histories for item in history]

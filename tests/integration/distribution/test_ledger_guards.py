"""The database itself refuses what would lose or double a piece, whoever asks."""

from __future__ import annotations

import re
from collections.abc import AsyncIterator
from datetime import timedelta
from uuid import UUID

import asyncpg
import pytest

from services.distribution.domain.allocation.rules import SAME_KELURAHAN, reach
from services.distribution.domain.allocation.snapshot import Rules
from services.distribution.domain.stock import CHART, COLD_HOURS, Lot, Movement
from services.distribution.store import stock as store
from shared.clock import now
from shared.database.pool import Transaction, connect

LOT = UUID(int=1)


@pytest.fixture
async def tx(kept_database: str) -> AsyncIterator[Transaction]:
    """A transaction over one lot of five pieces."""
    connection = await connect(kept_database, "distribution")
    transaction = connection.transaction()
    await transaction.start()
    try:
        lot = Lot(LOT, UUID(int=2), 1, "BERAS-5KG", "32.76.06.1001", 5, now() + timedelta(days=9))
        await store.append_lots(connection, [("3276", lot)], {})
        await store.append_movements(connection, [Movement(LOT, "bought", "available", 5, "purchase:2:1")], now())
        yield connection
    finally:
        await transaction.rollback()
        await connection.close()


async def balances(tx: Transaction) -> dict[str, int]:
    lot = (await store.load_lots(tx, [LOT]))[LOT]
    return {account: pieces for account, pieces in lot.balances.items() if pieces}


@pytest.mark.parametrize(
    "statement",
    [
        "update stock_entries set quantity = 4",
        "delete from stock_entries",
        "truncate stock_entries",
        "update lots set available = available - 1, delivered = delivered + 1",
        "update lots set bought = bought + 1, available = available + 1",
        "insert into lots (lot_id, tenant, purchase_id, line_no, sku, kelurahan, expires_at, bought, available)"
        " select gen_random_uuid(), tenant, purchase_id, 2, sku, kelurahan, expires_at, 1, 1 from lots",
        "delete from lots",
        "insert into stock_entries (lot_id, from_account, to_account, quantity, cause, at)"
        " select lot_id, 'delivered', 'available', 1, 'x', now() from lots",
        "insert into stock_entries (lot_id, from_account, to_account, quantity, cause, at)"
        " select lot_id, 'available', 'reserved', 6, 'x', now() from lots",
        "insert into stock_entries (lot_id, from_account, to_account, quantity, cause, at)"
        " select lot_id, 'available', 'reserved', 0, 'x', now() from lots",
        "insert into stock_entries (lot_id, from_account, to_account, quantity, cause, at)"
        " select gen_random_uuid(), 'bought', 'available', 1, 'x', now()",
    ],
)
async def test_what_would_break_the_ledger_is_refused(tx: Transaction, statement: str) -> None:
    with pytest.raises(asyncpg.IntegrityConstraintViolationError):
        async with tx.transaction():
            await tx.execute(statement)
    assert await balances(tx) == {"bought": 5, "available": 5}


async def test_a_cause_moves_pieces_once(tx: Transaction) -> None:
    for _ in range(2):
        movements = [
            Movement(LOT, "available", "reserved", 2, "task:7:1"),
            Movement(LOT, "bought", "available", 5, "purchase:2:1"),
        ]
        await store.append_movements(tx, movements, now())
    assert await balances(tx) == {"bought": 5, "available": 3, "reserved": 2}


async def test_the_database_has_the_chart_of_the_domain(tx: Transaction) -> None:
    found = await tx.fetchval(
        "select pg_get_constraintdef(oid) from pg_constraint where conname = 'stock_entries_follow_the_chart'"
    )
    pairs = {f"{source}>{target}" for source, targets in CHART.items() for target in targets}
    assert set(re.findall(r"'(\w+>\w+)'", found)) == pairs


async def test_the_laws_know_how_far_cold_goods_go(tx: Transaction) -> None:
    law = await tx.fetchval("select pg_get_viewdef('unfit_packets')")
    assert "(l.storage <> 'ambient'::text)" in law
    assert "(o.kelurahan <> t.kelurahan)" in law
    assert {reach(storage, Rules()) for storage in COLD_HOURS} == {SAME_KELURAHAN}

"""At each moment of a purchase's life v1_trace says where its pieces are, as the ledger of distribution does."""

from __future__ import annotations

from typing import Any

from tests.support.eventually import eventually
from tests.support.journey import household, one_task, query, recent, register, report, services, tell
from tests.support.servers import World

TRACE = """select bought, over_delivered, on_the_way, delivered, expired, in_stock from reporting.v1_trace"""
LEDGER = """select bought, over_delivered, reserved + in_transit as on_the_way, delivered, expired,
  available as in_stock
  from distribution.lots"""
RICE = {"sku": "BERAS-5KG", "unit_price_idr": 65000}


def rice(pieces: int) -> dict[str, Any]:
    return {"lines": [{**RICE, "quantity": pieces}], "total_idr": 65000 * pieces}


async def agree(world: World, **where: int) -> None:
    """Wait until the ledger has `where`, and then until the trace says the same; they sum to what was bought."""
    ledger = await eventually(
        lambda: query(world, LEDGER), lambda rows: bool(rows) and where.items() <= rows[0].items()
    )
    await eventually(lambda: query(world, TRACE), lambda rows: rows == ledger)
    (row,) = ledger
    places = ("on_the_way", "delivered", "expired", "in_stock")
    assert sum(row[place] for place in places) == row["bought"] + row["over_delivered"]


async def test_the_trace_sums_at_each_moment(world: World) -> None:
    async with services(world) as (_, field, _reporting):
        await register(field)
        told = recent(**rice(4))
        await tell(world, told)
        task = (await one_task(field))["task_id"]
        (sent,) = [row["on_the_way"] for row in await query(world, LEDGER)]
        await agree(world, bought=4, on_the_way=sent, in_stock=4 - sent)
        await tell(world, {**told, **rice(6)}, "purchase.correction_submitted")
        await agree(world, bought=6, on_the_way=sent)
        await report(field, task, "accept")
        await report(field, task, "fail", reason="moved")
        await agree(world, on_the_way=sent)
        leaving = household(released="moved")
        await field.post("/v1/households", json=leaving, headers={"Peduli-Source": "/rt/1"})
        await report(field, task, "return")
        await agree(world, on_the_way=0, in_stock=6)
        await register(field, reference="KK-2")
        again = (await one_task(field))["task_id"]
        await report(field, again, "deliver", proof_kind="witness", proof="ketua RT")
        await agree(world, delivered=sent, on_the_way=0, in_stock=6 - sent)
        await tell(world, {"reference": "KOP-1", "reason": "salah_input"}, "purchase.void_submitted")
        await agree(world, bought=0, over_delivered=sent, delivered=sent, in_stock=0)


async def test_what_spoils_is_traced_too(world: World) -> None:
    async with services(world):
        await tell(world, recent(**rice(3)))
        await agree(world, bought=3, in_stock=3)
    await query(world, "update distribution.lots set expires_at = now()")
    async with services(world):  # it looks for what is spoilt as soon as it starts
        await agree(world, expired=3, in_stock=0)

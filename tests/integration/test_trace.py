"""`peduli trace` follows any id, from a receipt's number to a doorstep and back."""

from __future__ import annotations

import asyncio
import contextlib
import io
from collections.abc import AsyncIterator
from typing import Any

import pytest
from rich.console import Console

import services.distribution.app as distribution
import services.purchases.app as purchases
import services.reporting.app as reporting
from peduli import trace
from tests.support.eventually import eventually
from tests.support.journey import household, query, recent, report
from tests.support.publish import SOURCE, message, publish, purchase
from tests.support.running import caller, serving
from tests.support.servers import World

NUMBER = "INV/2021/07/1"
KEY = "3276.purchase.submitted.v1"
ONE_PIECE = {"lines": [{"sku": "BERAS-5KG", "quantity": 1, "unit_price_idr": 65000}], "total_idr": 65000}


@contextlib.asynccontextmanager
async def delivered(world: World) -> AsyncIterator[dict[str, str]]:
    """A purchase told over AMQP whose packet is at the door, and one that was refused."""
    settings = world.settings()
    async with (
        serving(purchases.service(settings)) as one,
        serving(distribution.service(settings)) as two,
        serving(reporting.service(settings)) as three,
        caller(two) as field,
    ):
        await field.post("/v1/households", json=household(), headers={"Peduli-Source": "/rt/1"})
        wrong = purchase("KOP-SALAH", unit_code="x")
        told = [
            (message(recent(NUMBER, **ONE_PIECE), ce_id="receipt-1"), KEY),
            (message(wrong, ce_id="receipt-2"), KEY),
        ]
        await publish(world.rabbitmq.url, told)
        (task,) = await eventually(lambda: query(world, "select task_id from distribution.tasks"), bool)
        done = await report(field, str(task["task_id"]), "deliver", proof_kind="witness", proof="ketua RT")
        assert done.status_code == 200
        shown = "select 1 from reporting.v1_trace where delivered > 0"
        await eventually(lambda: query(world, shown), bool)
        yield {"purchases": one, "distribution": two, "reporting": three}


IDS = {
    "purchase": "select purchase_id from purchases.purchases",
    "submission": "select submission_id from purchases.submissions where outcome = 'recorded'",
    "event": "select event_id from purchases.event_log where type = 'purchase.recorded.v1'",
    "lot": "select lot_id from distribution.lots",
    "task": "select task_id from distribution.tasks",
    "packet": "select packet_id from distribution.tasks",
    "household": "select household_id from distribution.tasks",
    "task event": "select event_id from distribution.event_log where type = 'task.delivered.v1'",
    "field report": "select report_id from distribution.field_reports",
    "reference": f"select '{NUMBER}'",
}


async def follow(identity: Any, urls: dict[str, str], source: str = "") -> dict[str, Any]:
    return await asyncio.to_thread(trace.follow, str(identity), urls, "3276", source=source)


def shown(found: dict[str, Any]) -> str:
    console = Console(file=io.StringIO(), width=200)
    trace.render(found, console)
    return str(console.file.getvalue())  # type: ignore[attr-defined]


async def test_any_id_leads_from_the_rupiah_to_the_door(world: World) -> None:
    async with delivered(world) as urls:
        for kind, sql in IDS.items():
            (row,) = await query(world, sql)
            found = await follow(next(iter(row.values())), urls)
            assert [item["reference"] for item in found["purchases"]] == [NUMBER], kind
            assert {item["status"] for item in found["packets"]} == {"delivered"}, kind
            assert [line["bought"] for line in found["reporting"]] == [1], kind
            text = shown(found)
            assert "Rp65.000" in text
            assert "sampai di pintu (tim-1)" in text
            assert "1 sampai = 1: cocok" in text
            assert "belum sama" not in text
        assert (await follow("receipt-1", urls, SOURCE))["purchases"][0]["reference"] == NUMBER


async def test_what_was_refused_and_who_waits_are_told_too(world: World) -> None:
    async with delivered(world) as urls:
        refused = await follow("KOP-SALAH", urls)
        assert refused["purchases"][0]["now"] is None
        assert "UNKNOWN_UNIT" in shown(refused)
        assert refused == await follow("receipt-2", urls, SOURCE)
        async with caller(urls["distribution"]) as field:
            hungry = await field.post("/v1/households", json=household("KK-2"), headers={"Peduli-Source": "/rt/1"})
        identity = hungry.json()["household_id"]
        waits = f"select 1 from distribution.waiting where household_id = '{identity}'"
        await eventually(lambda: query(world, waits), bool)
        waiting = await follow(identity, urls)
        assert waiting["household"]["waits_because"]
        assert waiting["packets"] == []
        with pytest.raises(trace.TraceError):
            await follow("tidak-ada", urls)


async def test_a_number_that_two_sources_know_asks_which(world: World) -> None:
    async with serving(purchases.service(world.settings())) as url, caller(url) as client:
        for source, unit in (("/pos/a", "32.76.DKUM"), ("/pos/b", "32.76.06")):
            await client.post("/v1/purchases", json=purchase(unit_code=unit), headers={"Peduli-Source": source})
        urls = {"purchases": url, "distribution": url, "reporting": url}
        with pytest.raises(trace.TraceError) as error:
            await follow("KOP-1", urls)
        assert error.value.hint.endswith("/pos/a, /pos/b")
        assert (await follow("KOP-1", urls, "/pos/b"))["purchases"][0]["source"] == "/pos/b"


async def test_who_told_of_anothers_receipt_learns_it_and_is_led_to_it(world: World) -> None:
    async with serving(purchases.service(world.settings())) as url, caller(url) as client:
        for source in ("/pos/a", "/unit/b"):
            await client.post("/v1/purchases", json=purchase(), headers={"Peduli-Source": source})
        told = await client.get("/v1/submissions", params={"source": "/unit/b", "reference": "KOP-1"})
        assert [(item["outcome"], item["told_by"]) for item in told.json()] == [("known", "/pos/a")]
        urls = {"purchases": url, "distribution": url, "reporting": url}
        (found,) = (await follow("KOP-1", urls, "/unit/b"))["purchases"]
        assert (found["source"], len(found["submissions"])) == ("/pos/a", 2)


async def test_what_became_of_one_event_is_told_apart_from_others_of_its_number(world: World) -> None:
    async with serving(purchases.service(world.settings())) as url, caller(url) as client:
        for event_id, body in (("e1", purchase(NUMBER)), ("e2", purchase(NUMBER, purpose="own_use"))):
            await publish(world.rabbitmq.url, [(message(body, ce_id=event_id), KEY)])

            async def answer(event_id: str = event_id) -> list[Any]:
                asked = {"source": SOURCE, "event_id": event_id}
                found = await client.get("/v1/submissions", params=asked)
                return list(found.json()) if found.status_code == 200 else []

            await eventually(answer, bool)
        assert (await answer("e1"))[0]["outcome"] == "recorded"
        assert (await answer("e2"))[0]["reasons"][0]["code"] == "DUPLICATE_CONFLICT"
        both = await client.get("/v1/submissions", params={"source": SOURCE, "reference": NUMBER})
        assert [item["outcome"] for item in both.json()] == ["rejected", "recorded"]
        assert (await client.get("/v1/submissions", params={"source": SOURCE})).status_code == 404

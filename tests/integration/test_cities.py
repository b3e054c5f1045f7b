"""Several cities on the same services, broker and database: what is alike in two of them never mixes."""

from __future__ import annotations

import asyncio
import dataclasses
from typing import Any

import httpx
import pytest

from peduli.prepare import load_city, loaded_cities
from services.reporting.cli import differences
from shared.reference.load import load
from tests.support.eventually import eventually
from tests.support.journey import household, one_task, query, recent, register, services, sums, tell
from tests.support.publish import purchase_in
from tests.support.servers import World
from tests.support.terminal import type_

DEPOK, BANDUNG = load("3276"), load("3273")
REPORT = "00000000-0000-0000-0000-000000000007"  # both cities' teams give their reports the same id


def alike(pieces: int, city: Any = DEPOK, **more: Any) -> dict[str, Any]:
    """Purchases that are told apart by their city alone: source, reference, seller code and sku are equal."""
    lines = [{"sku": "BERAS-5KG", "quantity": pieces, "unit_price_idr": 65000}]
    return purchase_in(city, lines=lines, total_idr=pieces * 65000, **more)


def type_load(world: World, code: str) -> str:
    """What `peduli city load` prints, as an operator types it."""
    servers = {"PEDULI_DATABASE_URL": world.database_url, "PEDULI_AMQP_URL": world.rabbitmq.url}
    keys = {"PEDULI_HASH_KEY": "hash-key-of-tests", "PEDULI_SEAL_KEY": "seal-key-of-tests"}
    done = type_(("city", "load", code), servers | keys)
    assert done.code == 0, done.err
    return done.out


async def deliver(client: httpx.AsyncClient, task: str) -> httpx.Response:
    body = {"report_id": REPORT, "task_id": task, "team": "tim-1", "kind": "deliver"}
    return await client.post(f"/v1/tasks/{task}/reports", json={**body, "proof_kind": "witness", "proof": "ketua RT"})


async def test_what_is_alike_in_two_cities_never_mixes(world: World) -> None:
    assert type_load(world, "3273").endswith("it is served within seconds\n")
    async with services(world) as (shop, door, tallies):
        depok, bandung = (door.speaking_for(city.tenant) for city in (DEPOK, BANDUNG))
        homes = [
            await register(client, kelurahan=city.kelurahan[0]) for client, city in ((depok, DEPOK), (bandung, BANDUNG))
        ]
        assert homes[0] != homes[1]
        await tell(world, alike(2), ce_id="one")
        await tell(world, alike(3, BANDUNG), tenant="3273", ce_id="one")
        tasks = [
            (await one_task(client, city.kelurahan[0]))["task_id"]
            for client, city in ((depok, DEPOK), (bandung, BANDUNG))
        ]
        crossed = """select count(*) as n from distribution.tasks t join distribution.task_lines using (task_id)
          join distribution.lots l using (lot_id) join distribution.households h using (household_id)
          where t.tenant <> l.tenant or t.tenant <> h.tenant"""
        assert await query(world, crossed) == [{"n": 0}]
        assert [(await sums(client))["bought"] for client in (depok, bandung)] == [2, 3]

        assert (await deliver(bandung, tasks[0])).status_code == 404  # nobody reports about another city's task
        for client, task in ((depok, tasks[0]), (bandung, tasks[1])):
            assert (await deliver(client, task)).json()["outcome"] == "delivered"

        stored = await query(world, "select tenant, purchase_id from purchases.purchases order by tenant desc")
        assert [row["tenant"] for row in stored] == ["3276", "3273"]
        bought = str(stored[0]["purchase_id"])
        trace, empty = f"/v1/trace/{bought}", (404, 404, 404)
        lines = await eventually(lambda: tallies.get(trace), lambda answer: answer.status_code == 200)
        assert [line["bought"] for line in lines.json()] == [2]
        foreign = (
            await shop.speaking_for("3273").get(f"/v1/purchases/{bought}"),
            await bandung.get(trace),
            await tallies.speaking_for("3273").get(trace),
        )
        assert tuple(answer.status_code for answer in foreign) == empty

        await tell(
            world, {"reference": "KOP-1", "reason": "salah_input"}, "purchase.void_submitted", "3273", ce_id="two"
        )
        spend = "select tenant, channel, spend_idr from reporting.v1_channel_tally where purchases > 0"
        wanted = [{"tenant": "3276", "channel": "koperasi_depok", "spend_idr": 130000}]
        await eventually(lambda: query(world, spend), lambda rows: rows == wanted)
        taken_back = await eventually(lambda: sums(bandung), lambda seen: "over_delivered" in seen)
        assert "bought" not in taken_back
        assert (await sums(depok))["bought"] == 2
        assert await differences(world.database_url) == []


async def test_what_is_loaded_is_what_the_files_say_and_may_be_loaded_again(world: World) -> None:
    for city in (BANDUNG, BANDUNG, dataclasses.replace(BANDUNG, name="Bandung")):
        await load_city(world.database_url, city)
        assert await loaded_cities(world.database_url) == [DEPOK, city]


async def test_tallies_of_a_channel_and_a_day_are_kept_by_city(world: World) -> None:
    await load_city(world.database_url, BANDUNG)
    async with services(world):
        await tell(world, alike(2, seller_code="BINA-DKUM-01"), ce_id="one")
        await tell(world, alike(3, BANDUNG, seller_code="BINA-DKPP-01"), tenant="3273", ce_id="one")
        tally = """select tenant, items, spend_idr from reporting.v1_channel_tally
          where channel = 'umkm_binaan_opd' order by 1"""
        wanted = [
            {"tenant": "3273", "items": 3, "spend_idr": 195000},
            {"tenant": "3276", "items": 2, "spend_idr": 130000},
        ]
        await eventually(lambda: query(world, tally), lambda rows: rows == wanted)
        posts = """select distinct tenant, hashtag_compliance_percent::int as percent
          from reporting.v1_unit_tally where posts > 0"""
        assert sorted(tuple(row.values()) for row in await query(world, posts)) == [("3273", 100), ("3276", 100)]
    assert await differences(world.database_url) == []


async def test_a_city_is_loaded_while_the_services_run(world: World) -> None:
    async with services(world) as (shop, door, _tallies):
        early, place = purchase_in(BANDUNG, "TOO-EARLY"), BANDUNG.kelurahan[0]
        await tell(world, early, tenant="3273")
        refused = "select tenant, outcome, reasons->0->>'code' as code from purchases.submissions"
        wanted = [{"tenant": "3273", "outcome": "rejected", "code": "UNKNOWN_CITY"}]
        await eventually(lambda: query(world, refused), lambda rows: rows == wanted)
        home = household("KK-EARLY", kelurahan=place)
        await tell(world, home, "household.report_submitted", "3273")
        parked = "select reason, routing_key from distribution.parked where state = 'parked'"
        waits = [{"reason": "UNKNOWN_CITY", "routing_key": "3273.household.report_submitted.v1"}]
        await eventually(lambda: query(world, parked), lambda rows: rows == waits)
        answer = await shop.speaking_for("3273").post("/v1/purchases", json=early, headers={"Peduli-Source": "/x"})
        assert (answer.status_code, answer.json()["reasons"][0]["code"]) == (422, "UNKNOWN_CITY")

        said = await asyncio.to_thread(type_load, world, "3273")
        assert (
            f"Kota Bandung: {len(BANDUNG.units)} units, {len(BANDUNG.kelurahan)} kelurahan" in said
        )  # logs stand beside
        bandung = door.speaking_for("3273")
        asking = {"kelurahan": place}
        await eventually(lambda: bandung.get("/v1/tasks", params=asking), lambda answer: answer.status_code == 200)
        await eventually(lambda: query(world, parked), lambda rows: rows == [])  # it was tried again by itself

        async def send() -> int:
            answer = await shop.speaking_for("3273").post("/v1/purchases", json=early, headers={"Peduli-Source": "/x"})
            return answer.status_code

        await eventually(send, lambda status: status == 202)
        await one_task(bandung, place)
        tally = "select tenant, purchases::int from reporting.v1_unit_tally where purchases > 0"
        await eventually(lambda: query(world, tally), lambda rows: rows == [{"tenant": "3273", "purchases": 1}])


@pytest.mark.parametrize("said", ["3273", "9999"])
async def test_a_message_that_names_another_city_than_its_key_is_parked(world: World, said: str) -> None:
    async with services(world):
        await tell(world, recent("LIE"), ce_tenant=said)
        await tell(world, recent("TRUE"), ce_tenant="3276")
        references = "select reference from purchases.purchases"
        await eventually(lambda: query(world, references), lambda rows: rows == [{"reference": "TRUE"}])
        parked = "select reason, routing_key, retry_at from purchases.parked"
        wanted = {"reason": "WRONG_TENANT", "routing_key": "3276.purchase.submitted.v1", "retry_at": None}
        await eventually(lambda: query(world, parked), lambda rows: rows == [wanted])

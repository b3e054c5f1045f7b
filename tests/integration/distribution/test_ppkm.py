"""While a city is under PPKM its rule stands where it is needed; moral help is told as counts, apart from packets."""

from __future__ import annotations

import json
from collections.abc import AsyncIterator
from dataclasses import replace
from datetime import timedelta
from typing import Any

import pytest

from shared.clock import now
from shared.reference.load import load
from shared.reference.model import PpkmPeriod
from tests.support import coordinators
from tests.support.coordinators import add_coordinator
from tests.support.journey import query
from tests.support.officers import key_of, peduli
from tests.support.running import browser
from tests.support.servers import World, bring
from tests.support.volunteers import PEOPLE, add_team, doors, enter

RULE = "Di rumah saja bila dapat, jangan bepergian ke luar kota."
JAKARTA = (-6.1754, 106.8272)


def family(number: int) -> dict[str, Any]:
    """The second household is told with a position that is not in Depok."""
    lat, lon = JAKARTA if number == 2 else (None, None)
    return {"rw": 1, "people": {**PEOPLE, "name": "Ibu", "address": f"Jl. {number}", "lat": lat, "lon": lon}}


@pytest.fixture
async def address(world: World) -> AsyncIterator[str]:
    """Two doors of Beji, in a city under PPKM."""
    depok = load("3276")
    today, day = depok.date_of(now()), timedelta(days=1)
    period = PpkmPeriod("darurat", 2, "PPKM Darurat", today - day, today + day, RULE, True)
    await bring(world, replace(depok, ppkm_periods={"darurat": period}))
    add_team(world)
    add_coordinator(world)
    async with doors(world, 2, told=family) as served:
        yield served


async def test_the_rule_stands_at_each_door_and_on_a_households_page_and_no_way_leads_out_of_the_city(
    world: World, address: str
) -> None:
    rows = await query(world, "select task_id, household_id from distribution.tasks")
    async with browser(address) as client:
        key = await enter(client, world)
        read = {"kunci": key}
        assert (await client.get("/lapangan")).text.count(RULE) == 1
        for _ in range(2):  # the button pressed twice, or once more on a page of before, is one
            await client.post("/lapangan/protokol", data=read)
        tasks = [f"{row['task_id']} 1" for row in rows]
        await client.post("/lapangan/ambil", data={"kunci": key, "tugas": tasks, "diambil": "ya"})
        page = (await client.get("/lapangan")).text
        assert (page.count(RULE), page.count("Sudah kami baca")) == (2, 0)  # at each door, and nothing to press
        assert page.count("Posisi pintu ini di luar kota") == 1
        home = (await client.post(f"/v1/households/{rows[0]['household_id']}/page")).json()["path"]
        assert RULE in (await client.get(home)).text
    kept = await query(world, "select * from distribution.protocol_counts")
    assert [(row["period"], row["version"], row["acknowledged"]) for row in kept] == [("darurat", 2, 1)]


async def test_calls_and_what_was_read_are_counts_apart_from_packets(world: World, address: str) -> None:
    rows = await query(world, "select household_id from distribution.tasks")
    async with browser(address) as rt, browser(address) as client:
        await rt.post("/keluarga/masuk", data={"kunci": key_of(await rt.get("/keluarga/masuk"))})
        for row in (rows[0], *rows):
            path = f"/keluarga/{row['household_id']}"
            said = {"kunci": key_of(await rt.get(path))}
            assert (await rt.post(f"{path}/ditelepon", data=said)).headers["location"] == path
        page = (await rt.get(path)).text
        assert ("sudah ditelepon" in page, "Sudah ditelepon hari ini" in page) == (True, False)
        await client.post("/lapangan/protokol", data={"kunci": await enter(client, world)})
        await coordinators.enter(client, world)
        overview = (await client.get("/koordinator")).text
    kept = json.loads(peduli(world, "household", "export", str(row["household_id"]), "--reason", "asked by the family"))
    assert len(kept["called_on"]) == 1
    assert "Sampai sekarang 0 paket (0 barang) ada di depan pintu" in overview
    assert "2 kali keluarga di sini ditelepon. Protokol dibaca 1 kali." in overview

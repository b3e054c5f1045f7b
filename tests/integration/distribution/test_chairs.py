"""An RT or RW chair is a packet's last hand where the city says so, and nowhere else at any door."""

from __future__ import annotations

import dataclasses

import pytest

from peduli.prepare import load_city
from shared.reference.load import load
from tests.support.coordinators import add_coordinator
from tests.support.coordinators import enter as enter_as_coordinator
from tests.support.journey import KELURAHAN, query, report
from tests.support.running import caller
from tests.support.servers import World
from tests.support.volunteers import TEAM, add_team, doors, enter


@pytest.mark.parametrize("by_chair", [True, False])
async def test_a_packet_is_left_with_a_chair_where_the_city_says_so(world: World, by_chair: bool) -> None:
    depok = load("3276")
    here = dataclasses.replace(depok.regions[KELURAHAN], by_chair=by_chair)
    await load_city(world.database_url, dataclasses.replace(depok, regions={**depok.regions, KELURAHAN: here}))
    add_team(world)
    add_coordinator(world)
    async with doors(world, 1) as address, caller(address) as client:
        task = str((await query(world, "select task_id from distribution.tasks"))[0]["task_id"])
        await report(client, task, "accept", team=TEAM)
        key = await enter(client, world)
        page = (await client.get("/lapangan")).text
        assert ("Titipkan kepada ketua" in page) == by_chair
        form = {"kunci": key, "tugas": task, "versi": "2", "jenis": "handover", "kepada": "rt"}
        given = await client.post("/lapangan/laporan", data=form, headers={"Accept": "text/html"})
        refused = "Di kelurahan ini paket tidak dititipkan kepada ketua RT atau RW."
        assert (refused in (await client.get(given.headers["location"])).text) != by_chair
        again = await report(client, task, "handover", team=TEAM, to="rw")
        assert again.json()["outcome"] == ("accepted" if by_chair else "NO_CHAIRS_HERE")
        await enter_as_coordinator(client, world)
        sheet = (await client.get("/koordinator/kertas", params={"tim": TEAM})).text
        assert ("kepada ketua RT" in sheet) == by_chair
        (state,) = await query(world, "select status, custody from distribution.tasks")
        assert state == {"status": "accepted", "custody": "rw" if by_chair else "team"}
        assert (await client.get("/v1/conflicts")).json() == []  # no coordinator can decide that it went there

"""A coordinator cuts off a phone that was lost, and answers what a household says is missing."""

from __future__ import annotations

from collections.abc import AsyncIterator

import pytest

from tests.support import coordinators
from tests.support.coordinators import add_coordinator
from tests.support.journey import query, report
from tests.support.officers import key_of
from tests.support.running import browser
from tests.support.servers import World
from tests.support.volunteers import TEAM, add_team, doors, enter

ELSEWHERE, WHY = "32.76.06.1002", "sudah dicek di lumbung"


@pytest.fixture
async def address(world: World) -> AsyncIterator[str]:
    """A door of Beji with its team, and coordinators of here and of the next kelurahan."""
    add_team(world)
    add_coordinator(world)
    add_coordinator(world, "koordinator-tetangga", ELSEWHERE)
    async with doors(world, 1) as served:
        yield served


async def test_a_lost_phone_is_cut_off_at_once_and_no_other(world: World, address: str) -> None:
    async with browser(address) as lost, browser(address) as kept, browser(address) as desk:
        await enter(lost, world)
        await enter(kept, world)
        told = "select session_id from distribution.seat_sessions where seat = 'tim-beji' order by begun_at"
        (device, _) = (str(row["session_id"]) for row in await query(world, told))
        path, form = f"/koordinator/tim/perangkat/{device}", {"tim": TEAM, "alasan": "ponsel hilang"}
        form["kunci"] = await coordinators.enter(desk, world, "koordinator-tetangga")
        assert device not in (await desk.get("/koordinator")).text
        assert (await desk.post(path, data=form)).status_code == 404
        assert (await lost.get("/lapangan")).status_code == 200
        form["kunci"] = await coordinators.enter(desk, world)
        page = (await desk.get("/koordinator")).text
        assert "Perangkat (2)" in page
        assert path in page
        assert (await desk.post(path, data=form)).headers["location"].endswith("kabar=cut_off")
        refused = await lost.get("/lapangan", follow_redirects=True)
        assert "Perangkat ini sudah dikeluarkan" in refused.text
        assert refused.headers["clear-site-data"] == '"cache", "storage"'
        assert (await kept.get("/lapangan")).status_code == 200
        assert (await desk.post(path, data=form)).headers["location"].endswith("kabar=NOT_SIGNED_IN")  # pressed twice
        assert "Perangkat (1)" in (await desk.get("/koordinator")).text
    (act,) = await query(world, "select kind, coordinator, team, reason from distribution.coordinator_acts")
    assert tuple(act.values()) == ("cut_off", coordinators.NAME, TEAM, "ponsel hilang")


async def test_what_a_household_misses_is_answered_once_on_its_page(world: World, address: str) -> None:
    (row,) = await query(world, "select task_id, household_id from distribution.tasks")
    task, sentence = str(row["task_id"]), "Yang kurang kami antarkan menyusul."
    async with browser(address) as home, browser(address) as desk:
        page = (await home.post(f"/v1/households/{row['household_id']}/page")).json()["path"]
        await report(home, task, "accept", team=TEAM)
        await report(home, task, "deliver", team=TEAM, proof_kind="witness", proof="Kader")
        path = f"/koordinator/paket/{task}/jawaban"
        form = {"jawab": "to_come", "alasan": WHY, "kunci": await coordinators.enter(desk, world)}
        assert (await desk.post(path, data=form)).headers["location"].endswith("kabar=NO_OPEN_CASE")  # nobody asked
        said = {"kunci": key_of(await home.get(page)), "tugas": task, "jawab": "incomplete", "kurang": "BERAS-5KG"}
        assert (await home.post(f"{page}/jawaban", data=said)).status_code == 303
        assert "dijawab paling lambat" in (await home.get(page)).text
        assert "Kata keluarga" in (await desk.get("/koordinator")).text
        assert sentence in (await desk.get(f"/koordinator/paket/{task}")).text
        assert (await desk.post(path, data={**form, "jawab": "x"})).status_code == 404
        assert (await desk.post(path, data=form)).headers["location"].endswith("kabar=answer_case")
        again = await desk.post(path, data={**form, "jawab": "checked"})
        assert again.headers["location"].endswith("kabar=NO_OPEN_CASE")  # the first answer is the last
        shown = (await home.get(page)).text
        assert sentence in shown
        assert not any(word in shown for word in ("dijawab paling lambat", WHY, coordinators.NAME))
        assert "Kata keluarga" not in (await desk.get("/koordinator")).text
        (case,) = (await home.get("/v1/cases")).json()
        assert (case["reply"], case["replied_at"] is not None) == ("to_come", True)

"""Kind words on their way to a household, and teams that do not gather at a lumbung."""

from __future__ import annotations

import asyncio
import contextlib
import re
from collections.abc import AsyncIterator
from datetime import UTC, datetime
from typing import Any

import httpx
import pytest

from services.distribution.domain.moral import MOST_WAITING
from shared.ids import derived_id
from tests.support import coordinators
from tests.support.coordinators import add_coordinator
from tests.support.journey import query, report
from tests.support.officers import key_of, peduli
from tests.support.servers import World
from tests.support.volunteers import TEAM, add_team, doors, enter

NOTE = "Semoga lekas pulih. Tetap semangat!"
MORNING = datetime(2026, 11, 25, 1, 5, tzinfo=UTC)  # 8.05 in Depok
TEAMS = [TEAM, *(f"tim-{number}" for number in range(2, 6))]


@pytest.fixture
async def address(world: World) -> AsyncIterator[str]:
    """One door of Beji."""
    add_team(world)
    add_coordinator(world)
    async with doors(world, 1) as served:
        yield served


def browser(address: str) -> httpx.AsyncClient:
    """A browser, without one."""
    return httpx.AsyncClient(base_url=address, headers={"Accept": "text/html"})


async def write(client: httpx.AsyncClient, text: str) -> httpx.Response:
    """What anybody does at the form."""
    form = {"kunci": key_of(await client.get("/dukungan")), "kota": "3276", "pesan": text}
    return await client.post("/dukungan", data=form)


async def notes(world: World) -> list[dict[str, Any]]:
    return await query(world, "select text, is_shown, decided_by from distribution.moral_notes order by told_at")


async def test_a_household_sees_a_note_that_a_person_has_read_and_no_other(world: World, address: str) -> None:
    (row,) = await query(world, "select task_id, household_id from distribution.tasks")
    async with browser(address) as client, browser(address) as home:
        path = (await home.post(f"/v1/households/{row['household_id']}/page")).json()["path"]
        assert (await write(client, NOTE)).headers["location"].endswith("hasil=terkirim")
        assert (await write(client, NOTE.lower())).status_code == 303  # the same words, kept once
        assert (await write(client, "Tahan pesan ini")).status_code == 303
        assert NOTE not in (await home.get(path)).text
        key = await coordinators.enter(client, world)
        assert "Pesan belum dibaca (2)" in (await client.get("/koordinator")).text
        unread = (await client.get("/koordinator/pesan")).text
        decided = re.findall(r"/koordinator/pesan/([0-9a-f-]{36})", unread)
        for note_id, shown in zip(decided, ("ya", "tidak"), strict=True):
            await client.post(f"/koordinator/pesan/{note_id}", data={"kunci": key, "tampil": shown})
            await client.post(f"/koordinator/pesan/{note_id}", data={"kunci": key, "tampil": "ya"})  # read once
        seen = (await home.get(path)).text
    assert NOTE.lower() in seen.lower()
    assert "Tahan pesan ini" not in seen
    assert [(note["is_shown"], note["decided_by"]) for note in await notes(world)] == [
        (True, coordinators.NAME),
        (False, coordinators.NAME),
    ]


async def test_a_note_is_refused_by_its_words_and_a_flood_has_an_end(world: World, address: str) -> None:
    async with browser(address) as client:
        refused = await write(client, "Semangat, Bu Siti!")
        assert refused.status_code == 422
        assert "Jangan sebut nama orang" in refused.text
        assert await notes(world) == []
        rows = ",".join(f"('{derived_id('n', str(n))}', '3276', 'pesan', now())" for n in range(MOST_WAITING))
        await query(world, f"insert into distribution.moral_notes (note_id, tenant, text, told_at) values {rows}")
        assert "Kirim lagi besok" in (await write(client, NOTE)).text


async def test_nobody_but_a_coordinator_reads_notes(world: World, address: str) -> None:
    async with browser(address) as client:
        await write(client, NOTE)
        key = await enter(client, world)
        note_id = derived_id("note", "3276", NOTE.casefold())
        assert (await client.get("/koordinator/pesan")).headers["location"] == "/koordinator/masuk"
        form = {"kunci": key, "tampil": "ya"}
        answer = await client.post(f"/koordinator/pesan/{note_id}", data=form)
        assert answer.headers["location"] == "/koordinator/masuk"
    assert [note["is_shown"] for note in await notes(world)] == [False]


async def test_of_five_teams_that_want_one_time_four_get_it(world: World) -> None:
    for team in TEAMS:
        add_team(world, team)
    add_coordinator(world)
    async with doors(world, 1, clock=lambda: MORNING) as address, contextlib.AsyncExitStack() as stack:
        clients = [await stack.enter_async_context(browser(address)) for _ in TEAMS]
        keys = [await enter(client, world, team) for client, team in zip(clients, TEAMS, strict=True)]
        wanted = "2026-11-25T08:15:00+07:00"

        async def choose(client: httpx.AsyncClient, key: str, when: str = wanted) -> str:
            answer = await client.post("/lapangan/jadwal", data={"kunci": key, "waktu": when})
            return answer.headers["location"].partition("=")[2]

        got = await asyncio.gather(*map(choose, clients, keys))
        assert sorted(got) == ["SLOT_FULL", *["chosen"] * 4]
        last = got.index("SLOT_FULL")
        assert await choose(clients[last], keys[last], "2026-11-25T08:30:00+07:00") == "chosen"
        assert "08.30–08.45" in (await clients[last].get("/lapangan")).text
        first = got.index("chosen")
        assert await choose(clients[first], keys[first], "2026-11-25T09:00:00+07:00") == "chosen"  # another time
        for odd in ("2026-11-25T03:00:00+07:00", "2026-11-25T08:16:00+07:00", "2026-11-26T08:15:00+07:00"):
            assert await choose(clients[first], keys[first], odd) == "SLOT_FULL"
        assert (
            await clients[first].post("/lapangan/jadwal", data={"kunci": keys[first], "waktu": "x"})
        ).status_code == 404
        await coordinators.enter(clients[0], world)
        assert "09.00" in (await clients[0].get("/koordinator")).text
    rows = await query(world, "select team, turn from distribution.pickups")
    assert len(rows) == len({row["team"] for row in rows}) == len(TEAMS)


async def test_a_volunteers_note_is_for_the_coordinator_and_goes_with_the_household(world: World, address: str) -> None:
    (row,) = await query(world, "select task_id, household_id from distribution.tasks")
    task, said = str(row["task_id"]), "anjing lepas di halaman"
    async with browser(address) as client:
        await report(client, task, "accept", team=TEAM)
        await report(client, task, "fail", team=TEAM, reason="unsafe", note=said)
        await coordinators.enter(client, world)
        assert said in (await client.get(f"/koordinator/paket/{task}")).text
        done = await client.patch(
            f"/v1/households/{row['household_id']}", json={"released": "recovered"}, headers={"Peduli-Source": "/rt/1"}
        )
        assert done.status_code == 202, done.text
    kept = "select note from distribution.field_reports where kind = 'fail'"
    assert await query(world, kept) == [{"note": said}]
    peduli(world, "household", "erase", str(row["household_id"]))
    assert await query(world, kept) == [{"note": ""}]

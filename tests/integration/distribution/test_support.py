"""Kind words on their way to a household, and teams that do not gather at a lumbung."""

from __future__ import annotations

import asyncio
import contextlib
import re
from collections.abc import AsyncIterator
from datetime import datetime, timedelta
from typing import Any
from zoneinfo import ZoneInfo

import httpx
import pytest

from services.distribution.domain.moral import MOST_WAITING
from shared.clock import now
from shared.ids import derived_id
from tests.support import coordinators
from tests.support.coordinators import add_coordinator
from tests.support.journey import query, report
from tests.support.officers import key_of, peduli
from tests.support.running import browser
from tests.support.servers import World
from tests.support.volunteers import TEAM, add_team, doors, enter

NOTE = "Semoga lekas pulih. Tetap semangat!"
WIB = ZoneInfo("Asia/Jakarta")
TEAMS = [TEAM, *(f"tim-{number}" for number in range(2, 6))]


@pytest.fixture
async def address(world: World) -> AsyncIterator[str]:
    """One door of Beji."""
    add_team(world)
    add_coordinator(world)
    async with doors(world, 1) as served:
        yield served


def next_morning() -> datetime:
    """8.05 in Depok, the next time: nothing of it is over."""
    here = now().astimezone(WIB)
    today = here.replace(hour=8, minute=5, second=0, microsecond=0)
    return today if today > here else today + timedelta(days=1)


def clock_of(page: httpx.Response) -> str:
    """The time that the page says this team has at the lumbung."""
    return str(re.findall(r"Giliran tim Anda: <b>([^,]+),", page.text)[0])


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


async def test_of_five_teams_that_take_doors_at_once_four_get_the_first_time_and_the_fifth_the_next(
    world: World,
) -> None:
    for team in TEAMS:
        add_team(world, team)
    add_coordinator(world)
    morning = next_morning()
    async with doors(world, 5, clock=lambda: morning) as address, contextlib.AsyncExitStack() as stack:
        clients = [await stack.enter_async_context(browser(address)) for _ in TEAMS]
        keys = [await enter(client, world, team) for client, team in zip(clients, TEAMS, strict=True)]
        tasks = [str(row["task_id"]) for row in await query(world, "select task_id from distribution.tasks")]

        async def take(client: httpx.AsyncClient, key: str, task: str) -> str:
            await client.post("/lapangan/ambil", data={"kunci": key, "tugas": f"{task} 1"})
            return clock_of(await client.get("/lapangan"))

        async def choose(which: int, minutes: int) -> str:
            wanted = (morning + timedelta(minutes=minutes)).isoformat()
            answer = await clients[which].post("/lapangan/jadwal", data={"kunci": keys[which], "waktu": wanted})
            return answer.headers["location"].partition("=")[2]

        given = await asyncio.gather(*map(take, clients, keys, tasks))
        assert sorted(given) == [*["08.00–08.15"] * 4, "08.15–08.30"]
        last, first = given.index("08.15–08.30"), given.index("08.00–08.15")
        assert await choose(last, -5) == "SLOT_FULL"
        assert await choose(first, 460) == "chosen"
        assert clock_of(await clients[first].get("/lapangan")) == "15.45–16.00"
        assert await choose(last, -5) == "chosen"  # there is room now
        for odd in (-300, 1, 24 * 60 + 10):  # at night, at no slot's beginning, on another day
            assert await choose(first, odd) == "SLOT_FULL"
        bad = await clients[first].post("/lapangan/jadwal", data={"kunci": keys[first], "waktu": "x"})
        assert bad.status_code == 404
        await coordinators.enter(clients[0], world)
        assert "tim-5" in (page := (await clients[0].get("/koordinator")).text)
        assert page.count("(1 paket)") == len(TEAMS)
    rows = await query(world, "select team, turn from distribution.pickups")
    assert len(rows) == len({row["team"] for row in rows}) == len(TEAMS)
    kept = f"select lease_until from distribution.tasks where team = '{TEAMS[first]}'"
    assert (await query(world, kept))[0]["lease_until"] == morning + timedelta(minutes=490)  # it may come late


async def test_what_a_volunteer_and_a_coordinator_wrote_goes_with_the_household(world: World, address: str) -> None:
    (row,) = await query(world, "select task_id, household_id from distribution.tasks")
    task, said = str(row["task_id"]), "anjing lepas di halaman"
    async with browser(address) as client:
        await report(client, task, "accept", team=TEAM)
        await report(client, task, "fail", team=TEAM, reason="unsafe", note=said)
        key = await coordinators.enter(client, world)
        assert said in (await client.get(f"/koordinator/paket/{task}")).text
        back = {"kunci": key, "alasan": "keluarga Bu Contoh pindah", "versi": "3"}
        assert "call_back" in (await client.post(f"/koordinator/paket/{task}/tarik", data=back)).headers["location"]
        done = await client.patch(
            f"/v1/households/{row['household_id']}", json={"released": "recovered"}, headers={"Peduli-Source": "/rt/1"}
        )
        assert done.status_code == 202, done.text
    kept = "select note from distribution.field_reports where kind = 'fail'"
    assert await query(world, kept) == [{"note": said}]
    peduli(world, "household", "erase", str(row["household_id"]))
    assert await query(world, kept) == [{"note": ""}]
    acts = "select kind, coordinator, reason from distribution.coordinator_acts"
    assert [tuple(act.values()) for act in await query(world, acts)] == [
        ("call_back", coordinators.NAME, "(dihapus bersama data penerima)")
    ]

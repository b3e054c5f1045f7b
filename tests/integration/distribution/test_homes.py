"""The household's page: what a household says of its packet, and codes that nobody can guess."""

from __future__ import annotations

import time
from collections.abc import AsyncIterator

import httpx
import pytest

import services.distribution.app as distribution
from services.distribution.api.home_page import GUESSES
from tests.support.coordinators import add_coordinator, enter
from tests.support.journey import KELURAHAN, query, report
from tests.support.officers import key_of
from tests.support.running import browser, serving
from tests.support.servers import World
from tests.support.volunteers import TEAM, doors

ELSEWHERE = "32.76.06.1002"
SHOWN_NOTE = """insert into distribution.moral_notes (note_id, tenant, text, told_at, decided_at, decided_by, is_shown)
  values (gen_random_uuid(), '3276', 'Lekas pulih', now(), now(), 'koordinator-beji', true) returning 1"""


@pytest.fixture
async def address(world: World) -> AsyncIterator[str]:
    """One door of Beji."""
    async with doors(world, 1) as served:
        yield served


async def page_of(world: World, client: httpx.AsyncClient) -> str:
    """The address of the household's page."""
    (row,) = await query(world, "select household_id from distribution.tasks")
    return str((await client.post(f"/v1/households/{row['household_id']}/page")).json()["path"])


async def guesses_left(client: httpx.AsyncClient) -> int:
    """How many unknown codes are looked at before one is refused."""
    for number in range(GUESSES):
        if (await client.get(f"/rumah/{number:016}")).status_code == 429:
            return number
    return GUESSES


async def test_guessing_is_stopped_by_address_and_a_household_that_reloads_is_not(world: World, address: str) -> None:
    async with browser(address) as hers, browser(address) as guesser, browser(address, "127.0.0.2") as elsewhere:
        path = await page_of(world, hers)
        assert {(await guesser.get(path)).status_code for _ in range(2 * GUESSES)} == {200}  # right codes are none
        guesser.cookies.clear()
        await hers.get(path)
        seen = [await guesser.get(f"/rumah/{number:016}") for number in range(GUESSES + 5)]
        assert [answer.status_code for answer in seen[:GUESSES]] == [404] * GUESSES
        last = seen[-1]
        begun = time.monotonic()
        assert (last.status_code, 1 <= int(last.headers["retry-after"]) <= 60) == (429, True)
        assert "Tunggu sebentar" in last.text
        assert (await guesser.get(path)).status_code == 429  # nobody learns that this one was right
        assert (await guesser.post(f"{path}/jawaban", data={})).status_code == 429
        assert {(await hers.get(path)).status_code for _ in range(2 * GUESSES)} == {200}
        looked_at = await guesses_left(hers)  # her device has one code, and not all
        assert looked_at <= 1 + (time.monotonic() - begun) * GUESSES / 60  # no more than came back meanwhile
        assert (await elsewhere.get(path)).status_code == 200


async def test_who_comes_through_a_trusted_proxy_has_a_limit_of_his_own(world: World) -> None:
    settings = world.settings(trusted_proxies="127.0.0.2, 127.0.0.8/29")
    async with serving(distribution.service(settings)) as served:
        for network, expected in (("127.0.0.9", 404), ("127.0.0.1", 429)):
            async with browser(served, network) as client:
                for number in range(GUESSES + 1):
                    said = {"X-Forwarded-For": f"203.0.113.{number}"}
                    last = await client.get(f"/rumah/{number:016}", headers=said)
                assert last.status_code == expected, network


async def test_a_code_from_paper_is_typed_in_and_mended(world: World, address: str) -> None:
    async with browser(address) as client:
        code = (await page_of(world, client)).removeprefix("/rumah/")
        assert 'name="kode"' in (await client.get("/rumah")).text
        typed = f" {code[:4].upper()}-{code[4:8]} {code[8:]}"
        there = await client.get("/rumah", params={"kode": typed}, follow_redirects=True)
        assert (there.status_code, there.url.path) == (200, f"/rumah/{code}")
        wrong = await client.get("/rumah", params={"kode": "salah/<x>"}, follow_redirects=True)
        assert wrong.status_code == 404
        missed = await client.get("/rumah", params={"kode": "salah-<x>"}, follow_redirects=True)
        assert 'value="salah&lt;x&gt;"' in missed.text


async def test_a_household_says_first_of_all_that_it_has_it(world: World, address: str) -> None:
    async with browser(address) as client:
        path = await page_of(world, client)
        (row,) = await query(world, "select task_id from distribution.tasks")
        task = str(row["task_id"])
        await report(client, task, "accept", team=TEAM)
        await report(client, task, "deliver", team=TEAM, proof_kind="witness", proof="Tetangga")
        said = {"kunci": key_of(await client.get(path)), "tugas": task, "jawab": "received"}
        thanked = await client.post(f"{path}/jawaban", data=said)
        assert "Terima kasih sudah mengabari" in (await client.get(thanked.headers["location"])).text
        page = (await client.get(path)).text
        assert "Anda sudah menerima paket ini" in page
        assert "Nomor laporan" not in page
        assert "Sudah saya terima" not in page  # it is asked once
        await client.post(f"{path}/jawaban", data={**said, "jawab": "not_arrived"})  # a second word changes nothing
        assert [row["kind"] for row in await query(world, "select kind from distribution.household_answers")] == [
            "received"
        ]
        assert (await client.get("/v1/cases", params={"kelurahan": KELURAHAN})).json() == []


@pytest.mark.parametrize("place", [KELURAHAN, ELSEWHERE])
async def test_help_at_doors_is_counted_for_the_coordinator_of_that_place(
    world: World, address: str, place: str
) -> None:
    add_coordinator(world, place=place)
    async with browser(address) as client:
        await enter(client, world)
        assert "Sampai sekarang 0 paket (0 barang) ada di depan pintu" in (await client.get("/koordinator")).text
        (row,) = await query(world, "select task_id, quantity from distribution.task_lines")
        told = f"1 paket ({row['quantity']} barang)" if place == KELURAHAN else "0 paket (0 barang)"
        await report(client, str(row["task_id"]), "accept", team=TEAM)
        await report(client, str(row["task_id"]), "deliver", team=TEAM, proof_kind="witness", proof="Tetangga")
        await query(world, SHOWN_NOTE)
        page = (await client.get("/koordinator")).text
        assert f"Sampai sekarang {told} ada di depan pintu" in page
        assert "1 pesan dukungan ditampilkan di Kota Depok" in page

"""Who may come in at the field page, what is forbidden there, and what a household sees by its code."""

from __future__ import annotations

import re
from collections import Counter
from collections.abc import AsyncIterator
from datetime import date, timedelta
from itertools import groupby
from typing import Any
from uuid import UUID

import httpx
import pytest

from services.distribution.usecases.homes import CODE_LENGTH, CODE_LETTERS, working_day
from shared.clock import now
from tests.support.journey import KELURAHAN, code_for, query, report
from tests.support.officers import key_of, peduli
from tests.support.running import browser
from tests.support.servers import World
from tests.support.volunteers import PEOPLE, TEAM, add_team, doors, enter

ELSEWHERE = "32.76.06.1002"
KECAMATAN = "32.76.06"
DIGEST = "0" * 64
PERSONAL = ("Ibu Contoh", "Jl. Contoh", "081200000001", "62812")


@pytest.fixture
async def address(world: World) -> AsyncIterator[str]:
    """Two doors of Beji, and the field page before them."""
    add_team(world)
    add_team(world, "tim-lain", ELSEWHERE)
    add_team(world, "tim-kecamatan", KECAMATAN)
    async with doors(world, 2) as served:
        yield served


async def first_task(world: World) -> str:
    return str((await query(world, "select task_id from distribution.tasks order by 1"))[0]["task_id"])


def routes(task: str, key: str) -> dict[str, tuple[str, str, dict[str, Any]]]:
    """Every route that names a task or shows one."""
    said = {"kunci": key, "tugas": task, "versi": "1"}
    photo = {"files": {"file": ("a.jpg", b"\xff\xd8\xff0", "image/jpeg")}, "data": {"kunci": key}}
    piece = {"Peduli-Kunci": key, "Upload-Offset": "0", "Upload-Length": "1"}
    return {
        "accept": ("POST", "/lapangan/ambil", {"data": {"kunci": key, "tugas": f"{task} 1"}}),
        "deliver": ("POST", "/lapangan/laporan", {"data": {**said, "jenis": "deliver", "saksi": "Tetangga"}}),
        "fail": ("POST", "/lapangan/laporan", {"data": {**said, "jenis": "fail", "alasan": "moved"}}),
        "handover": ("POST", "/lapangan/laporan", {"data": {**said, "jenis": "handover", "kepada": "rt"}}),
        "return": ("POST", "/lapangan/laporan", {"data": {**said, "jenis": "return"}}),
        "photo": ("POST", f"/lapangan/foto/{task}?versi=1", photo),
        "offset": ("HEAD", f"/lapangan/foto/{task}/{DIGEST}", {}),
        "piece": ("PATCH", f"/lapangan/foto/{task}/{DIGEST}", {"content": b"1", "headers": piece}),
    }


async def test_what_was_not_escalated_is_refused_to_a_team_of_the_kecamatan_on_each_route(
    world: World, address: str
) -> None:
    task = await first_task(world)
    async with browser(address) as stranger:
        key = await enter(stranger, world, "tim-kecamatan")
        seen = (await stranger.get("/lapangan")).text + (await stranger.get("/lapangan/cetak")).text
        assert task not in seen
        assert (await stranger.get("/lapangan/keadaan", params={"tugas": task})).json() == []
        for name, (method, path, more) in routes(task, key).items():
            answer = await stranger.request(method, path, **more)
            assert answer.status_code == 404, (name, answer.status_code)
    assert await query(world, "select * from distribution.field_reports") == []
    assert await query(world, "select * from distribution.photos") == []


async def test_a_photo_is_only_taken_of_a_packet_that_the_team_has(world: World, address: str) -> None:
    task = await first_task(world)
    async with browser(address) as client:
        key = await enter(client, world)
        of_photo = {name: route for name, route in routes(task, key).items() if name in ("photo", "offset", "piece")}
        for name, (method, path, more) in of_photo.items():
            answer = await client.request(method, path, **more)
            assert answer.status_code == (303 if name == "photo" else 404), name  # a form's word is kept, not its photo
        assert await query(world, "select * from distribution.photos") == []
        (told,) = await query(world, "select outcome from distribution.field_reports")
        assert told["outcome"].isupper()
        await client.post("/lapangan/ambil", data={"kunci": key, "tugas": f"{task} 1"})
        for name, (method, path, more) in of_photo.items():
            assert (await client.request(method, path, **more)).status_code < 400 or name == "piece", name
    assert [row["team"] for row in await query(world, "select distinct team from distribution.photos")] == [TEAM]


async def test_nobody_is_let_in_without_signing_in_or_without_the_pages_key(world: World, address: str) -> None:
    task = await first_task(world)
    async with browser(address) as visitor:
        assert (await visitor.get("/lapangan")).headers["location"] == "/lapangan/masuk"
        for name, (method, path, more) in routes(task, "0" * 32).items():
            away = await visitor.request(method, path, **more)
            assert (away.status_code, away.headers["location"]) == (303, "/lapangan/masuk"), name
        script = await visitor.post("/lapangan/laporan", headers={"Accept": "application/json"})
        assert script.status_code == 401
        await enter(visitor, world)
        for name, (method, path, more) in routes(task, "0" * 32).items():
            if method != "HEAD":
                assert (await visitor.request(method, path, **more)).status_code == 403, name


async def test_a_link_is_for_one_device_and_a_lost_phone_is_cut_off_alone(world: World, address: str) -> None:
    async with browser(address) as one, browser(address) as other:
        link = peduli(world, "team", "link", TEAM, "--url", address)
        key = key_of(await one.get(link))
        assert (await one.post(link, data={"kunci": key})).headers["location"] == "/lapangan"
        assert (await other.get(link)).status_code == 410
        await enter(other, world)
        (lost, _) = await query(world, "select session_id from distribution.seat_sessions order by begun_at")
        peduli(world, "team", "revoke", TEAM, "--device", str(lost["session_id"]))
        cut = await one.get("/lapangan", headers={"Accept": "application/json"})
        assert cut.status_code == 410
        page = await one.get("/lapangan", follow_redirects=True)
        assert "Perangkat ini sudah dikeluarkan" in page.text
        assert page.headers["clear-site-data"] == '"cache", "storage"'
        assert (await one.get("/lapangan/masuk")).headers.get("clear-site-data") is None  # told once
        devices = (await other.get(f"/v1/teams/{TEAM}/devices")).json()
        assert (await other.get("/lapangan")).status_code == 200
        assert (await other.delete(f"/v1/teams/tim-lain/devices/{devices[0]['session_id']}")).status_code == 404
        assert (await other.delete(f"/v1/teams/{TEAM}/devices/{devices[0]['session_id']}")).status_code == 204
        assert (await other.get("/lapangan")).headers["location"] == "/lapangan/masuk"
        await enter(other, world)
        left = await other.post("/lapangan/keluar", data={"kunci": key_of(await other.get("/lapangan"))})
        assert (left.headers["location"], left.headers["clear-site-data"]) == ("/lapangan/masuk", '"cache"')


async def test_people_are_shown_for_accepted_doors_and_for_no_others(world: World, address: str) -> None:
    async with browser(address) as client:
        key = await enter(client, world)
        free = (await client.get("/lapangan")).text
        assert not any(word in free for word in PERSONAL)
        task = await first_task(world)
        await client.post("/lapangan/ambil", data={"kunci": key, "tugas": f"{task} 1"})
        mine = (await client.get("/lapangan")).text
        assert len(set(re.findall(r"Jl\. Contoh No\. \d", mine))) == 1
        assert "https://wa.me/6281200000001?text=Assalamualaikum" in mine
        done = {"kunci": key, "tugas": task, "versi": "2", "jenis": "deliver", "saksi": "Kader"}
        assert (await client.post("/lapangan/laporan", data=done)).headers["location"].endswith("kabar=delivered")
        after = (await client.get("/lapangan")).text
        assert not any(word in after for word in PERSONAL)


async def test_families_of_one_house_come_one_after_the_other_and_their_house_is_not_told(world: World) -> None:
    written = ("Jl. Mawar No. 1", "Jl. Mawar No. 2", "Jl. Mawar No. 3", "jalan mawar 01", "Jln Mawar 2", "JL MAWAR 3")

    def family(number: int) -> dict[str, Any]:
        people = {**PEOPLE, "name": f"Ibu Contoh {number}", "address": written[number - 1]}
        return {"rw": 1, "size": 8 - number, "people": people}  # larger ones are planned first: by house they alternate

    add_team(world)
    async with doors(world, 6, told=family) as address, browser(address) as client:
        rows = await query(
            world, "select task_id, house_key from distribution.tasks join distribution.households using (household_id)"
        )
        house = {str(row["task_id"]): row["house_key"] for row in rows}
        assert sorted(Counter(house.values()).values()) == [2, 2, 2]
        key = await enter(client, world)
        free = (await client.get("/lapangan")).text
        await client.post("/lapangan/ambil", data={"kunci": key, "tugas": [f"{task} 1" for task in house]})
        mine, printed = (await client.get("/lapangan")).text, (await client.get("/lapangan/cetak")).text
    assert [page.count("Satu rumah dengan pintu sebelumnya") for page in (free, mine)] == [3, 3]
    for page, shown in ((free, r'name="tugas" value="(\S+) 1"'), (mine, r'<section class="pintu" id="p-(\S+)"')):
        listed = re.findall(shown, page)
        assert sorted(listed) == sorted(house)
        assert len(list(groupby(listed, key=house.__getitem__))) == 3, [house[task] for task in listed]
    assert len(list(groupby(re.findall(r"(?i)mawar (?:no\. )?0?(\d)", printed)))) == 3
    assert not any(secret in page for secret in house.values() for page in (free, mine, printed))


async def test_a_team_says_when_it_has_fetched_and_need_not_fetch_what_was_recalled(world: World, address: str) -> None:
    tasks = await query(world, "select task_id, household_id from distribution.tasks order by 1")
    async with browser(address) as client:
        key = await enter(client, world)
        await client.post("/lapangan/ambil", data={"kunci": key, "tugas": [f"{row['task_id']} 1" for row in tasks]})
        page = (await client.get("/lapangan")).text
        assert (page.count("Masih di lumbung"), page.count("Titipkan kepada ketua")) == (2, 0)
        home = (await client.post(f"/v1/households/{tasks[1]['household_id']}/page")).json()["path"]
        promised = (await client.get(home)).text
        assert ("Sedang disiapkan" in promised, "mengambil paket ini di lumbung" in promised) == (True, True)
        released = {"released": "recovered"}
        await client.patch(f"/v1/households/{tasks[0]['household_id']}", json=released)
        page = (await client.get("/lapangan")).text
        assert (page.count("Tidak perlu diambil"), page.count("Sudah di lumbung")) == (1, 0)
        form = page.partition('action="/lapangan/ambil"')[2].partition("</form>")[0]
        fetched = dict(re.findall(r'name="(muat|diambil|tugas)" value="([^"]+)"', form))
        await client.post("/lapangan/ambil", data={"kunci": key, **fetched})
        page = (await client.get("/lapangan")).text
        assert (page.count("Masih di lumbung"), page.count("Titipkan kepada ketua")) == (0, 1)
        assert "Sedang dibawa" in (await client.get(home)).text
        await client.patch(f"/v1/households/{tasks[1]['household_id']}", json=released)
        assert "Sudah di lumbung" in (await client.get("/lapangan")).text


async def test_who_recovers_while_a_packet_rides_calls_it_back_and_the_way_back_is_shown(
    world: World, address: str
) -> None:
    task = await first_task(world)
    async with browser(address) as client:
        key, home = await enter(client, world), await page_of(world, client, task)
        await client.post("/lapangan/ambil", data={"kunci": key, "tugas": f"{task} 1", "diambil": "ya"})
        row = await query(world, f"select household_id from distribution.tasks where task_id = '{task}'")
        body = {"released": "hospital"}
        told = await client.patch(
            f"/v1/households/{row[0]['household_id']}", json=body, headers={"Peduli-Source": "/rt/1"}
        )
        assert told.status_code == 202
        (news,) = (await client.get("/lapangan/keadaan", params={"tugas": task})).json()
        assert (news["kode"], "Kembalikan paket ini ke lumbung" in news["kata"]) == ("TO_BE_BROUGHT_BACK", True)
        page = (await client.get("/lapangan")).text
        assert "Kembalikan ke lumbung" in page
        assert not any(word in page for word in PERSONAL)
        assert "Tidak ada paket lagi yang disiapkan untuk Anda." in (await client.get(home)).text
        back = {"kunci": key, "tugas": task, "versi": "3", "jenis": "return"}
        assert (await client.post("/lapangan/laporan", data=back)).headers["location"].endswith("kabar=returned")


def test_a_million_guesses_find_no_household_in_a_city_of_ten_thousand() -> None:
    assert 10**6 * 10**4 / len(CODE_LETTERS) ** CODE_LENGTH < 1e-12


async def test_a_full_team_takes_the_next_door_when_it_has_room(world: World, address: str) -> None:
    peduli(world, "team", "add", TEAM, KELURAHAN, "--capacity", "1")
    add_team(world, "tim-dua")
    async with browser(address) as client, browser(address) as other:
        key = await enter(client, world)
        await enter(other, world, "tim-dua")
        first, second = [str(row["task_id"]) for row in await query(world, "select task_id from distribution.tasks")]

        async def take(*tasks: str) -> str:
            loaded = re.findall(r'name="muat" value="([^"]+)"', (await client.get("/lapangan")).text)[0]
            form = {"kunci": key, "muat": loaded, "tugas": [f"{task} 1" for task in tasks]}
            return (await client.post("/lapangan/ambil", data=form)).headers["location"].partition("=")[2]

        assert await take(first, second) == "TEAM_FULL"
        free = (await other.get("/lapangan")).text
        assert (first in free, second in free) == (False, True)  # what did not fit is free for others at once
        assert await take(second) == "TEAM_FULL"
        back = {"kunci": key, "tugas": first, "versi": "2", "jenis": "return"}
        assert (await client.post("/lapangan/laporan", data=back)).headers["location"].endswith("kabar=returned")
        assert await take(second) == "accepted"


async def test_what_no_form_of_ours_would_send_is_refused_and_breaks_nothing(world: World, address: str) -> None:
    async with browser(address) as client:
        key, task = await enter(client, world), await first_task(world)
        await client.post("/lapangan/ambil", data={"kunci": key, "tugas": f"{task} 1"})
        said = {"kunci": key, "tugas": task, "versi": "2", "jenis": "deliver", "saksi": "Kader"}
        lot = str((await query(world, "select lot_id from distribution.task_lines"))[0]["lot_id"])
        for odd in (
            {"jenis": "x"},
            {"tugas": "x"},
            {"versi": "9" * 5000},
            {"laporan": "x"},
            {"jenis": "fail", "alasan": "x"},
            {f"beri-{lot}": "0", f"isi-{lot}": "1"},
            {f"beri-{lot}": "9" * 5000, f"isi-{lot}": "1"},
        ):
            answer = await client.post("/lapangan/laporan", data={**said, **odd})
            assert answer.status_code == 404, odd
        for content, kabar in ((b"%PDF", "NOT_A_PHOTO"), (b"\xff\xd8\xff" + bytes(200_000), "PHOTO_TOO_LARGE")):
            photo = {"file": ("a.jpg", content, "image/jpeg")}
            answer = await client.post(f"/lapangan/foto/{task}?versi=2", files=photo, data={"kunci": key})
            assert answer.headers["location"] == f"/lapangan?kabar={kabar}"
        assert [row["kind"] for row in await query(world, "select kind from distribution.field_reports")] == ["accept"]


async def page_of(world: World, client: httpx.AsyncClient, task: str) -> str:
    """The path of the page of the household that a task is for."""
    row = await query(world, f"select household_id from distribution.tasks where task_id = '{task}'")
    answer = await client.post(f"/v1/households/{row[0]['household_id']}/page")
    return str(answer.json()["path"])


async def test_a_household_sees_what_comes_and_the_code_only_while_it_is_carried(world: World, address: str) -> None:
    task = await first_task(world)
    async with browser(address) as client:
        path = await page_of(world, client, task)
        assert re.fullmatch(r"/rumah/[2-9a-z]{16}", path)
        waiting = (await client.get(path)).text
        assert "Sedang disiapkan" in waiting
        assert "Kode Anda" not in waiting
        await report(client, task, "accept", team=TEAM)
        carried = (await client.get(path)).text
        assert f"<b>{code_for(task, TEAM)}</b>" in carried
        assert not any(word in waiting + carried for word in (*PERSONAL, "isoman", "positif", TEAM))
        await report(client, task, "deliver", team=TEAM, proof_kind="code", proof=code_for(task, TEAM))
        there = (await client.get(path)).text
        assert "Sudah di depan pintu" in there
        assert "Kode Anda" not in there
        again = await page_of(world, client, task)
        assert (await client.get(path)).status_code == 404  # a new code ends the old one
        assert (await client.get(again.upper().replace("/RUMAH/", "/rumah/"))).status_code == 200
        assert (await client.get("/rumah/" + "a" * 16)).status_code == 404
        page = await client.get(again)
        loaded = [await client.get(found) for found in re.findall(r'href="(/static/[^"]+)"', page.text)]
        assert 0 < sum(len(answer.content) for answer in (page, *loaded)) < 30_000


async def test_a_household_says_once_what_is_missing_and_gets_a_number_and_a_day(world: World, address: str) -> None:
    task = await first_task(world)
    async with browser(address) as client:
        path = await page_of(world, client, task)
        await report(client, task, "accept", team=TEAM)
        said = {"kunci": key_of(await client.get(path)), "tugas": task, "jawab": "incomplete"}
        strange = {**said, "tugas": str(UUID(int=1))}
        assert (await client.post(f"{path}/jawaban", data=strange)).status_code == 404
        assert (await client.post(f"{path}/jawaban", data={**said, "kunci": "x"})).status_code == 403
        told = {**said, "kurang": ["BERAS-5KG", "BUKAN-ISINYA"]}
        assert (await client.post(f"{path}/jawaban", data=told)).status_code == 303
        await client.post(f"{path}/jawaban", data={**said, "jawab": "received"})  # a second word changes nothing
        (case,) = (await client.get("/v1/cases", params={"kelurahan": KELURAHAN})).json()
        assert (case["kind"], case["missing"], case["team"]) == ("incomplete", ["BERAS-5KG"], TEAM)
        assert case["answer_by"] >= (now() + timedelta(days=8)).date().isoformat()
        assert case["case_number"] in (await client.get(path)).text


def test_eight_working_days_leave_weekends_out() -> None:
    assert working_day(date(2021, 7, 22), 8) == date(2021, 8, 3)

"""What coordinators decide, whom it concerns, and that each sees and decides within his place alone."""

from __future__ import annotations

from collections.abc import AsyncIterator
from datetime import datetime, timedelta
from typing import Any
from uuid import UUID

import httpx
import orjson
import pytest

from services.distribution.documents.qr import svg
from shared.clock import now
from shared.reference.load import load
from tests.support import coordinators
from tests.support.coordinators import add_coordinator
from tests.support.eventually import eventually
from tests.support.journey import KELURAHAN, query, report
from tests.support.officers import peduli
from tests.support.running import browser
from tests.support.servers import World
from tests.support.volunteers import TEAM, add_team, doors, enter

ELSEWHERE, OTHER_KECAMATAN, KECAMATAN = "32.76.06.1002", "32.76.05", "32.76.06"
OTHER_TEAM = "tim-dua"
PERSONAL = ("Ibu Contoh", "Jl. Contoh", "081200000001", "62812")
WHY = "motor tim itu rusak"


@pytest.fixture
async def address(world: World) -> AsyncIterator[str]:
    """Two doors of Beji with two teams, a team of the kecamatan, and coordinators of here and elsewhere."""
    for team, place in ((TEAM, KELURAHAN), (OTHER_TEAM, KELURAHAN), ("tim-kecamatan", KECAMATAN)):
        add_team(world, team, place)
    add_team(world, "tim-jauh", ELSEWHERE)
    for name, place in (
        (coordinators.NAME, KELURAHAN),
        ("koordinator-kecamatan", KECAMATAN),
        ("koordinator-tetangga", ELSEWHERE),
        ("koordinator-jauh", OTHER_KECAMATAN),
    ):
        add_coordinator(world, name, place)
    async with doors(world, 2) as served:
        yield served


async def tasks(world: World) -> list[dict[str, Any]]:
    """Every task, in a fixed order."""
    return await query(world, "select * from distribution.tasks order by assigned_at, task_id")


async def task_of(world: World, task: str) -> dict[str, Any]:
    return (await query(world, f"select * from distribution.tasks where task_id = '{task}'"))[0]


async def conflicts(world: World) -> list[dict[str, Any]]:
    """Reports that differ from what stands, the newest first."""
    return await query(world, "select * from distribution.field_reports where is_conflict order by received_at desc")


async def two_reports(world: World, client: httpx.AsyncClient, task: str) -> str:
    """One team has a packet in hand, another says that it has delivered it; returns the id of the other's report."""
    await report(client, task, "accept", team=TEAM)
    said = await report(client, task, "deliver", team=OTHER_TEAM, proof_kind="witness", proof="Ketua RT")
    assert said.json()["outcome"] == "TAKEN_BY_ANOTHER_TEAM"
    (late,) = await conflicts(world)
    return str(late["report_id"])


def decisions(task: str, told: str, key: str, version: int = 1) -> dict[str, tuple[str, dict[str, Any]]]:
    """Every form of the pages that decides something, by the path that it goes to."""
    said = {"kunci": key, "alasan": WHY, "versi": str(version)}
    return {
        "give_turn": (f"/koordinator/paket/{task}/alihkan", {**said, "tim": OTHER_TEAM}),
        "call_back": (f"/koordinator/paket/{task}/tarik", said),
        "keep_standing": (f"/koordinator/paket/{task}/laporan/{told}", {**said, "pakai": "keep_standing"}),
        "keep_report": (f"/koordinator/paket/{task}/laporan/{told}", {**said, "pakai": "keep_report"}),
        "pause": ("/koordinator/tim", {**said, "tim": TEAM, "jeda": "ya"}),
        "cut_off": (f"/koordinator/tim/perangkat/{UUID(int=1)}", {**said, "tim": TEAM}),
        "answer_case": (f"/koordinator/paket/{task}/jawaban", {**said, "jawab": "to_come"}),
    }


def line(task: str, result: str, clock: str, version: str = "2") -> dict[str, str]:
    """A line of a sheet as it is typed in."""
    return {f"hasil-{task}": result, f"jam-{task}": clock, f"versi-{task}": version}


def sheet(task: str, key: str) -> tuple[str, dict[str, Any]]:
    """The form that tells of a delivery from paper."""
    there = now().astimezone(load("3276").zone)
    told = {"kunci": key, "tim": TEAM, "tanggal": there.date().isoformat()}
    return "/koordinator/kertas", told | line(task, "deliver:Kader", f"{there:%H:%M}")


@pytest.mark.parametrize("name", ["koordinator-tetangga", "koordinator-jauh"])
async def test_another_place_is_refused_on_each_route(world: World, address: str, name: str) -> None:
    task = str((await tasks(world))[0]["task_id"])
    async with browser(address) as stranger:
        told = await two_reports(world, stranger, task)
        key = await coordinators.enter(stranger, world, name)
        assert task not in (await stranger.get("/koordinator")).text
        assert (await stranger.get(f"/koordinator/paket/{task}")).status_code == 404
        assert task not in (await stranger.get("/koordinator/kertas", params={"tim": TEAM})).text
        for what, (path, form) in {**decisions(task, told, key, 2), "paper": sheet(task, key)}.items():
            assert (await stranger.post(path, data=form)).status_code == 404, what
    assert (await task_of(world, task))["version"] == 2
    assert await query(world, "select * from distribution.coordinator_acts") == []


async def test_the_coordinator_of_a_kecamatan_sees_and_decides_in_each_kelurahan_of_it(
    world: World, address: str
) -> None:
    task = str((await tasks(world))[0]["task_id"])
    async with browser(address) as client:
        key = await coordinators.enter(client, world, "koordinator-kecamatan")
        assert task in (await client.get("/koordinator")).text
        form = {"kunci": key, "alasan": WHY, "versi": "1", "tim": "tim-kecamatan"}
        answer = await client.post(f"/koordinator/paket/{task}/alihkan", data=form)
        assert answer.headers["location"].endswith("kabar=reassign")
        row = await task_of(world, task)
        assert (row["asked"], row["level"]) == ("tim-kecamatan", "kecamatan")
        own = {**form, "kunci": await coordinators.enter(client, world), "versi": "2"}
        assert (await client.post(f"/koordinator/paket/{task}/alihkan", data=own)).status_code == 404  # not his team


async def test_a_volunteer_is_no_coordinator_and_a_coordinator_no_volunteer(world: World, address: str) -> None:
    task = str((await tasks(world))[0]["task_id"])
    async with browser(address) as client:
        key = await enter(client, world)
        client.cookies.set("peduli_koordinator", client.cookies["peduli_tim"])  # the same token at the other door
        for path in ("/koordinator", f"/koordinator/paket/{task}", f"/koordinator/kertas?tim={TEAM}"):
            assert (await client.get(path)).headers["location"] == "/koordinator/masuk"
        for path, form in (*decisions(task, task, key).values(), sheet(task, key)):
            assert (await client.post(path, data=form)).headers["location"] == "/koordinator/masuk"
    async with browser(address) as client:
        await coordinators.enter(client, world)
        client.cookies.set("peduli_tim", client.cookies["peduli_koordinator"])
        for path in ("/lapangan", "/lapangan/cetak"):
            assert (await client.get(path)).headers["location"] == "/lapangan/masuk"


async def test_nobody_decides_without_signing_in_without_the_pages_key_or_without_a_reason(
    world: World, address: str
) -> None:
    task = str((await tasks(world))[0]["task_id"])
    async with browser(address) as client:
        told = await two_reports(world, client, task)
        foreign = (*decisions(task, told, "0" * 32, 2).values(), sheet(task, "0" * 32))
        for path, form in foreign:
            assert (await client.post(path, data=form)).headers["location"] == "/koordinator/masuk"
        key = await coordinators.enter(client, world)
        for path, form in foreign:
            assert (await client.post(path, data=form)).status_code == 403
        for path, form in decisions(task, told, key, 2).values():
            answer = await client.post(path, data={**form, "alasan": " x "})
            assert answer.headers["location"].endswith("kabar=NO_REASON")
    assert await query(world, "select * from distribution.coordinator_acts") == []


async def test_the_pages_name_nobody(world: World, address: str) -> None:
    task = str((await tasks(world))[0]["task_id"])
    async with browser(address) as client:
        await report(client, task, "accept", team=TEAM)
        await coordinators.enter(client, world)
        seen = (await client.get("/koordinator")).text + (await client.get(f"/koordinator/paket/{task}")).text
        await world.admin.execute(f"update distribution.tasks set lapses = 1 where task_id = '{task}'")
        late = (await client.get("/koordinator")).text
    assert not any(word in seen for word in PERSONAL)
    assert "1 belum sampai, 1 di antaranya terlambat, 0 sampai hari ini" in late
    assert "1 di antaranya terlambat" not in seen
    assert await query(world, "select * from distribution.people_reads where reader like 'koordinator%'") == []


async def test_a_packet_goes_to_another_team_which_has_the_turn_for_a_lease(world: World, address: str) -> None:
    task = str((await tasks(world))[0]["task_id"])
    async with browser(address) as client:
        await report(client, task, "accept", team=TEAM)
        key = await coordinators.enter(client, world)
        form = {"kunci": key, "alasan": WHY, "versi": "2", "tim": OTHER_TEAM}
        path = f"/koordinator/paket/{task}/alihkan"
        assert (await client.post(path, data=form)).headers["location"].endswith("kabar=reassign")
        assert (await client.post(path, data=form)).headers["location"].endswith("kabar=STALE_VERSION")  # pressed twice
        row = await task_of(world, task)
        assert (row["status"], row["asked"]) == ("assigned", OTHER_TEAM)
        assert (row["holder"], row["goods"]) == (TEAM, "in_transit")  # it is fetched where it is
        mine = (await report(client, task, "accept", team=TEAM, version=3)).json()
        assert mine["outcome"] == "ANOTHER_TEAMS_TURN"
        assert (await report(client, task, "accept", team=OTHER_TEAM)).json()["outcome"] == "accepted"
        page = (await client.get(f"/koordinator/paket/{task}")).text
        assert WHY in page
    (act,) = await query(world, "select * from distribution.coordinator_acts")
    assert (act["kind"], act["coordinator"], act["team"], act["reason"]) == (
        "reassign",
        coordinators.NAME,
        OTHER_TEAM,
        WHY,
    )


async def test_a_packet_is_called_back_and_its_door_gets_another(world: World, address: str) -> None:
    task = str((await tasks(world))[0]["task_id"])
    async with browser(address) as client:
        key = await coordinators.enter(client, world)
        form = {"kunci": key, "alasan": "isi keliru", "versi": "1"}
        path = f"/koordinator/paket/{task}/tarik"
        assert (await client.post(path, data=form)).headers["location"].endswith("kabar=call_back")
        assert (await client.post(path, data={**form, "versi": "2"})).headers["location"].endswith("TASK_IS_RECALLED")
    assert (await task_of(world, task))["status"] == "recalled"
    await eventually(lambda: tasks(world), lambda rows: len(rows) == 3)


async def test_a_paused_team_brings_what_it_has_and_takes_no_more(world: World, address: str) -> None:
    first, second = (str(row["task_id"]) for row in await tasks(world))
    async with browser(address) as client, browser(address) as phone:
        key, field_key = await coordinators.enter(client, world), await enter(phone, world)
        await report(client, first, "accept", team=TEAM)
        form = {"kunci": key, "alasan": "dua relawan sakit", "tim": TEAM, "jeda": "ya"}
        assert (await client.post("/koordinator/tim", data=form)).headers["location"].endswith("kabar=pause")
        assert "Dijeda" in (await client.get("/koordinator")).text
        give = {"kunci": key, "alasan": WHY, "versi": "1", "tim": TEAM}
        given = await client.post(f"/koordinator/paket/{second}/alihkan", data=give)
        assert given.headers["location"].endswith("kabar=TEAM_PAUSED")
        field = (await phone.get("/lapangan")).text
        assert first in field
        assert second not in field
        taken = await phone.post("/lapangan/ambil", data={"kunci": field_key, "tugas": f"{second} 1"})
        assert taken.headers["location"].endswith("kabar=TEAM_PAUSED")
        done = await report(client, first, "deliver", team=TEAM, proof_kind="witness", proof="Kader")
        assert done.json()["outcome"] == "delivered"
        form |= {"jeda": "tidak"}
        assert (await client.post("/koordinator/tim", data=form)).headers["location"].endswith("kabar=resume")
        assert (await report(client, second, "accept", team=TEAM)).json()["outcome"] == "accepted"


async def test_of_two_reports_a_coordinator_says_once_which_counts(world: World, address: str) -> None:
    first, second = (str(row["task_id"]) for row in await tasks(world))
    async with browser(address) as client:
        told = await two_reports(world, client, first)
        key = await coordinators.enter(client, world)
        assert "Perlu diputuskan (1)" in (await client.get("/koordinator")).text
        path, form = decisions(first, told, key)["keep_report"]
        assert (await client.post(path, data=form)).headers["location"].endswith("kabar=keep_report")
        row = await task_of(world, first)
        assert (row["status"], row["team"], row["goods"]) == ("delivered", OTHER_TEAM, "delivered")
        later = await client.post(path, data={**form, "pakai": "keep_standing"})
        assert later.headers["location"].endswith("kabar=keep_standing")
        assert "Perlu diputuskan (0)" in (await client.get("/koordinator")).text

        await report(client, second, "accept", team=TEAM)
        await report(client, second, "deliver", team=TEAM, proof_kind="witness", proof="Kader")
        await report(client, second, "fail", team=OTHER_TEAM, reason="refused")
        late = (await conflicts(world))[0]
        path, form = decisions(second, str(late["report_id"]), key)["keep_report"]
        assert (await client.post(path, data=form)).headers["location"].endswith("kabar=CANNOT_BE_CHANGED")
        path, form = decisions(second, str(late["report_id"]), key)["keep_standing"]
        assert (await client.post(path, data=form)).headers["location"].endswith("kabar=keep_standing")
        (decided, _) = (await client.get("/v1/conflicts", params={"kelurahan": KELURAHAN})).json()
    assert decided["decided_by"] == coordinators.NAME
    acts = await query(world, "select kind from distribution.coordinator_acts order by at")
    assert [act["kind"] for act in acts] == ["keep_report", "keep_standing"]  # the first word on a report is the last


async def test_a_printed_list_is_typed_in_and_counts_as_if_it_had_been_told_when_it_happened(
    world: World, address: str
) -> None:
    first, second = (str(row["task_id"]) for row in await tasks(world))
    await world.admin.execute("update distribution.tasks set assigned_at = assigned_at - interval '3 hours'")
    at = (now() - timedelta(hours=1)).astimezone(load("3276").zone).replace(second=0, microsecond=0)
    clock = f"{at:%H:%M}"
    async with browser(address) as client, browser(address) as phone:
        taken = {"kunci": await enter(phone, world), "tugas": [f"{first} 1", f"{second} 1"], "kertas": "ya"}
        assert (await phone.post("/lapangan/ambil", data=taken)).headers["location"].endswith("kabar=accepted")
        assert all(row["lease_until"] - now() > timedelta(hours=5) for row in await tasks(world))
        paper = (await phone.get("/lapangan/cetak")).text
        assert first[-6:].upper() in paper
        assert svg(f"{address}/koordinator/kertas?tim={TEAM}") in paper

        said = {"kunci": await coordinators.enter(client, world), "tim": TEAM, "tanggal": at.date().isoformat()}
        page = f"/koordinator/kertas?tim={TEAM}"
        assert page in (await client.get("/koordinator")).text
        shown = (await client.get(page)).text
        assert not any(word in shown for word in PERSONAL)

        async def type_in(**more: str) -> httpx.Response:
            return await client.post("/koordinator/kertas", data=said | more)

        assert "Pilih hasilnya" in (await type_in(**line(first, "", clock))).text
        assert "isi 4 angkanya" in (await type_in(**line(first, "deliver:code", clock))).text
        half = await type_in(**line(first, "deliver:Ketua RT", clock), **line(second, "fail:not_home", ""))
        assert (half.status_code, "1 baris belum tercatat" in half.text) == (422, True)
        assert "Isi tanggal dan jam" in half.text
        failure = line(second, "fail:not_home", clock) | {f"catatan-{second}": "pagar terkunci"}
        assert "Jam itu tidak mungkin" in (await type_in(**{**failure, "tanggal": "2021-07-01"})).text
        for _ in range(2):  # pressed twice
            assert (await type_in(**failure)).headers["location"].endswith("kabar=typed")
        assert (await type_in(**line(second, "return:", clock, "3"))).headers["location"].endswith("kabar=typed")
        assert "Dari kertas, diketik oleh" in (await client.get(f"/koordinator/paket/{first}")).text
    kept = await query(world, "select * from distribution.field_reports where kind <> 'accept' order by received_at")
    assert [(row["kind"], row["detail"], row["outcome"], row["note"]) for row in kept] == [
        ("deliver", "witness", "delivered", ""),
        ("fail", "not_home", "failed", "pagar terkunci"),
        ("return", "", "returned", ""),
    ]
    assert {(row["typed_by"], row["happened_at"], row["team"]) for row in kept} == {(coordinators.NAME, at, TEAM)}
    steps = "select body from distribution.event_log where type like 'task.%' and version > 2"
    told = [orjson.loads(row["body"]) for row in await query(world, steps)]
    assert [datetime.fromisoformat(body["at"]) for body in told] == [at] * 3  # reporting counts by it
    assert peduli(world, "ledger", "check") == "L1-L8 hold"


async def test_the_accounting_holds_after_every_kind_of_decision(world: World, address: str) -> None:
    first, second = (str(row["task_id"]) for row in await tasks(world))
    async with browser(address) as client:
        told = await two_reports(world, client, first)
        key = await coordinators.enter(client, world)
        for path, form in (
            decisions(first, told, key)["keep_report"],
            decisions(second, told, key, 1)["give_turn"],
            decisions(second, told, key, 2)["call_back"],
        ):
            assert (await client.post(path, data=form)).status_code == 303
    assert peduli(world, "ledger", "check") == "L1-L8 hold"

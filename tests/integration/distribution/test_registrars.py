"""Those who register households: over HTTP, by a sheet, on the pages, at a terminal, each within their kelurahan."""

from __future__ import annotations

import json
import re
from dataclasses import replace
from datetime import timedelta
from typing import Any
from uuid import UUID

import httpx
import pytest

import services.distribution.app as distribution
from peduli.prepare import load_city
from services.distribution.documents.households import COLUMNS, FORM, HOUSEHOLDS, examples, gather
from shared.clock import now
from shared.reference.load import load
from shared.sheets.spreadsheet import read
from shared.sheets.workbook import template_csv, template_xlsx
from tests.support import canaries
from tests.support.access import add
from tests.support.eventually import eventually
from tests.support.journey import KELURAHAN, household, query, tell
from tests.support.officers import browsing, key_of, peduli
from tests.support.running import running
from tests.support.servers import World
from tests.support.sheets import xlsx

DEPOK = load("3276")
BBM = replace(
    DEPOK.programmes["isoman"],
    programme="bbm",
    name="Bantuan dampak kenaikan BBM",
    called="terdampak kenaikan BBM",
    has_isolation=False,
    groups=frozenset({"elderly"}),
)
WITH_BBM = replace(DEPOK, programmes={**DEPOK.programmes, "bbm": BBM})
OTHER = "32.76.06.1002"
HEADINGS = [column.heading for column in COLUMNS]
TODAY = DEPOK.date_of(now())
UNTIL = (TODAY + timedelta(days=8)).strftime("%d/%m/%Y")
RT = "/rt/1"


async def registrar(world: World, name: str, *units: str) -> dict[str, str]:
    """The headers of somebody who registers households of these kelurahan alone."""
    made = await add(world, name, "puskesmas", sources=(f"/rt/{name}",), units=units or (KELURAHAN,))
    return {"Authorization": f"Bearer {made.token}"}


def row(**cells: Any) -> list[Any]:
    """A row of the sheet, good unless `cells` say otherwise."""
    good = {
        "ref": "KK-1",
        "kelurahan": KELURAHAN,
        "name": "Ibu Contoh",
        "address": "Jl. Contoh 1",
        "size": 4,
        "begins": TODAY.strftime("%d/%m/%Y"),
        "ends": UNTIL,
    }
    told = {**good, **cells}
    return [told.get(column.name, "") for column in COLUMNS]


async def homes(world: World) -> list[dict[str, Any]]:
    return await query(world, "select * from distribution.households order by changed_at")


async def test_a_registrar_tells_of_his_kelurahan_and_sees_no_other(world: World) -> None:
    hers, his = await registrar(world, "rt-a"), await registrar(world, "rt-b", OTHER)
    async with running(distribution.service(world.settings(open_doors=False))) as door:
        told = await door.post("/v1/households", json=household(), headers=hers)
        place = f"/v1/households/{told.json()['household_id']}"
        refused = await door.post("/v1/households", json=household(), headers=his)
        assert [reason["code"] for reason in refused.json()["reasons"]] == ["KELURAHAN_NOT_YOURS"]
        extended = {"isolation_until": (now() + timedelta(days=11)).isoformat()}
        for method, path, body in (
            ("GET", place, None),
            ("GET", f"{place}/people", None),
            ("POST", f"{place}/page", None),
            ("PATCH", place, extended),
        ):
            assert (await door.request(method, path, json=body, headers=his)).status_code == 404
        assert (await door.get("/v1/households", headers=his)).json() == []
        [listed] = (await door.get("/v1/households", headers=hers)).json()
        assert listed["household_id"] == told.json()["household_id"]
        assert (await door.patch(place, json=extended, headers=hers)).json()["outcome"] == "changed"
        people = await door.get(f"{place}/people", headers=hers)
        assert people.json() == {"name": "Ibu Contoh", "phone": "081200000000", "address": "Jl. Contoh 1"}
        moved = await door.patch(place, json={"kelurahan": OTHER, "address": "Jl. Baru 9", "rw": 7}, headers=hers)
        assert moved.json()["outcome"] == "changed"
        assert (await door.get(place, headers=hers)).status_code == 404  # now it is another registrar's
        assert (await door.get(place, headers=his)).json()["rw"] == 7
        ended = await door.patch(place, json={"released": "hospital"}, headers=his)
        assert ended.json()["version"] == 4
    reads = await query(world, "select reader, purpose from distribution.people_reads order by read_id")
    assert [tuple(read.values()) for read in reads] == [("rt-a", "check"), ("rt-a", "move")]
    types = await query(world, "select type from distribution.event_log where type like 'household.%' order by seq")
    assert [one["type"].split(".")[1] for one in types] == ["registered", "changed", "changed", "released"]


async def test_good_rows_of_a_sheet_are_registered_and_bad_ones_come_back_with_their_reasons(world: World) -> None:
    hers = await registrar(world, "rt-sheet")
    sheet = xlsx(
        [
            HEADINGS,
            row(ref="KK-1", infant="ya", allergens="kacang, telur", aid="paket", aid_day=TODAY.strftime("%d/%m/%Y")),
            row(ref="KK-2", begins="", ends="", case="bergejala", since=TODAY.strftime("%d/%m/%Y"), resident="ASN"),
            row(ref="KK-3", kelurahan="Curug"),  # Depok has two
            row(ref="KK-4", size="banyak", infant="mungkin", allergens="durian"),
            row(ref="KK-5", ends="", nik="3276063002900001"),
            row(ref="KK-6", kelurahan=OTHER),
            row(ref="KK-1"),
            row(ref="KK-7", programme="bbm", elderly="ya"),
            row(ref="KK-8", programme="nihil"),
        ]
    )
    await load_city(world.database_url, WITH_BBM)
    async with running(distribution.service(world.settings(open_doors=False))) as door:

        async def send(**params: str) -> httpx.Response:
            answer = await door.post("/v1/households/sheets", content=sheet, params=params, headers=hers)
            assert answer.status_code == 200, answer.text
            return answer

        wanted = {"registered": 3, "rejected": 6}
        assert (await send(preview="true")).json()["outcomes"] == wanted
        assert await homes(world) == []
        told = (await send()).json()
        assert told["outcomes"] == wanted
        assert [(one["row"], one["column"], one["code"]) for one in told["wrong"]] == [
            (4, "Kelurahan", "UNKNOWN_KELURAHAN"),
            (5, "Jumlah Orang", "NOT_A_NUMBER"),
            (5, "Ada Bayi", "NOT_A_CHOICE"),
            (5, "Alergi", "NOT_A_CHOICE"),
            (6, "NIK", "INVALID_NIK"),
            (6, "Selesai Isolasi", "MISSING_FIELD"),
            (7, "Kelurahan", "KELURAHAN_NOT_YOURS"),
            (8, "Nomor", "REPEATED"),
            (10, "Program", "UNKNOWN_PROGRAMME"),
        ]
        again = await send(refused="xlsx")
        back = read(again.content, HOUSEHOLDS)
        assert [one.cells["ref"] for one in back.rows] == ["KK-3", "KK-4", "KK-5", "KK-6", "KK-1", "KK-8"]
        assert set(back.ignored) == {"Baris Asal", "Kolom Salah", "Alasan Ditolak"}
        assert (await send()).json()["outcomes"] == {"known": 3, "rejected": 6}
        foreign = await door.post("/v1/households/sheets", content=b"%PDF-1.7", headers=hers)
        assert foreign.status_code == 422
    first, second, third = await homes(world)
    assert (first["groups"], first["allergens"], second["is_aparatur"]) == (["infant"], ["egg", "peanut"], True)
    assert (first["programme"], third["programme"]) == ("isoman", "bbm")
    assert second["isolation_until"] - second["isolation_from"] == timedelta(days=13)


@pytest.mark.parametrize("make", [template_xlsx, template_csv])
def test_the_template_is_read_as_it_is_and_its_examples_are_good(make: Any) -> None:
    lists = [[(("Kelurahan", "Nama"), [("x", "y")])]] if make is template_xlsx else []
    told = gather(read(make(FORM, examples(DEPOK), *lists), HOUSEHOLDS).rows, DEPOK)
    assert [one.report and one.report.household_ref for one in told] == ["CONTOH-1", "CONTOH-2"]


def fields(key: str, **changes: str) -> dict[str, str]:
    """The six fields of the form, filled in."""
    return {
        "kunci": key,
        "nomor": "a-form",
        "nama": "Ibu Contoh",
        "alamat": "Jl. Contoh 1",
        "kelurahan": KELURAHAN,
        "jumlah": "4",
        "kasus": "without_symptoms",
        "tanggal": (TODAY - timedelta(days=2)).isoformat(),
        **changes,
    }


async def enter(client: httpx.AsyncClient, token: str) -> str:
    """Sign in; returns the key of the forms."""
    page = await client.get("/keluarga/masuk")
    entered = await client.post("/keluarga/masuk", data={"kunci": key_of(page), "kode": token})
    assert entered.headers.get("location") == "/keluarga", entered.text
    assert re.search(r"peduli_pendaftar=.*HttpOnly.*SameSite=lax", entered.headers["set-cookie"])
    assert token not in entered.headers["set-cookie"]
    return key_of(await client.get("/keluarga"))


async def test_an_rt_registers_extends_moves_and_releases_a_family_on_the_pages(world: World) -> None:
    token = (await registrar(world, "rt-page"))["Authorization"].removeprefix("Bearer ")
    async with running(distribution.service(world.settings(open_doors=False))) as door, browsing(door.app) as his:
        assert (await his.get("/keluarga")).headers["location"] == "/keluarga/masuk"
        key = await enter(his, token)
        wrong = await his.post("/keluarga/baru", data=fields(key, jumlah="nol", nik="123"))
        assert wrong.status_code == 422
        assert 'id="jumlah-salah"' in wrong.text
        told = await his.post("/keluarga/baru", data=fields(key))
        page = told.headers["location"]
        assert page.endswith("?hasil=registered")
        assert (await his.post("/keluarga/baru", data=fields(key))).headers["location"].endswith("?hasil=known")
        place = page.partition("?")[0]
        for path in (page, "/keluarga"):
            assert "Ibu Contoh" not in (await his.get(path)).text
        assert (await query(world, "select * from distribution.people_reads")) == []
        assert "Ibu Contoh" in (await his.post(f"{place}/orang", data={"kunci": key})).text
        longer = (TODAY + timedelta(days=20)).isoformat()
        for act, data in (
            ("perpanjang", {"selesai": longer}),
            ("pindah", {"kelurahan": KELURAHAN, "alamat": "Jl. Baru 9", "rw": "12"}),
            ("bantuan", {"bantuan": "parcel", "tanggal_bantuan": TODAY.isoformat()}),
            ("akhiri", {"alasan": "recovered"}),
        ):
            done = await his.post(f"{place}/{act}", data={"kunci": key, **data})
            assert done.headers.get("location", "").endswith("?hasil=changed"), done.text
        for act in ("perpanjang", "pindah", "bantuan", "akhiri"):
            assert (await his.post(f"{place}/{act}", data={"kunci": key})).status_code == 422
        assert (await his.post(f"{place}/akhiri", data={"alasan": "recovered"})).status_code == 403  # no key
    [home] = await homes(world)
    assert (home["released_reason"], home["rw"], home["version"]) == ("recovered", 12, 5)
    assert DEPOK.date_of(home["isolation_until"]).isoformat() == longer
    assert home["other_aid"].startswith('[["parcel"')
    reads = await query(world, "select reader, purpose from distribution.people_reads order by read_id")
    assert [tuple(read.values()) for read in reads] == [("rt-page", "check"), ("rt-page", "move")]


async def test_where_a_city_has_several_programmes_the_form_asks_by_which_a_family_gets_help(world: World) -> None:
    token = (await registrar(world, "rt-bbm"))["Authorization"].removeprefix("Bearer ")
    await load_city(world.database_url, WITH_BBM)
    async with running(distribution.service(world.settings(open_doors=False))) as door, browsing(door.app) as his:
        key = await enter(his, token)
        shown = (await his.get("/keluarga/baru")).text
        assert '<option value="isoman" selected>' in shown
        assert f"{BBM.name}: keluarga dengan lansia" in shown
        last = (TODAY + timedelta(days=30)).isoformat()
        asked = fields(key, program="nihil", kasus="", selesai=last)
        assert 'id="program-salah"' in (await his.post("/keluarga/baru", data=asked)).text
        nobody = await his.post("/keluarga/baru", data={**asked, "program": "bbm"})
        assert 'href="#kelompok"' in nobody.text
        told = await his.post("/keluarga/baru", data={**asked, "program": "bbm", "kelompok": "elderly"})
        assert told.headers["location"].endswith("?hasil=registered")
        page = (await his.get(told.headers["location"])).text
        assert BBM.name in page
        assert "Akhiri masa bantuan" in page
        assert "tidak perlu dibantu lagi" in page
        assert not any(word in page for word in ("isoman", "isolasi", "sembuh"))
        listed = (await his.get("/keluarga")).text
        assert '<span class="tag good">dibantu</span>' in listed
        assert "<h1>Keluarga penerima bantuan</h1>" in listed
        open_end = fields(key, nomor="KK-9", nama="Pak Lain", alamat="Jl. Lain 9", kasus="", program="bbm")
        refused = await his.post("/keluarga/baru", data={**open_end, "kelompok": "elderly"})
        assert 'id="selesai-salah"' in refused.text  # this programme has no end of its own
    [home] = await homes(world)
    first, until = (DEPOK.date_of(home[name]) for name in ("isolation_from", "isolation_until"))
    assert (home["programme"], first, until.isoformat()) == ("bbm", TODAY - timedelta(days=2), last)


async def test_a_registrar_prints_the_link_of_a_familys_page_and_only_of_his_own(world: World) -> None:
    service = distribution.service(world.settings(open_doors=False))
    mine = await add(world, "rt-qr", "puskesmas", sources=("/rt/qr",), units=(KELURAHAN,))
    theirs = await add(world, "rt-qr-lain", "puskesmas", sources=("/rt/lain",), units=(OTHER,))
    async with running(service) as client, browsing(client.app) as his, browsing(client.app) as stranger:
        key = await enter(his, mine.token)
        told = await his.post("/keluarga/baru", data=fields(key))
        page = told.headers["location"].partition("?")[0]
        strange = {"kunci": await enter(stranger, theirs.token)}
        assert (await stranger.post(f"{page}/halaman", data=strange)).status_code == 404
        addresses = []
        for _ in range(2):
            made = (await his.post(f"{page}/halaman", data={"kunci": key})).text
            assert "<svg" in made
            addresses += re.findall(r'class="big">http://test(/rumah/[2-9a-z]{16})<', made)
        old, new = addresses
        assert (await stranger.get(old)).status_code == 404
        assert (await stranger.get(new)).status_code == 200


async def test_a_sheet_on_the_page_is_checked_registered_and_given_back(world: World) -> None:
    token = (await registrar(world, "rt-upload"))["Authorization"].removeprefix("Bearer ")
    sheet = xlsx([HEADINGS, row(), row(ref="KK-2", size="")])
    async with running(distribution.service(world.settings(open_doors=False))) as door, browsing(door.app) as his:
        key = await enter(his, token)

        async def press(button: str) -> httpx.Response:
            files = {"file": ("keluarga.xlsx", sheet)}
            return await his.post(f"/keluarga/lembar/{button}", data={"kunci": key}, files=files)

        assert "Baris 3, Jumlah Orang" in (await press("periksa")).text
        assert await homes(world) == []
        assert "Baris 3, Jumlah Orang" in (await press("daftarkan")).text
        assert len(await homes(world)) == 1
        assert [one.cells["ref"] for one in read((await press("ditolak.xlsx")).content, HOUSEHOLDS).rows] == ["KK-2"]
        assert "Pilih lembar" in (await his.post("/keluarga/lembar/periksa", files={"kunci": (None, key)})).text
        assert len(read((await his.get("/keluarga/templat.csv")).content, HOUSEHOLDS).rows) == 2


async def test_nobody_else_comes_in_and_a_revoked_token_ends_its_session(world: World) -> None:
    await add(world, "team-page", "team", sources=("tim-1",))
    token = (await registrar(world, "rt-leaves"))["Authorization"].removeprefix("Bearer ")
    async with running(distribution.service(world.settings(open_doors=False))) as door, browsing(door.app) as his:
        for wrong in ("", "peduli_wrong"):
            page = await his.get("/keluarga/masuk")
            answer = await his.post("/keluarga/masuk", data={"kunci": key_of(page), "kode": wrong})
            assert answer.status_code == 422
        his.cookies.set("peduli_pendaftar", "not-a-session")
        assert (await his.get("/keluarga")).status_code == 303
        his.cookies.clear()
        await enter(his, token)
        await query(world, "update distribution.principals set revoked_at = now() where name = 'rt-leaves'")
        await eventually(lambda: his.get("/keluarga"), lambda answer: answer.status_code == 303)


async def test_an_operator_hands_out_what_is_kept_and_erases_it(world: World) -> None:
    async with running(distribution.service(world.settings())) as door:
        told = await door.post("/v1/households", json=household(), headers={"Peduli-Source": RT})
        identity = told.json()["household_id"]
        found = json.loads(peduli(world, "household", "export", identity, "--reason", "asked by the family"))
        assert (found["people"]["name"], found["household"]["size"], found["packets"]) == ("Ibu Contoh", 4, [])
        assert [read["purpose"] for read in found["reads"]] == ["asked by the family"]
        with pytest.raises(AssertionError, match="still isolates"):
            peduli(world, "household", "erase", identity)
        await door.patch(f"/v1/households/{identity}", json={"released": "recovered"})
        assert peduli(world, "household", "erase", identity).endswith("erased")
        with pytest.raises(AssertionError, match="No household"):
            peduli(world, "household", "export", identity, "--reason", "again")
        assert (await door.get(f"/v1/households/{identity}/people")).status_code == 404
    assert await query(world, "select * from distribution.people_keys, distribution.people") == []
    assert [home["household_id"] for home in await homes(world)] == [UUID(identity)]  # it still counts


async def test_no_name_phone_address_or_nik_is_found_where_none_may_be(
    world: World, capfd: pytest.CaptureFixture[str]
) -> None:
    nik = "3276060107900001"
    people = {"name": "Kenari 1", "phone": "081155500001", "address": "Jalan Kenari 1", "nik": nik}
    other = {**people, "phone": "081155500002", "nik": "3276060107900002"}
    async with running(distribution.service(world.settings())) as door:
        await tell(world, household("KK-1", people=people), "household.report_submitted")
        await eventually(lambda: homes(world), lambda rows: len(rows) == 1)
        told = await door.post("/v1/households", json=household("KK-2", people=other), headers={"Peduli-Source": RT})
        place = f"/v1/households/{told.json()['household_id']}"
        await door.get(f"{place}/people")
        wrong = household("KK-3", people={**people, "nik": nik[:-1]})
        refused = await door.post("/v1/households", json=wrong, headers={"Peduli-Source": RT})
        await door.patch(place, json={"address": "Jalan Kenari 2"})
        sheet = xlsx([HEADINGS, row(ref="KK-4", name="Kenari 4"), row(ref="KK-5", name="Kenari 5", size="")])
        brought = await door.post("/v1/households/sheets", content=sheet, headers={"Peduli-Source": RT})
        answers = refused.text + brought.text + (await door.get("/v1/households")).text
        metrics = (await door.get("/metrics")).text
        published = "select count(*) as n from distribution.outbox"
        await eventually(lambda: query(world, published), lambda rows: rows == [{"n": 0}])
    logs = "".join(capfd.readouterr())
    places = [*await canaries.rows(world.database_url), await canaries.stream(world.rabbitmq.url)]
    places += [("answers", answers), ("metrics", metrics), ("logs", logs)]
    assert "service_started" in logs
    assert [name for name, text in places if canaries.has_planted(text) or nik[:12] in text] == []

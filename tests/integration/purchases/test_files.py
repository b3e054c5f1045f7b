"""A sheet by HTTP: kept sealed, previewed without effect, accepted once, and the refused rows back to be mended."""

from __future__ import annotations

import asyncio
import random
from collections.abc import Mapping
from datetime import timedelta
from types import MappingProxyType
from typing import Any

import pytest
import structlog

from services.purchases.app import service
from services.purchases.documents.columns import PURCHASES
from services.purchases.usecases import files
from shared.clock import now
from shared.database.pool import connect
from shared.reference.load import load
from shared.sheets.spreadsheet import read
from tests.integration.purchases.test_intake import outcomes, rows
from tests.support.access import add
from tests.support.eventually import eventually
from tests.support.officers import THURSDAY_MORNING, browsing, sign_in
from tests.support.publish import purchase
from tests.support.running import Door, running
from tests.support.servers import World
from tests.support.sheets import HEADINGS, nip, purchases, told, xlsx

CITY = load("3276")
UNIT = "32.76.DKUM"
TICK = 0.01  # how long nobody asks for anything
TILL = {"Peduli-Source": "/pos/kantor"}
RINA = {"Peduli-Source": f"/unit/{UNIT}", "Peduli-File-Name": "iuran%20Bu%20Rina.xlsx"}


async def upload(client: Door, content: bytes, **headers: str) -> str:
    answer = await client.post("/v1/files", content=content, headers={**RINA, **headers})
    assert answer.status_code == 201, answer.text
    return str(answer.headers["location"])


async def until(
    client: Door, where: str, *status: str, headers: Mapping[str, str] = MappingProxyType(RINA)
) -> dict[str, Any]:
    async def look() -> dict[str, Any]:
        return dict((await client.get(where, headers=headers, params={"limit": 500})).json())

    return await eventually(look, lambda seen: seen.get("status") in status, 60)


def sheet_of_63() -> bytes:
    """Bu Rina's: 63 purchases under a letterhead, two of them wrong."""
    draw = random.Random(22)
    title = [["KOPERASI", "", ""], ["Rekap iuran", "", ""], []]
    head = ["Nomor Nota", "Tanggal", "Unit", "Penjual", "NIP", "SKU", "Qty", "Harga", "Catatan"]
    body = [
        [f"R-{number}", "22/07/2021", "DKUM", "KOP-BEJI-01", nip(draw), "BERAS-5KG", 1, "Rp 65.000", "lunas"]
        for number in range(63)
    ]
    body[4][2], body[60][1] = "Dinas Entah", "22/13/2021"
    return xlsx([*title, head, *body])


async def test_61_of_63_are_recorded_and_2_come_back_to_be_mended(world: World) -> None:
    async with running(service(world.settings())) as client:
        where = await upload(client, sheet_of_63())
        seen = await until(client, where, "previewed")
        assert (seen["name"], seen["preview"]) == ("iuran Bu Rina.xlsx", {"recorded": 61, "rejected": 2})
        assert (seen["rows_read"], seen["rows_judged"], seen["rows_refused"]) == (63, 63, 2)
        assert seen["ignored_headings"] == ["Catatan"]
        assert await outcomes(world) == []
        assert seen["hints"] == {"NO_POST": 61}
        hinted = (await client.get(where, headers=RINA, params={"hinted": True, "limit": 2})).json()["page"]
        assert [(one["rows"], one["hints"][0]["row"], one["hints"][0]["code"]) for one in hinted] == [
            ([5], 5, "NO_POST"),
            ([6], 6, "NO_POST"),
        ]
        wrong = [(one["rows"], each["column"], each["code"]) for one in seen["page"] for each in one["wrong"]]
        assert wrong == [([9], "Unit Kerja", "UNIT_NOT_YOURS"), ([65], "Tanggal", "NOT_A_DATE")]
        wrong_before = [one["wrong"] for one in seen["page"] if one["wrong"]]
        accepted = [await client.post(f"{where}/accept", headers=RINA) for _ in range(2)]
        assert [answer.status_code for answer in accepted] == [202, 202]
        seen = await until(client, where, "accepted")
        assert (seen["results"], seen["rows_recorded"]) == ({"recorded": 61, "rejected": 2}, 61)
        assert [one["wrong"] for one in seen["page"] if one["wrong"]] == wrong_before
        assert (await client.post(f"{where}/accept", headers=RINA)).json()["status"] == "accepted"
        assert await outcomes(world) == ["recorded"] * 61 + ["rejected"] * 2
        back = await client.get(f"{where}/rejected.xlsx", headers=RINA)
        mended = read(back.content, PURCHASES).rows
        assert [row.cells["reference"] for row in mended] == ["R-4", "R-60"]
        assert set(read(back.content, PURCHASES).ignored) == {"Baris Asal", "Kolom Salah", "Alasan Ditolak"}
        again = await until(client, await upload(client, sheet_of_63()), "previewed")
        assert again["preview"] == {"known": 61, "rejected": 2}
    told_ = await rows(world, "select count(*)::int as n from event_log where type = 'purchase.recorded.v1'")
    assert told_ == [{"n": 61}]


async def test_refused_rows_are_told_and_found_like_every_refusal(world: World) -> None:
    async with running(service(world.settings(), clock=lambda: THURSDAY_MORNING)) as client:
        where = await upload(client, sheet_of_63())
        await until(client, where, "previewed")
        await client.post(f"{where}/accept", headers=RINA)
        await until(client, where, "accepted")
        found = (
            await client.get("/v1/submissions", params={"source": RINA["Peduli-Source"], "reference": "R-60"})
        ).json()
        assert [(one["outcome"], [(r["code"], r["path"]) for r in one["reasons"]]) for one in found] == [
            ("rejected", [("NOT_A_DATE", "rows.65.date"), ("MISSING_FIELD", "purchased_at")])
        ]
        assert (await client.get("/v1/lookup/R-4")).json()[0]["submissions"][0]["outcome"] == "rejected"
        foreign = told(reference="ORANG", source="/pos/lain", date="22/07/2021", sku="BERAS-5KG", quantity=1, price=1)
        where = await upload(client, xlsx([HEADINGS, foreign]))
        await until(client, where, "previewed")
        await client.post(f"{where}/accept", headers=RINA)
        await until(client, where, "accepted")
        assert (await client.get("/v1/submissions/pos/lain/ORANG")).status_code == 404
        assert (await client.get(f"/v1/submissions/unit/{UNIT}/ORANG")).json()[0]["outcome"] == "rejected"
        async with browsing(client.app) as hers:
            await sign_in(hers, world)
            book = (await hers.get("/belanja?status=rejected")).text
            assert "Ditolak 3" in book
            assert "Baris 65 lembar: Tulis tanggal sebagai hari/bulan/tahun" in book
    told_ = await rows(
        world,
        """select convert_from(body, 'utf8')::jsonb ->> 'reference' as nota from event_log
           where type = 'purchase.rejected.v1' order by seq""",
    )
    assert sorted(row["nota"] for row in told_) == ["ORANG", "R-4", "R-60"]  # a file is told in two lanes


async def test_sources_have_their_turns_a_flood_is_limited_and_an_accept_is_counted_once(world: World) -> None:
    till = await add(world, "turns", sources=(TILL["Peduli-Source"],), purchases=600)
    flood, large = {"Authorization": f"Bearer {till.token}"}, xlsx([HEADINGS, *purchases(CITY, 300)])
    async with running(service(world.settings())) as client:
        first = await upload(client, large, **flood, **TILL)
        await until(client, first, "previewed", headers=flood)
        for _ in range(3):  # 300 are counted once, and leave room for 300 more
            assert (await client.post(f"{first}/accept", headers=flood)).status_code == 202
        second = await upload(client, large, **flood, **TILL)
        await until(client, second, "previewed", headers=flood)
        assert (await client.post(f"{second}/accept", headers=flood)).status_code == 202
        for _ in range(files.MOST_UNACCEPTED):
            last = await upload(client, large, **flood, **TILL)
        refused = await client.post("/v1/files", content=large, headers={**flood, **TILL})
        assert (refused.status_code, refused.headers["retry-after"]) == (429, "60")
        hers = await upload(client, sheet_of_63())
        await until(client, hers, "previewed")
        assert (await client.get(last, headers=flood, params={"limit": 0})).json()["status"] == "received"


async def test_a_receipt_that_the_till_told_counts_once_and_actions_are_previewed_in_their_order(world: World) -> None:
    head = {"date": "22/07/2021", "unit": "DKUM", "seller": "KOP-BEJI-01", "nip": "198001012005011001"}
    body = [
        told(reference="KOP-1", **head, time="11.30", sku="BERAS-5KG", quantity=2, price=65000, total=130000),
        told(reference="BARU", **head, sku="BERAS-5KG", quantity=2, price=65000),
        told(action="koreksi", reference="BARU", **head, sku="BERAS-5KG", quantity=1, price=65000),
        told(action="batal", reference="BARU", reason="Salah input"),
        told(action="batal", reference="BELUM ADA", reason="batal"),
        told(reference="ORANG", source="/pos/lain", **head, sku="BERAS-5KG", quantity=1, price=65000),
    ]
    wanted = ["known", "recorded", "corrected", "voided", "waiting", "recorded"]
    async with running(service(world.settings())) as client:
        till = {"Peduli-Source": "/pos/koperasi-depok"}
        assert (await client.post("/v1/purchases", json=purchase(), headers=till)).status_code == 202
        where = await upload(client, xlsx([HEADINGS, *body]), **TILL)
        seen = await until(client, where, "previewed", headers=TILL)
        assert [one["outcome"] for one in seen["page"]] == wanted
        assert seen["page"][0]["told_by"] == "/pos/koperasi-depok"
        assert await rows(world, "select count(*)::int as n from purchases") == [{"n": 1}]
        await client.post(f"{where}/accept", headers=TILL)
        seen = await until(client, where, "accepted", headers=TILL)
        assert [one["result"] for one in seen["page"]] == wanted
        assert (await client.get("/v1/submissions/pos/lain/ORANG")).json()[0]["outcome"] == "recorded"
    assert await rows(world, "select count(*)::int as n from purchases") == [{"n": 3}]


async def test_a_kill_while_recording_is_taken_up_and_nothing_counts_twice(
    world: World, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(files, "PART", 50)
    honest, noted = files.note_results, [0]

    async def dies(*told_: Any) -> None:
        noted[0] += 1
        if noted[0] == 3:  # its purchases are committed, and nobody has written that down
            raise ConnectionError
        await honest(*told_)

    monkeypatch.setattr(files, "note_results", dies)
    async with running(service(world.settings())) as client:
        where = await upload(client, xlsx([HEADINGS, *purchases(CITY, 500, bad=15, unit=UNIT)]))
        await until(client, where, "previewed")
        await client.post(f"{where}/accept", headers=RINA)
        await eventually(lambda: _value(noted), lambda seen: seen == 3)
    await rows(world, "update files set leased_until = '-infinity' returning 1")
    async with running(service(world.settings())) as client:
        seen = await until(client, where, "accepted")
        assert seen["results"] == {"recorded": 485, "rejected": 15}
    assert await outcomes(world) == ["recorded"] * 485 + ["rejected"] * 15


async def _value(cell: list[int]) -> int:
    return cell[0]


async def test_a_file_that_cannot_be_used_says_why_and_others_go_on(world: World) -> None:
    async with running(service(world.settings())) as client:
        broken = await upload(client, b"%PDF-1.7 \x00")
        good = await upload(client, sheet_of_63())
        seen = await until(client, broken, "unusable")
        assert seen["fault"] == {"code": "NO_SPREADSHEET", "message": "Ini bukan berkas .xlsx atau .csv.", "row": None}
        assert (await client.post(f"{broken}/accept", headers=RINA)).status_code == 409
        await until(client, good, "previewed")
        await client.post(f"{good}/accept", headers=RINA)
        assert (await client.delete(good, headers=RINA)).status_code == 409
        assert (await client.delete(broken, headers=TILL)).status_code == 404
        assert (await client.delete(broken, headers=RINA)).status_code == 204
        assert (await client.delete(broken, headers=RINA)).status_code == 404
        await until(client, good, "accepted")


async def test_a_file_may_be_taken_back_while_it_is_read(world: World, monkeypatch: pytest.MonkeyPatch) -> None:
    opening = files.open_contents

    def withdrawn(work: files.Work, *more: Any) -> files.Contents:
        found = opening(work, *more)
        asyncio.run_coroutine_threadsafe(rows(world, "delete from files returning 1"), loop).result()
        return found

    loop = asyncio.get_running_loop()
    monkeypatch.setattr(files, "open_contents", withdrawn)
    with structlog.testing.capture_logs() as logged:
        async with running(service(world.settings())) as client:
            where = await upload(client, sheet_of_63())
            await eventually(lambda: client.get(where, headers=RINA), lambda seen: seen.status_code == 404)
    assert [line for line in logged if line["event"] == "file_given_up"] == []


async def test_the_door_of_files_refuses_what_is_not_its_own(world: World) -> None:
    async with running(service(world.settings())) as client:
        where = await upload(client, sheet_of_63())
        await until(client, where, "previewed")
        other = {"Peduli-Source": "/unit/lain"}
        for path in ("", "/rejected.xlsx"):
            assert (await client.get(where + path, headers=other)).status_code == 404
        assert (await client.post(f"{where}/accept", headers=other)).status_code == 404
        assert (await client.get("/v1/files/00000000-0000-0000-0000-000000000000", headers=RINA)).status_code == 404
        assert (await client.get("/v1/files", headers=other)).json() == []
        assert [one["status"] for one in (await client.get("/v1/files", headers=RINA)).json()] == ["previewed"]
        assert (await client.post("/v1/files", content=b"x" * 11_000_000, headers=RINA)).status_code == 413
        form = await client.post("/v1/files", files={"file": ("a.xlsx", sheet_of_63())}, headers=RINA)
        assert form.status_code == 201
        assert (await until(client, form.headers["location"], "previewed"))["name"] == "a.xlsx"
        broken = {**RINA, "Content-Type": "multipart/form-data; boundary=x"}
        assert (await client.post("/v1/files", content=b"--x\r\nno", headers=broken)).status_code == 422
        for kind in ("xlsx", "csv"):
            template = await client.get(f"/v1/files/template.{kind}")
            where = await upload(client, template.content, **TILL)
            preview = (await until(client, where, "previewed", headers=TILL))["preview"]
            assert preview == {"recorded": 2, "waiting": 1}


async def test_what_rests_is_sealed_and_goes_after_30_days(world: World) -> None:
    async with running(service(world.settings())) as client:
        where = await upload(client, sheet_of_63())
        await until(client, where, "previewed")
    kept = str(await rows(world, "select * from files, file_receipts"))
    assert "Rina" not in kept
    assert "R-4" not in kept
    assert nip(random.Random(22)) not in kept
    connection = await connect(world.database_url, "purchases")
    try:
        assert await files.forget(connection, now() + timedelta(days=29)) == 0
        assert await files.forget(connection, now() + timedelta(days=31)) == 1
    finally:
        await connection.close()
    assert await rows(world, "select 1 from file_receipts") == []


async def test_others_are_answered_while_a_large_file_is_read_and_judged(world: World) -> None:
    async with running(service(world.settings())) as client:
        where = await upload(client, xlsx([HEADINGS, *purchases(CITY, 5000, unit=UNIT)]))
        longest = 0.0
        loop = asyncio.get_running_loop()
        while (await client.get(where, headers=RINA, params={"limit": 0})).json()["status"] != "previewed":
            began = loop.time()
            await asyncio.sleep(TICK)
            longest = max(longest, loop.time() - began - TICK)
        assert longest < 1.0

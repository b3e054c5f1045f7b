"""One purchase is the same through every door: pooled, of kits, posted by the unit; corrected.

So is another one, posted by an ASN for another programme, and voided.
"""

from __future__ import annotations

import copy
import csv
import io
from collections.abc import Callable
from datetime import UTC, datetime
from typing import Any

import aio_pika
import httpx
import orjson

import services.purchases.app as purchases
import services.reporting.app as reporting
from peduli.prepare import load_city
from shared.contracts import envelope
from shared.reference.load import load
from tests.integration.purchases.test_intake import POOLED
from tests.support.eventually import eventually
from tests.support.journey import query
from tests.support.officers import browsing, sign_in, with_the_elderly
from tests.support.publish import message, publish
from tests.support.running import Door, running
from tests.support.servers import World
from tests.support.sheets import HEADINGS, told, xlsx

MONDAY_AFTER = datetime(2021, 8, 2, 3, tzinfo=UTC)
PATHS = {"submitted": "purchases", "correction_submitted": "corrections", "void_submitted": "voids"}
REASON = "nota_ganda"


def kits(unit: str, reference: str, quantity: int, by: str = "unit") -> dict[str, Any]:
    """So many kits on one receipt, paid by two of a unit and posted by it, or by an ASN."""
    body: dict[str, Any] = copy.deepcopy(POOLED) | {
        "unit_code": unit,
        "reference": reference,
        "total_idr": quantity * 150_000,
    }
    body["lines"][0]["quantity"] = quantity
    body["posts"][0]["by"] = by
    body.setdefault("programme", "isoman")
    return body


def conversation(unit: str) -> list[tuple[str, dict[str, Any]]]:
    """What is told: three kits, no, two; and a receipt that was typed twice."""
    return [
        ("submitted", kits(unit, f"{unit}/1", 3)),
        ("correction_submitted", kits(unit, f"{unit}/1", 2)),
        (
            "submitted",
            kits(unit, f"{unit}/2", 1, by="asn") | {"contributors": POOLED["contributors"][1:], "programme": "lansia"},
        ),
        ("void_submitted", {"reference": f"{unit}/2", "reason": REASON}),
    ]


def event(unit: str, kind: str, body: dict[str, Any]) -> bytes:
    """A CloudEvent in structured mode."""
    names = {"specversion": "1.0", "id": f"{unit} {kind} {body['reference']}", "source": f"/unit/{unit}"}
    return orjson.dumps({**names, "type": f"id.go.depok.peduli.purchase.{kind}.v1", "data": body})


def sheet_rows(unit: str) -> list[list[Any]]:
    """The conversation as rows of a sheet: a row for each who paid."""
    rows = []
    for kind, body in conversation(unit):
        action = {"submitted": "baru", "correction_submitted": "koreksi", "void_submitted": "batal"}[kind]
        if kind == "void_submitted":
            rows.append(told(action=action, reference=body["reference"], reason="nota ganda"))
            continue
        line, post, (first, *others) = body["lines"][0], body["posts"][0], body["contributors"]
        whole = {"action": action, "reference": body["reference"], "date": "30/07/2021", "time": "09.15"}
        goods = {"sku": line["sku"], "quantity": line["quantity"], "price": "Rp 150.000", "total": body["total_idr"]}
        kit = {"product": "Paket isoman 150", "category": "sembako", "shelf_life": 2160}
        kit |= {"contents": "BERAS-5KG:1|MI-INSTAN-5:2", "poster": post["by"], "post": post["url"]}
        whole |= {
            "programme": body["programme"],
            "unit": unit,
            "seller": body["seller_code"],
            "hashtags": " ".join(post["hashtags"]),
        }
        rows.append(told(**whole, **goods, **kit, nip=first["nip"], contribution=first["amount_idr"]))
        rows += [
            told(action=action, reference=body["reference"], nip=payer["nip"], contribution=payer["amount_idr"])
            for payer in others
        ]
    return rows


async def by_file(client: Door, unit: str, content: bytes) -> None:
    headers = {"Peduli-Source": f"/unit/{unit}"}
    where = (await client.post("/v1/files", content=content, headers=headers)).headers["location"]
    seen = await eventually(
        lambda: client.get(where, headers=headers), lambda answer: answer.json()["status"] == "previewed"
    )
    assert [one["outcome"] for one in seen.json()["page"]] == ["recorded", "corrected", "recorded", "voided"], seen.text
    assert (await client.post(f"{where}/accept", headers=headers)).status_code == 202


async def by_form(hers: httpx.AsyncClient, unit: str, key: str) -> None:
    """An officer types it, corrects the number of kits, and voids the second receipt."""

    async def post(path: str, **fields: str) -> str:
        answer = await hers.post(path, data={"kunci": key, **fields})
        assert answer.status_code == 303, answer.text
        return answer.headers["location"].partition("?")[0]

    made: list[str] = []
    for kind, body in conversation(unit):
        if kind == "void_submitted":
            await post(f"{made[-1]}/batalkan", sebab=REASON)
            continue
        line = {"baris": "1", "sku-0": "KIT-ISOMAN-150", "kit-0": "ya", "nama-0": "Paket isoman 150", "aksi": "lanjut"}
        line |= {"kategori-0": "sembako", "simpan-0": "90", "isi-0": "1 BERAS-5KG\n2 MI-INSTAN-5"}
        line |= {"banyak-0": str(body["lines"][0]["quantity"]), "harga-0": "150.000"}
        if kind == "correction_submitted":
            draft = (await post(f"{made[-1]}/koreksi")).removesuffix("/periksa")
            await post(f"{draft}/barang", **line)
            await post(f"{draft}/kirim")
            continue
        payers = "\n".join(f"{payer['nip']} {payer['amount_idr']}" for payer in body["contributors"])
        receipt = {"nota": body["reference"], "tanggal": "2021-07-30", "jam": "09:15", "tujuan": "donation"}
        posted = {"tautan": body["posts"][0]["url"], "tagar": " ".join(body["posts"][0]["hashtags"])}
        posted |= {"oleh": body["posts"][0]["by"]}
        draft = (await post("/belanja/baru", penjual="KOP-BEJI-01", program=body["programme"])).removesuffix("/barang")
        await post(f"{draft}/barang", **line)
        await post(f"{draft}/nota", **receipt, pembayar="contributors", penyumbang=payers)
        await post(f"{draft}/unggahan", **posted)
        made.append(await post(f"{draft}/kirim"))


async def test_every_door_leads_to_the_same_stored_purchase_and_tally(world: World) -> None:
    units = [code for code, unit in load("3276").units.items() if unit.kind == "opd"]
    binary, structured, http, http_event, from_csv, from_xlsx, form = units[:7]

    async def publish_one(unit: str, sent: Callable[[str, str, dict[str, Any]], aio_pika.Message]) -> None:
        for kind, body in conversation(unit):  # each after the other: two consumers might meet a correction first
            await publish(world.rabbitmq.url, [(sent(unit, kind, body), f"3276.purchase.{kind}.v1")])

    def as_binary(unit: str, kind: str, body: dict[str, Any]) -> aio_pika.Message:
        return message(body, f"purchase.{kind}", ce_source=f"/unit/{unit}")

    def as_structured(unit: str, kind: str, body: dict[str, Any]) -> aio_pika.Message:
        return aio_pika.Message(event(unit, kind, body), content_type=envelope.STRUCTURED)

    await load_city(world.database_url, with_the_elderly())
    settings = world.settings()
    async with (
        running(purchases.service(settings, clock=lambda: MONDAY_AFTER)) as client,
        running(reporting.service(settings)),
        browsing(client.app) as hers,
    ):
        await publish_one(binary, as_binary)
        await publish_one(structured, as_structured)
        for kind, body in conversation(http):
            headers = {"Peduli-Source": f"/unit/{http}"}
            assert (await client.post(f"/v1/{PATHS[kind]}", json=body, headers=headers)).status_code == 202
        for kind, body in conversation(http_event):
            headers = {"Content-Type": envelope.STRUCTURED}
            sent = await client.post("/v1/events", content=event(http_event, kind, body), headers=headers)
            assert sent.status_code == 202, sent.text
        await by_file(client, from_xlsx, xlsx([HEADINGS, *sheet_rows(from_xlsx)]))
        text = io.StringIO()
        csv.writer(text, delimiter=";").writerows([HEADINGS, *sheet_rows(from_csv)])
        await by_file(client, from_csv, text.getvalue().encode("utf-8-sig"))
        await by_form(hers, form, await sign_in(hers, world, form))
        tallies = await eventually(lambda: query(world, TALLIES), lambda rows: rows == [{**TALLY, "units": 7}])
    assert tallies
    stored = {(row["unit"], row["number"]): row["kept"] for row in await query(world, STORED)}
    assert len(stored) == 14
    for number in ("1", "2"):
        kept = {unit: stored[unit, number] for unit in units[:7]}
        assert kept == dict.fromkeys(units[:7], kept[http])
    assert stored[http, "1"].startswith("recorded 2 ")
    assert stored[http, "2"].startswith("voided 2 ")
    assert '"by": "unit"' in stored[http, "1"]
    assert '"by": "asn"' in stored[http, "2"]
    assert '"programme": "lansia"' in stored[http, "2"]


TALLY = {"purchases": 1, "items": 2, "spend_idr": 300_000, "buyers": 2, "posts": 1, "compliant_posts": 1}
TALLIES = f"""select {", ".join(f"{name}::int" for name in TALLY)}, count(*)::int as units
  from reporting.v1_unit_tally where purchases > 0 group by {", ".join(TALLY)}"""
STORED = """select split_part(reference, '/', 1) as unit, split_part(reference, '/', 2) as number,
    status || ' ' || version || ' ' || (content
      - array['purchase_id', 'source', 'reference', 'unit_code']) as kept
  from purchases.purchases"""

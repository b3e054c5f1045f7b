"""A purchase told through any door is recorded once, and every wrong one gets its exact answer."""

from __future__ import annotations

import asyncio
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

import aio_pika
import orjson
import pytest

from services.purchases.api import events, submissions
from services.purchases.app import service
from shared.messaging import topology
from tests.support.eventually import eventually
from tests.support.publish import message, publish, purchase
from tests.support.running import running
from tests.support.servers import World

AS_JSON = {"Content-Type": "application/json"}
KEY = "3276.purchase.submitted.v1"
POOLED = orjson.loads(Path("contracts/examples/purchase.submitted/1.0-pooled-kit.json").read_bytes())


async def rows(world: World, sql: str) -> list[dict[str, Any]]:
    async with world.admin.acquire() as connection, connection.transaction():
        await connection.execute("set local search_path to purchases")
        return [dict(row) for row in await connection.fetch(sql)]


async def outcomes(world: World) -> list[str]:
    return [row["outcome"] for row in await rows(world, "select outcome from submissions order by outcome")]


async def test_a_resent_purchase_counts_once(world: World) -> None:
    copies = [(message(purchase(), ce_id=f"copy-{n}"), KEY) for n in range(10)]
    async with running(service(world.settings())):
        await publish(world.rabbitmq.url, copies + copies)
        await eventually(lambda: outcomes(world), lambda seen: seen == ["known"] * 9 + ["recorded"])
        published = "select type, version from event_log where seq not in (select seq from outbox)"
        await eventually(lambda: rows(world, published), bool)
    assert await rows(world, "select type, version from event_log") == [{"type": "purchase.recorded.v1", "version": 1}]
    assert (await topology.depths(world.rabbitmq.url, ["purchases.intake"])) == {"purchases.intake": 0}
    assert (await topology.depths(world.rabbitmq.url, ["reporting.events.0"])) == {"reporting.events.0": 1}


async def test_a_correction_and_a_void_before_their_purchase_wait_for_it(world: World) -> None:
    corrected = purchase(total_idr=65000, lines=[{"sku": "BERAS-5KG", "quantity": 1, "unit_price_idr": 65000}])
    void = {"reference": "KOP-1", "reason": "salah_input"}
    async with running(service(world.settings())):
        early = [
            (message(corrected, "purchase.correction_submitted"), "3276.purchase.correction_submitted.v1"),
            (message(void, "purchase.void_submitted"), "3276.purchase.void_submitted.v1"),
        ]
        await publish(world.rabbitmq.url, early)
        await eventually(lambda: outcomes(world), lambda seen: seen == ["waiting", "waiting"])
        await publish(world.rabbitmq.url, [(message(purchase()), KEY)])
        await eventually(lambda: outcomes(world), lambda seen: seen == ["corrected", "recorded", "voided"])
    events = await rows(world, "select type, version from event_log order by version")
    assert [row["type"] for row in events] == ["purchase.recorded.v1", "purchase.corrected.v1", "purchase.voided.v1"]


async def test_poison_is_parked_and_its_neighbours_are_not(world: World) -> None:
    poison = [
        message(b"{"),
        message(b"\xff\xfe"),
        message(b'{"a": NaN}'),
        message(b'"' + b"x" * 65 * 1024 + b'"'),
        message(purchase("no-id"), ce_id=None),
        message(purchase("odd-type"), "purchase.sung"),
    ]
    poison[4].headers.pop("ce-id", None)
    async with running(service(world.settings())):
        await publish(world.rabbitmq.url, [(item, KEY) for item in [*poison, message(purchase())]])
        await eventually(lambda: outcomes(world), lambda seen: seen == ["recorded"])
        parked = "select reason from parked order by reason"
        found = await eventually(lambda: rows(world, parked), lambda seen: len(seen) == 6)
    assert [row["reason"] for row in found] == ["UNREADABLE"] * 5 + ["UnknownTypeError"]


async def test_every_reason_is_told_at_once(world: World) -> None:
    wrong = purchase(
        unit_code="32.76.NIHIL",
        purchased_at="2999-01-01T00:00:00+07:00",
        total_idr=1,
        buyer={"nip": "123"},
        lines=[{"sku": "BERAS-5KG", "quantity": 10**30, "unit_price_idr": 1.5}],
    )
    async with running(service(world.settings())) as client:
        answer = await client.post("/v1/purchases", content=_json(wrong), headers={"Peduli-Source": "/pos/x"})
        assert answer.status_code == 422
        codes = {reason["path"]: reason["code"] for reason in answer.json()["reasons"]}
        assert codes == {
            "unit_code": "UNKNOWN_UNIT",
            "purchased_at": "PURCHASED_IN_FUTURE",
            "buyer.nip": "INVALID_NIP",
            "lines.0.quantity": "INVALID_FIELD",
            "lines.0.unit_price_idr": "INVALID_FIELD",
        }
        kept = await client.get("/v1/submissions/pos/x/KOP-1")
        assert kept.json()[0]["outcome"] == "rejected"
    assert "123" not in str(await rows(world, "select reasons from submissions"))


async def test_two_doors_tell_of_one_purchase(world: World) -> None:
    headers = {"Peduli-Source": "/pos/koperasi-depok"}
    async with running(service(world.settings())) as client:
        first = await client.post("/v1/purchases", json=purchase(), headers=headers)
        again = await client.post("/v1/purchases", json=[purchase(), purchase("KOP-2")], headers=headers)
        conflict = await client.post("/v1/purchases", json=purchase(unit_code="32.76.06"), headers=headers)
        assert (first.status_code, first.json()["outcome"]) == (202, "recorded")
        assert [item["outcome"] for item in again.json()] == ["known", "recorded"]
        assert conflict.json()["reasons"][0]["code"] == "DUPLICATE_CONFLICT"
        shown = await client.get(first.headers["location"])
        assert shown.json()["content"]["total_idr"] == 130000
        assert (await client.get("/v1/purchases/00000000-0000-0000-0000-000000000000")).status_code == 404
    stored = str(await rows(world, "select * from event_log, purchases"))
    assert "198001012005011001" not in stored


def _json(value: object) -> bytes:
    import json

    return json.dumps(value).encode()


async def test_readiness_and_metrics(world: World) -> None:
    async with running(service(world.settings())) as client:
        await eventually(lambda: _status(client), lambda status: status == 200)
        assert "peduli_events_applied" in (await client.get("/metrics")).text


async def _status(client: Any) -> int:
    answer = await client.get("/readyz")
    assert orjson.loads(answer.content)["progress"].keys() >= {"purchases.intake", "relay", "watch", "dead_letters"}
    return int(answer.status_code)


async def test_an_unroutable_key_waits_where_a_person_sees_it(world: World) -> None:
    await publish(world.rabbitmq.url, [(message(purchase()), "3276.nobody.listens.v1")])

    async def depth() -> int:
        return (await topology.depths(world.rabbitmq.url, [topology.UNROUTABLE]))[topology.UNROUTABLE]

    await eventually(depth, lambda seen: seen == 1)


async def test_structured_mode_is_read_at_the_intake(world: World) -> None:
    event = {
        "specversion": "1.0",
        "id": "s-1",
        "type": "id.go.depok.peduli.purchase.submitted.v1",
        "source": "/pos/koperasi-depok",
        "data": purchase(),
    }
    structured = aio_pika.Message(orjson.dumps(event), content_type="application/cloudevents+json; charset=UTF-8")
    async with running(service(world.settings())):
        await publish(world.rabbitmq.url, [(structured, KEY)])
        await eventually(lambda: outcomes(world), lambda seen: seen == ["recorded"])


async def test_without_the_database_the_http_door_says_when_to_come_back(world: World) -> None:
    async with running(service(world.settings())) as client:
        world.postgres.stop()
        try:
            answer = await client.post("/v1/purchases", json=purchase(), headers={"Peduli-Source": "/pos/x"})
            assert (answer.status_code, answer.headers["retry-after"]) == (503, "5")
        finally:
            world.postgres.start()
        again = await client.post("/v1/purchases", json=purchase(), headers={"Peduli-Source": "/pos/x"})
        assert again.status_code == 202


async def test_one_receipt_told_by_two_sources_counts_once_and_either_may_correct_it(world: World) -> None:
    async with running(service(world.settings())) as client:

        async def tell(source: str, body: dict[str, Any]) -> dict[str, Any]:
            answer = await client.post("/v1/purchases", json=[body], headers={"Peduli-Source": source})
            assert answer.status_code == 202
            return dict(answer.json()[0])

        by_pos = await tell("/pos/koperasi-depok", purchase())
        own_words = purchase(posts=[], purchased_at="2021-07-22T12:30:00+07:00")
        by_unit = await tell("/unit/dkum", own_words)
        assert (by_unit["outcome"], by_unit["told_by"]) == ("known", "/pos/koperasi-depok")
        assert by_unit["purchase_id"] == by_pos["purchase_id"]
        assert (await tell("/unit/dkum", own_words))["outcome"] == "known"
        for source, told_by, also_told_by in (
            ("/pos/koperasi-depok", "", ["/unit/dkum"]),
            ("/unit/dkum", "/pos/koperasi-depok", []),
        ):
            asked = {"source": source, "reference": by_pos["reference"]}
            first = (await client.get("/v1/submissions", params=asked)).json()[-1]
            assert (first["told_by"], first["also_told_by"]) == (told_by, also_told_by)
        changed = await tell("/unit/dkum", purchase(unit_code="32.76.06"))
        assert [reason["code"] for reason in changed["reasons"]] == ["DUPLICATE_CONFLICT"]
        line = {"sku": "BERAS-5KG", "quantity": 1, "unit_price_idr": 65000}
        correction = purchase(total_idr=65000, lines=[line])
        sent = message(correction, "purchase.correction_submitted", ce_source="/unit/dkum")
        await publish(world.rabbitmq.url, [(sent, "3276.purchase.correction_submitted.v1")])
        await eventually(lambda: outcomes(world), lambda seen: "corrected" in seen)
        shown = (await client.get(f"/v1/purchases/{by_pos['purchase_id']}")).json()
        assert (shown["version"], shown["content"]["total_idr"]) == (2, 65000)
        assert shown["content"]["source"] == "/pos/koperasi-depok"
    assert await rows(world, "select count(*)::int as n from purchases") == [{"n": 1}]


async def test_two_sources_telling_of_one_receipt_at_the_same_moment_record_it_once(world: World) -> None:
    async with running(service(world.settings())) as client:

        async def tell(source: str) -> int:
            body = [purchase(f"R{number}") for number in range(100)]
            answer = await client.post("/v1/purchases", json=body, headers={"Peduli-Source": source})
            return int(answer.status_code)

        assert await asyncio.gather(*(tell(f"/pos/{number}") for number in range(4))) == [202] * 4
    assert await rows(world, "select count(*)::int as n from purchases") == [{"n": 100}]


async def test_a_pooled_purchase_of_kits_is_one_purchase_of_many_buyers(world: World) -> None:
    async with running(service(world.settings())) as client:
        headers = {"Peduli-Source": "/unit/dkum"}
        first = await client.post("/v1/purchases", json=POOLED, headers=headers)
        assert first.status_code == 202, first.text
        turned = {**POOLED, "contributors": POOLED["contributors"][::-1]}
        assert (await client.post("/v1/purchases", json=turned, headers=headers)).json()["outcome"] == "known"
        content = (await client.get(first.headers["location"])).json()["content"]
        assert (content["buyer_key"], len(content["contributor_keys"])) == ("", 2)
        greedy = {**POOLED, "reference": "X", "total_idr": 1, "contributors": [*POOLED["contributors"]] * 2}
        greedy["lines"][0]["product"]["contents"][0]["sku"] = "TIDAK-ADA"
        refused = (await client.post("/v1/purchases", json=greedy, headers=headers)).json()["reasons"]
        assert {reason["code"] for reason in refused} == {
            "TOTAL_MISMATCH",
            "CONTRIBUTIONS_EXCEED_TOTAL",
            "DUPLICATE_CONTRIBUTOR",
            "UNKNOWN_SKU",
        }
    assert "19900817" not in str(await rows(world, "select body from event_log"))


def unfit() -> dict[str, tuple[dict[str, Any], str]]:
    """Submissions that come through every door, and whose event, or whose refusal, no message or table could hold."""
    product = {"name": "n" * 100, "category": "c" * 40, "shelf_life_hours": 1}
    lines = [{"sku": f"BARU-{number}", "quantity": 1, "unit_price_idr": 1, "product": product} for number in range(200)]
    posts = [{"url": "https://example.org/1", "hashtags": ["x" * 70] * 12}] * 15
    nul = {**lines[0], "product": {**product, "name": "a\x00b"}}
    return {
        "large": (purchase("large", posts=posts, lines=lines, total_idr=200), "TOO_LARGE"),
        "nul": (purchase("nul", lines=[nul], total_idr=1), "INVALID_TEXT"),
        "wrong": (purchase("wrong", lines=[{"sku": "X"}] * 4000), "MISSING_FIELD"),
    }


async def test_what_no_event_can_hold_is_refused_with_its_reason_at_both_doors(world: World) -> None:
    async with running(service(world.settings())) as client:
        await publish(world.rabbitmq.url, [(message(body), KEY) for body, _ in unfit().values()])
        await eventually(lambda: outcomes(world), lambda seen: seen == ["rejected"] * 3)
        for name, (body, code) in unfit().items():
            answer = await client.post("/v1/purchases", json=body, headers={"Peduli-Source": "/pos/x"})
            kept = await client.get(f"/v1/submissions/pos/koperasi-depok/{name}")
            for reasons in (answer.json()["reasons"], kept.json()[0]["reasons"]):
                assert code in {reason["code"] for reason in reasons}
                assert len(reasons) <= 100
    assert await rows(world, "select * from parked") == []


async def test_a_pledge_is_late_by_when_the_broker_had_it_and_no_sender_can_write_that_moment(world: World) -> None:
    """Both came a moment before four o'clock on their Thursday, they say; their turn comes years later."""
    for stamps, monday in ((True, datetime(2021, 7, 26, tzinfo=UTC)), (False, datetime(2021, 8, 2, tzinfo=UTC))):
        came = monday + timedelta(days=3, hours=9, milliseconds=-1)
        body = {"round": f"{monday:%Y-%m-%d}", "unit_code": "32.76.DKUM", "sum_idr": 7_500_000, "packets": 40}
        told = message(body, "pledge.submitted", ce_time=came.isoformat(), timestamp_in_ms=int(came.timestamp() * 1000))
        async with running(service(world.settings(broker_stamps=stamps))):
            await publish(world.rabbitmq.url, [(told, "3276.pledge.submitted.v1")])
            kept = await eventually(lambda day=monday: kept_of(world, day), bool)  # type: ignore[misc]
        assert (kept[0]["is_late"], kept[0]["pledged_at"] == came) == (not stamps, stamps)


async def kept_of(world: World, monday: datetime) -> list[dict[str, Any]]:
    return await rows(world, f"select is_late, pledged_at from pledges where round = '{monday:%Y-%m-%d}'")


async def test_a_pledge_comes_by_broker_and_by_http_and_the_last_word_counts(
    world: World, monkeypatch: pytest.MonkeyPatch
) -> None:
    body = {"round": "2021-07-26", "unit_code": "32.76.DKUM", "sum_idr": 7_500_000, "packets": 40}
    async with running(service(world.settings())) as client:
        await publish(world.rabbitmq.url, [(message(body, "pledge.submitted"), "3276.pledge.submitted.v1")])
        await eventually(lambda: outcomes(world), lambda seen: seen == ["recorded"])
        headers = {"Peduli-Source": "/unit/dkum"}
        again = await client.post("/v1/pledges", json={**body, "packets": 39}, headers=headers)
        assert again.json() | {"pledge_id": ""} == {
            "pledge_id": "",
            "outcome": "changed",
            "version": 2,
            "is_late": True,
            "reasons": [],
        }
        wrong = await client.post("/v1/pledges", json={**body, "round": "2021-07-27"}, headers=headers)
        assert [reason["code"] for reason in wrong.json()["reasons"]] == ["UNKNOWN_ROUND"]
        listed = (await client.get("/v1/pledges", params={"unit_code": "32.76.DKUM"})).json()
        assert [(item["round"], item["packets"]) for item in listed] == [("2021-07-26", 39)]
        for door in (submissions, events):  # their requests came on a Thursday at 15.59 and were committed years later
            monkeypatch.setattr(door, "now", lambda: datetime(2021, 8, 5, 8, 59, tzinfo=UTC))
        in_time = await client.post("/v1/pledges", json={**body, "round": "2021-08-02"}, headers=headers)
        told = message({**body, "round": "2021-08-02", "unit_code": "32.76.06"}, "pledge.submitted")
        as_http = {name: str(value) for name, value in told.headers.items()} | AS_JSON
        by_event = await client.post("/v1/events", content=told.body, headers=as_http)
        assert [answer.json()["is_late"] for answer in (in_time, by_event)] == [False, False]
    kept = await rows(world, "select type, version from event_log order by seq")
    assert [(row["type"], row["version"]) for row in kept] == [
        ("pledge.recorded.v1", 1),
        ("pledge.recorded.v1", 2),
        ("pledge.rejected.v1", 1),
        ("pledge.recorded.v1", 1),
        ("pledge.recorded.v1", 1),
    ]

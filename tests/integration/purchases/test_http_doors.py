"""Every HTTP door leads to the same validator, ids and answers; whatever comes, none answers with a 5xx."""

from __future__ import annotations

import asyncio
from typing import Any

import httpx
import orjson
import pytest

from services.purchases.app import service
from services.purchases.usecases import intake, receive
from tests.integration.purchases.test_intake import KEY, outcomes, rows
from tests.support.eventually import eventually
from tests.support.publish import message, publish, purchase
from tests.support.running import Door, running
from tests.support.servers import World

SOURCE = {"Peduli-Source": "/pos/koperasi-depok"}
BATCH = {"Content-Type": "application/cloudevents-batch+json"}


def event(body: dict[str, Any], event_id: str, kind: str = "purchase.submitted", **more: Any) -> dict[str, Any]:
    """A CloudEvent in structured mode."""
    return {
        "specversion": "1.0",
        "id": event_id,
        "type": f"id.go.depok.peduli.{kind}.v1",
        "source": "/pos/koperasi-depok",
        "data": body,
        **more,
    }


async def tell(client: Door, body: object, content_type: str = "application/json", **headers: str) -> httpx.Response:
    sent = {"Content-Type": content_type, **{name.replace("_", "-"): value for name, value in headers.items()}}
    return await client.post("/v1/events", content=orjson.dumps(body), headers=sent)


async def test_an_event_has_one_answer_in_every_mode_and_at_both_doors(world: World) -> None:
    binary = {
        "ce_specversion": "1.0",
        "ce_id": "e-1",
        "ce_type": "id.go.depok.peduli.purchase.submitted.v1",
        "ce_source": "%2Fpos/koperasi-depok",
    }
    async with running(service(world.settings())) as client:
        first = await tell(client, purchase(), **binary)
        assert (first.status_code, first.json()["outcome"]) == (202, "recorded")
        structured = await tell(client, event(purchase(), "e-1"), "application/cloudevents+json; charset=utf-8")
        batch = await tell(client, [event(purchase(), "e-1")] * 2, BATCH["Content-Type"])
        assert [structured.json(), *batch.json()] == [first.json()] * 3
        near = event(purchase("KOP-9", posts=[]), "e-9")
        assert [hint["code"] for hint in (await tell(client, [near], BATCH["Content-Type"])).json()[0]["hints"]] == [
            "NO_POST"
        ]
        other = event({"programme": [], "posts": None}, "e-9")  # told before, and looked at no more
        assert (await tell(client, other, "application/cloudevents+json")).json()["hints"] == []
        await publish(world.rabbitmq.url, [(message(purchase(), ce_id="e-1"), KEY)])
        await publish(world.rabbitmq.url, [(message(purchase(), ce_id="e-2"), KEY)])
        await eventually(lambda: outcomes(world), lambda seen: seen == ["known", "recorded", "recorded"])
        assert (await tell(client, event(purchase(), "e-2"), "application/cloudevents+json")).json()[
            "outcome"
        ] == "known"
    assert await outcomes(world) == ["known", "recorded", "recorded"]


async def test_a_batch_answers_each_event_and_one_that_cannot_be_read_holds_none(world: World) -> None:
    correction = purchase(total_idr=65000, lines=[{"sku": "BERAS-5KG", "quantity": 1, "unit_price_idr": 65000}])
    pledge = {"round": "2021-07-26", "unit_code": "32.76.DKUM", "sum_idr": 7_500_000, "packets": 40}
    events = [
        event(purchase(), "1"),
        {"specversion": "1.0"},
        event(purchase("KOP-2", unit_code="NIHIL"), "2"),
        event(correction, "3", "purchase.correction_submitted"),
        event({}, "4", "household.report_submitted"),
        event(purchase("KOP-3"), "5", tenant="3273"),
        event(purchase("KOP-3"), "6" * 201),
        event(pledge, "7", "pledge.submitted"),
        event({"reference": "KOP-1", "reason": "salah_input"}, "8", "purchase.void_submitted"),
        "no event",
    ]
    async with running(service(world.settings())) as client:
        answer = await tell(client, events, BATCH["Content-Type"])
        again = await tell(client, events, BATCH["Content-Type"])
    assert answer.status_code == 202
    assert [{**item, "version": 0} for item in again.json()] == [{**item, "version": 0} for item in answer.json()]
    told = [(item["outcome"], *(reason["code"] for reason in item["reasons"])) for item in answer.json()]
    assert told == [
        ("recorded",),
        ("rejected", "INVALID_EVENT"),
        ("rejected", "UNKNOWN_UNIT"),
        ("corrected",),
        ("rejected", "UNKNOWN_TYPE"),
        ("rejected", "WRONG_TENANT"),
        ("rejected", "INVALID_EVENT"),
        ("recorded",),
        ("voided",),
        ("rejected", "INVALID_EVENT"),
    ]


async def test_corrections_and_voids_by_http_also_before_their_purchase(world: World) -> None:
    line = {"sku": "BERAS-5KG", "quantity": 1, "unit_price_idr": 65000}
    async with running(service(world.settings())) as client:

        async def post(path: str, body: object) -> list[str]:
            answer = await client.post(path, json=[body], headers=SOURCE)
            return [item["outcome"] for item in answer.json()]

        assert await post("/v1/corrections", purchase(total_idr=65000, lines=[line])) == ["waiting"]
        assert await post("/v1/purchases", purchase()) == ["recorded"]
        assert await post("/v1/voids", {"reference": "KOP-1", "reason": "salah_input"}) == ["voided"]
        assert await post("/v1/voids", {"reference": "KOP-1", "reason": "salah_input"}) == ["known"]
        late = await client.post("/v1/corrections", json=purchase(), headers=SOURCE)
        assert [reason["code"] for reason in late.json()["reasons"]] == ["ALREADY_VOIDED"]
    types = await rows(world, "select type from event_log order by seq")
    assert [row["type"] for row in types][:3] == [
        "purchase.recorded.v1",
        "purchase.corrected.v1",
        "purchase.voided.v1",
    ]


async def test_an_idempotency_key_has_its_first_answer_again_and_refuses_another_body(world: World) -> None:
    headers = {**SOURCE, "Idempotency-Key": "2021-07-22/1"}
    async with running(service(world.settings())) as client:
        body = [purchase(), purchase("KOP-2", unit_code="NIHIL")]
        first = await client.post("/v1/purchases", json=body, headers=headers)
        again = await client.post("/v1/purchases", json=body, headers=headers)
        assert [item["outcome"] for item in first.json()] == ["recorded", "rejected"]
        assert again.json() == first.json()
        other = await client.post("/v1/purchases", json=purchase("KOP-3"), headers=headers)
        assert (other.status_code, other.json()["reasons"][0]["code"]) == (422, "KEY_REUSED")
        elsewhere = {**headers, "Peduli-Source": "/pos/lain"}
        assert (await client.post("/v1/purchases", json=purchase("KOP-3"), headers=elsewhere)).status_code == 202
    assert await outcomes(world) == ["recorded", "recorded", "rejected"]


DEEP = b'{"reference": "X", "more": ' + b"[" * 400 + b"]" * 400 + b"}"
HOSTILE = [
    b"",
    b"null",
    b"[]",
    b"[1]",
    b"{",
    b"\xff\xfe",
    b"[" * 100_000,
    DEEP,
    b'{"reference": "\\ud800"}',
    b'{"reference": "\\u0000", "reason": "x"}',
    b'{"reference": 1e400}',
    orjson.dumps(purchase("a\x00b")),
    orjson.dumps(purchase(programme="\x00")),
    orjson.dumps(purchase(seller_code="\x00", unit_code="\x00")),
    orjson.dumps(purchase(posts=[{"url": "https://x.example/\x00", "hashtags": ["\x00"]}])),
    orjson.dumps(purchase(purchased_at="0001-01-01T00:00:00+23:59")),
    orjson.dumps(purchase(purchased_at="9999-12-31T23:59:59-23:59")),
    orjson.dumps(purchase(total_idr=2**63, lines=[{"sku": "A", "quantity": 10**6, "unit_price_idr": 10**12}] * 200)),
    orjson.dumps({"round": "0001-01-01", "unit_code": "32.76.DKUM", "sum_idr": 0, "packets": 0}),
    orjson.dumps({"round": "9999-12-27", "unit_code": "\x00", "sum_idr": 0, "packets": 0}),
]


@pytest.mark.parametrize("path", ["purchases", "corrections", "voids", "pledges", "events"])
async def test_no_input_is_answered_with_a_5xx(world: World, path: str) -> None:
    async with running(service(world.settings())) as client:
        for body in HOSTILE:
            for headers, sent in (({"ce-id": "x%00"}, body), ({"ce-id": "x"}, body), (BATCH, b"[" + body + b"]")):
                told = {"ce-specversion": "1.0", "ce-type": "purchase.submitted.v1", "ce-source": "s", **headers}
                answer = await client.post(f"/v1/{path}", content=sent, headers={**SOURCE, **told})
                assert answer.status_code in (202, 413, 422), (sent[:80], answer.text)
        assert (await client.get("/v1/pledges", params={"unit_code": "\x00"})).status_code == 422
        assert (await client.get("/v1/submissions/x/%00")).status_code == 404


async def test_more_than_is_read_is_told_with_413(world: World) -> None:
    large = purchase(more="x" * 65 * 1024)
    async with running(service(world.settings())) as client:
        for path, body, reason in (
            ("purchases", orjson.dumps(large), ("TOO_LARGE", "")),
            ("purchases", orjson.dumps([purchase(), large]), ("TOO_LARGE", "1")),
            ("purchases", b" " * (4 * 1024 * 1024 + 1), ("REQUEST_TOO_LARGE", "")),
            ("events", orjson.dumps(large), ("TOO_LARGE", "")),
        ):
            answer = await client.post(f"/v1/{path}", content=body, headers=SOURCE)
            assert answer.status_code == 413
            assert answer.headers["content-type"] == "application/problem+json"
            assert [(item["code"], item["path"]) for item in answer.json()["reasons"]] == [reason]
    assert await outcomes(world) == []


async def test_requests_at_the_same_time_share_transactions_and_each_has_its_own_answer(world: World) -> None:
    async with running(service(world.settings())) as client:

        async def post(number: int) -> tuple[int, str]:
            body = purchase(f"R{number}", **({"unit_code": "NIHIL"} if number % 10 == 0 else {}))
            answer = await client.post("/v1/purchases", json=body, headers=SOURCE)
            return answer.status_code, answer.headers.get("location", "")

        answers = await asyncio.gather(*(post(number) for number in range(200)))
        assert [status for status, _ in answers] == [422 if number % 10 == 0 else 202 for number in range(200)]
        assert len({where for _, where in answers}) == 181
    seen = await rows(world, "select count(*)::int as n, count(distinct xmin::text)::int as commits from submissions")
    assert seen[0]["n"] == 200
    assert seen[0]["commits"] < 100


async def test_a_purchase_that_breaks_the_use_case_does_not_break_its_neighbours(
    world: World, monkeypatch: pytest.MonkeyPatch
) -> None:
    honest = intake.submit

    async def failing(tx: Any, incoming: Any, **more: Any) -> Any:
        verdicts = await honest(tx, incoming, **more)
        if any(item.reference == "POISON" for item in incoming):
            await tx.execute("select 1/0")
        return verdicts

    monkeypatch.setattr(receive, "submit", failing)
    async with running(service(world.settings())) as client:
        body = [purchase(f"R{number}") for number in range(20)]
        body[7]["reference"] = "POISON"
        answer = await client.post("/v1/purchases", json=body, headers=SOURCE)
    told = [item["outcome"] for item in answer.json()]
    assert told == ["recorded"] * 7 + ["rejected"] + ["recorded"] * 12
    assert answer.json()[7]["reasons"][0]["code"] == "UNPROCESSABLE"
    assert await outcomes(world) == ["recorded"] * 19

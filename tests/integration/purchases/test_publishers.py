"""A publisher tells only what is its own, through both doors; its limits, rotation and end touch nobody else."""

from __future__ import annotations

import json
from collections.abc import AsyncIterator, Awaitable, Callable
from contextlib import asynccontextmanager
from dataclasses import replace
from datetime import timedelta
from typing import Any

import aio_pika
import httpx
import pytest
from aio_pika.abc import AbstractConnection

from peduli import publishers
from peduli.publishers import PublisherError, Secrets
from services.purchases.app import service
from shared.clock import now
from shared.messaging import topology
from tests.support import canaries
from tests.support.access import add, mine, operator, ready
from tests.support.eventually import eventually
from tests.support.journey import query
from tests.support.publish import SOURCE, message, publish, purchase
from tests.support.running import Door, running
from tests.support.servers import World

OTHER = "/pos/warung-sebelah"


@asynccontextmanager
async def closed(world: World) -> AsyncIterator[Door]:
    """The purchases service with doors that ask for a token."""
    async with running(service(world.settings(open_doors=False))) as client:
        yield client


def bearer(made: Secrets, **headers: str) -> dict[str, str]:
    return {"Authorization": f"Bearer {made.token}", **headers}


async def post(client: httpx.AsyncClient, made: Secrets, body: Any, **headers: str) -> httpx.Response:
    return await client.post("/v1/purchases", json=body, headers=bearer(made, **headers))


async def submissions(world: World) -> list[tuple[Any, ...]]:
    sql = "select reference, source, outcome, reasons from purchases.submissions order by reference, source"
    return [tuple(row.values()) for row in await query(world, sql)]


async def test_a_publisher_is_told_every_reason_why_something_is_not_its_to_tell(world: World) -> None:
    made = await add(world, "scope", units=("32.76.06*",))
    key = made.routing_keys[0]
    told = [
        (message(purchase("MINE", unit_code="32.76.06"), ce_id="1"), key),
        (message(purchase("NOT-MINE"), ce_id="2", ce_source=OTHER), key),
    ]
    async with closed(world):
        await publish(mine(world, made), told)
        seen = await eventually(lambda: submissions(world), lambda rows: len(rows) == 2)
    assert [row[:3] for row in seen] == [("MINE", SOURCE, "recorded"), ("NOT-MINE", OTHER, "rejected")]
    assert '"SOURCE_NOT_YOURS"' in seen[1][3]
    assert '"UNIT_NOT_YOURS"' in seen[1][3]
    told_of = await query(world, "select body from purchases.event_log where type = 'purchase.rejected.v1'")
    assert b"SOURCE_NOT_YOURS" in told_of[0]["body"]


async def test_who_speaks_under_anothers_source_neither_uses_up_its_ids_nor_shows_among_its_answers(
    world: World,
) -> None:
    owner, thief = await add(world, "owner"), await add(world, "thief", sources=(OTHER,))
    async with closed(world) as client:
        await publish(mine(world, thief), [(message(purchase("KOP-9"), ce_id="the-same"), thief.routing_keys[0])])
        await eventually(lambda: submissions(world), lambda rows: [row[2] for row in rows] == ["rejected"])
        await publish(mine(world, owner), [(message(purchase("KOP-9"), ce_id="the-same"), owner.routing_keys[0])])
        await eventually(lambda: submissions(world), lambda rows: "recorded" in [row[2] for row in rows])
        answers = await client.get(f"/v1/submissions{SOURCE}/KOP-9", headers=bearer(owner))
        assert [answer["outcome"] for answer in answers.json()] == ["recorded"]
        hidden = f"/v1/submissions{SOURCE}/KOP-9", "/v1/lookup/KOP-9"
        assert [(await client.get(path, headers=bearer(thief))).status_code for path in hidden] == [404, 404]
        asked = {"source": SOURCE, "reference": "KOP-9"}
        refused = await client.get("/v1/submissions", params=asked, headers=bearer(thief))
        assert refused.status_code == 403
        by_event = await client.get(
            "/v1/submissions", params={"source": SOURCE, "event_id": "the-same"}, headers=bearer(owner)
        )
        assert [answer["outcome"] for answer in by_event.json()] == ["recorded"]
        looked = (await client.get("/v1/lookup/KOP-9", headers=bearer(owner))).json()
        assert [[sent["outcome"] for sent in named["submissions"]] for named in looked] == [["recorded"]]


async def test_the_http_door_asks_for_a_token_and_keeps_to_its_scope(world: World) -> None:
    made = await add(world, "http", units=("32.76.DKUM",))
    two = await add(world, "http-two", sources=(OTHER, "/pos/lain/*"))
    async with closed(world) as client:
        nobody = await client.post("/v1/purchases", json=purchase())
        assert (nobody.status_code, nobody.headers["www-authenticate"]) == (401, 'Bearer realm="peduli"')
        assert (await post(client, Secrets("x", "peduli_guessed"), purchase())).status_code == 401
        basic = await client.post("/v1/purchases", json=purchase(), auth=("user", made.token))
        assert basic.status_code == 401

        first = await post(client, made, purchase())  # its only source needs no header
        assert (first.status_code, first.json()["outcome"]) == (202, "recorded")
        foreign = await post(client, made, purchase(), **{"Peduli-Source": OTHER})
        assert (foreign.status_code, foreign.json()["reasons"][0]["code"]) == (403, "SOURCE_NOT_YOURS")
        unit = await post(client, made, purchase("KOP-2", unit_code="32.76.06", total_idr=1))
        assert [reason["code"] for reason in unit.json()["reasons"]] == ["TOTAL_MISMATCH", "UNIT_NOT_YOURS"]
        city = await post(client, made, purchase(), **{"Peduli-Tenant": "3273"})
        assert city.status_code == 403
        which = await post(client, two, purchase())
        assert (which.status_code, which.json()["reasons"][0]["path"]) == (422, "Peduli-Source")

        place = first.headers["location"]
        assert (await client.get(place, headers=bearer(made))).status_code == 200
        assert (await client.get(place, headers=bearer(two))).status_code == 404
        again = await post(client, two, purchase(), **{"Peduli-Source": OTHER})  # the same receipt, told by another
        assert again.json()["told_by"] == SOURCE
        assert (await client.get(place, headers=bearer(two))).status_code == 200
        pledges = await client.get("/v1/pledges", params={"unit_code": "32.76.06"}, headers=bearer(made))
        assert pledges.status_code == 403


async def test_events_and_files_keep_to_the_scope_of_who_sent_them(world: World) -> None:
    owner, thief = await add(world, "by-http"), await add(world, "by-http-too", sources=(OTHER,), units=("32.76.06",))
    async with closed(world) as client:

        async def tell(made: Secrets, body: dict[str, Any]) -> httpx.Response:
            structured = {
                "specversion": "1.0",
                "id": "the-same",
                "type": "id.go.depok.peduli.purchase.submitted.v1",
                "source": SOURCE,
                "data": body,
            }
            headers = bearer(made, **{"Content-Type": "application/cloudevents+json"})
            return await client.post("/v1/events", content=json.dumps(structured), headers=headers)

        refused = await tell(thief, purchase())
        assert (refused.status_code, refused.json()["reasons"][0]["code"]) == (422, "SOURCE_NOT_YOURS")
        assert (await tell(owner, purchase())).json()["outcome"] == "recorded"

        sheet = "Tanggal,Nomor nota,Kode unit,NIP,Kode penjual,Kode barang,Banyaknya,Harga satuan\n"
        sheet += "22/07/2021,F-1,32.76.DKUM,198001012005011001,KOP-BEJI-01,BERAS-5KG,2,65000\n"
        headers = bearer(thief, **{"Peduli-File-Name": "a.csv"})
        place = (await client.post("/v1/files", content=sheet.encode(), headers=headers)).headers["location"]
        seen = await eventually(
            lambda: client.get(place, headers=bearer(thief)), lambda answer: answer.json()["status"] == "previewed"
        )
        assert [wrong["code"] for wrong in seen.json()["page"][0]["wrong"]] == ["UNIT_NOT_YOURS"]
        assert (await client.get(place, headers=bearer(owner))).status_code == 404


async def test_a_change_of_scope_is_followed_by_the_running_service(world: World) -> None:
    made = await add(world, "changed", units=("32.76.06",))
    async with closed(world) as client:
        assert (await post(client, made, purchase())).status_code == 422
        await publishers.change(operator(world), "changed", units=["32.76.DKUM"])
        await eventually(lambda: post(client, made, purchase()), lambda answer: answer.status_code == 202)


async def test_a_rotation_lets_the_old_token_and_login_go_on_for_the_chosen_time(world: World) -> None:
    old = await add(world, "rotated")
    async with closed(world) as client:
        new = await publishers.rotate(operator(world), "rotated", timedelta(hours=1))
        assert (old.token, old.amqp_user) != (new.token, new.amqp_user)
        for number, made in enumerate((old, new)):
            assert (await post(client, made, purchase(f"H{number}"))).status_code == 202
            await publish(mine(world, made), [(message(purchase(f"A{number}")), new.routing_keys[0])])
        await publishers.tidy(operator(world))  # its time is not over
        await publish(mine(world, old), [(message(purchase("A2")), new.routing_keys[0])])

        last = await publishers.rotate(operator(world), "rotated", timedelta(0))
        await eventually(lambda: post(client, new, purchase("H2")), lambda answer: answer.status_code == 401)
        assert (await post(client, last, purchase("H3"))).status_code == 202
        for gone in (old, new):
            with pytest.raises(aio_pika.exceptions.ProbableAuthenticationError):
                await aio_pika.connect(mine(world, gone))
        await publish(mine(world, last), [(message(purchase("A3")), last.routing_keys[0])])
        recorded = "select count(*)::int as n from purchases.purchases where reference like 'A%'"
        await eventually(lambda: query(world, recorded), lambda rows: rows == [{"n": 4}])


def is_closed(connection: AbstractConnection) -> Callable[[], Awaitable[bool]]:
    async def look() -> bool:
        transport = connection.transport
        return transport is None or transport.connection.is_closed

    return look


async def test_a_revoked_publisher_is_cut_off_at_once_and_what_was_confirmed_is_applied(world: World) -> None:
    made, neighbour = await add(world, "revoked"), await add(world, "neighbour")
    connection = await aio_pika.connect(mine(world, made))
    channel = await connection.channel()
    intake = await channel.get_exchange(topology.INTAKE, ensure=False)
    await intake.publish(message(purchase("KOP-1")), made.routing_keys[0])
    beside = await aio_pika.connect(mine(world, neighbour))

    left = await publishers.revoke(operator(world), "revoked")
    assert left.startswith("1 messages wait")
    await eventually(is_closed(connection), bool)
    with pytest.raises(aio_pika.exceptions.ProbableAuthenticationError):
        await aio_pika.connect(mine(world, made))
    assert not beside.is_closed
    await beside.close()

    async with closed(world) as client:
        assert (await post(client, made, purchase("KOP-2"))).status_code == 401
        assert (await post(client, neighbour, purchase("KOP-3"))).status_code == 202
        await eventually(lambda: submissions(world), lambda rows: [row[0] for row in rows] == ["KOP-1", "KOP-3"])
        await eventually(lambda: ready(world, "revoked"), lambda count: count == 0)
        assert await publishers.tidy(operator(world)) == []
        assert await ready(world, "revoked") == -1
        assert await publishers.revoke(operator(world), "revoked") == ""  # harmless again
    for act in (add(world, "revoked"), publishers.rotate(operator(world), "revoked", timedelta(0))):
        with pytest.raises(PublisherError):
            await act


async def test_a_publisher_in_its_limit_does_not_slow_another(world: World) -> None:
    slow = await add(world, "slow", requests=3, purchases=10)
    quick = await add(world, "quick", sources=(OTHER,))
    flood = [(message(purchase(f"S{number}"), ce_id=f"s{number}"), slow.routing_keys[0]) for number in range(100)]
    async with closed(world) as client:
        await publish(mine(world, slow), flood)
        counted = "select count(*)::int as n from purchases.submissions where source = '{}'"
        await eventually(lambda: query(world, counted.format(SOURCE)), lambda rows: rows[0]["n"] >= 10)
        told = [(message(purchase(f"Q{n}"), ce_id=f"q{n}", ce_source=OTHER), quick.routing_keys[0]) for n in range(200)]
        await publish(mine(world, quick), told)
        await eventually(lambda: query(world, counted.format(OTHER)), lambda rows: rows[0]["n"] == 200)
        assert (await query(world, counted.format(SOURCE)))[0]["n"] < 50  # the others take minutes
        health = (await client.get("/readyz")).json()
        assert {topology.publisher_queue("3276", name) for name in ("slow", "quick")} <= health["progress"].keys()
        assert health["stuck"] == []  # to rest is not to be stuck

        limited = await post(client, slow, purchase("H1"))  # purchases are counted together, whatever the door
        assert limited.status_code == 429
        assert 1 <= int(limited.headers["retry-after"]) <= 120
        assert limited.json()["title"] == "Batas per menit tercapai"
        statuses = [(await client.get("/v1/pledges?unit_code=X", headers=bearer(slow))).status_code for _ in range(4)]
        assert statuses == [200, 200, 429, 429]  # the third request of the minute was the one above
        assert (await post(client, quick, [purchase(f"H{n}") for n in range(500)])).status_code == 202


async def test_a_full_queue_refuses_its_publisher_alone(world: World) -> None:
    full, free = await add(world, "full", queue_length=10), await add(world, "free")
    sent = [(message(purchase(f"F{number}"), ce_id=f"f{number}"), full.routing_keys[0]) for number in range(100)]
    with pytest.raises(aio_pika.exceptions.DeliveryError):
        await publish(mine(world, full), sent)
    assert await ready(world, "full") >= 10
    await publish(mine(world, free), [(message(purchase("KOP-1"), ce_id="1"), free.routing_keys[0])])
    assert await ready(world, "free") == 1


@pytest.mark.parametrize("name", ["", "x", "Huruf", "a.b", "-a", "a" * 41, "a\n"])
async def test_a_name_must_be_a_word_of_a_routing_key(world: World, name: str) -> None:
    with pytest.raises(PublisherError):
        await add(world, name)


async def test_unknown_units_and_cities_are_told_to_the_operator(world: World) -> None:
    with pytest.raises(PublisherError, match="unknown units: NIHIL"):
        await add(world, "wrong", units=("32.76.DKUM", "NIHIL"))
    with pytest.raises(PublisherError, match="3273 is not loaded"):
        await add(world, "wrong", tenant="3273")
    assert await publishers.listed(operator(world)) == []


async def test_what_a_publisher_sends_is_not_kept_in_the_stream_also_on_a_broker_made_before(world: World) -> None:
    made, began = await add(world, "kept"), now() - timedelta(seconds=2)
    own = topology.of_publisher("3276", "kept", 50_000)
    await topology.apply(world.rabbitmq.url, replace(own, bindings=own.retired, retired=()))  # as it was made before
    await topology.apply(world.rabbitmq.url, own)
    await publish(mine(world, made), [(message(purchase("KEPT")), made.routing_keys[0])])
    assert await ready(world, "kept") == 1
    async with closed(world):  # what it tells of the purchase comes after it
        await eventually(lambda: canaries.stream(world.rabbitmq.url, began), lambda seen: '"KEPT"' in seen[1])
    _, kept = await canaries.stream(world.rabbitmq.url, began)
    assert purchase()["buyer"]["nip"] not in kept

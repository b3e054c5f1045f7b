"""At the edges of what is taken, HTTP, AMQP and `peduli verify` say the same, with code and path."""

from __future__ import annotations

from typing import Any

import httpx
import orjson

import services.purchases.app as purchases
import services.reporting.app as reporting
from services.purchases.cli.submissions import check
from shared.clock import now
from shared.contracts.envelope import MAX_BODY_BYTES
from tests.integration.purchases.test_intake import KEY
from tests.support.eventually import eventually
from tests.support.journey import query
from tests.support.publish import message, publish, purchase
from tests.support.running import Door, running
from tests.support.servers import World

Answer = tuple[str, list[tuple[str, str]]]
DOORS = ("/pos/http", "/pos/amqp", "/pos/verify")
SOURCE = {"Peduli-Source": DOORS[0]}
FINE: Answer = ("recorded", [])
TOO_DEEP = "[" * 400 + "]" * 400
MANY = [{"nip": f"198001012005011{number:03}", "amount_idr": 1} for number in range(1, 502)]


def lines(quantity: str, price: str) -> str:
    return f'[{{"sku": "BERAS-5KG", "quantity": {quantity}, "unit_price_idr": {price}}}]'


def told(reference: str, **written: str) -> bytes:
    """A purchase with fields as they are written in JSON, which no Python value would write so."""
    fields = {name: orjson.dumps(value).decode() for name, value in purchase(reference).items()}
    return ("{" + ", ".join(f'"{name}": {text}' for name, text in (fields | written).items()) + "}").encode()


def refused(*reasons: tuple[str, str]) -> Answer:
    return "rejected", list(reasons)


def of_size(reference: str, size: int) -> bytes:
    """A purchase of so many bytes."""
    body = purchase(reference, more="")
    return orjson.dumps({**body, "more": "x" * (size - len(orjson.dumps(body)))})


def cases(door: str) -> list[tuple[bytes, Answer]]:
    """What is told, and its answer; numbers begin with the door, for a receipt told through two counts once."""
    return [
        (
            told(f"{door}-NEGATIVE-ZERO", lines=lines("-0", "65000")),
            refused(("INVALID_FIELD", "lines.0.quantity"), ("TOTAL_MISMATCH", "total_idr")),
        ),
        (told(f"{door}-NEGATIVE-ZERO-TOTAL", total_idr="-0.0"), refused(("INVALID_FIELD", "total_idr"))),
        (told(f"{door}-LAST-SECOND", purchased_at='"2021-07-31T23:59:59+07:00"'), FINE),
        (told(f"{door}-ITS-TWIN-IN-UTC", purchased_at='"2021-07-31T16:59:59Z"'), FINE),
        (told(f"{door}-FIRST-SECOND", purchased_at='"2021-08-01T00:00:00+07:00"'), FINE),
        # the same moment, as Jayapura writes it
        (told(f"{door}-LAST-SECOND", purchased_at='"2021-08-01T01:59:59+09:00"'), ("known", [])),
        (
            told(f"{door}-YEAR-9999", purchased_at='"9999-12-31T23:59:59Z"'),
            refused(("PURCHASED_IN_FUTURE", "purchased_at")),
        ),
        (
            told(f"{door}-501-GAVE", buyer="null", contributors=orjson.dumps(MANY).decode()),
            refused(("INVALID_FIELD", "contributors")),
        ),
        (of_size(f"{door}-64-KIB", MAX_BODY_BYTES), FINE),
        (told(f"{door}-DEEP", more=TOO_DEEP), refused(("INVALID_JSON", ""))),
        (told(f"{door}-DEEP-AND-WRONG", more=TOO_DEEP, unit_code='"NIHIL"'), refused(("INVALID_JSON", ""))),
    ]


def over_http(answer: httpx.Response) -> Answer:
    body: dict[str, Any] = answer.json()
    return body.get("outcome", "rejected"), [(reason["code"], reason["path"]) for reason in body["reasons"]]


async def over_amqp(client: Door, number: int) -> Answer:
    async def ask() -> httpx.Response:
        return await client.get("/v1/submissions", params={"source": DOORS[1], "event_id": f"edge-{number}"})

    found = (await eventually(ask, lambda answer: answer.status_code == 200)).json()[0]
    return found["outcome"], [(reason["code"], reason["path"]) for reason in found["reasons"]]


async def test_every_door_says_the_same_at_the_edges_and_a_day_is_one_of_the_city(world: World) -> None:
    wanted = [answer for _, answer in cases("")]
    offline = check(b"\n".join(body for body, _ in cases("V")), tenant="3276", source=DOORS[2], now=now())
    assert [(item.outcome, [(r.code, r.path) for r in item.reasons]) for item in offline] == wanted
    async with running(purchases.service(world.settings())) as client, running(reporting.service(world.settings())):
        http = [await client.post("/v1/purchases", content=body, headers=SOURCE) for body, _ in cases("H")]
        assert [over_http(answer) for answer in http] == wanted
        for number, (body, answer) in enumerate(cases("A")):  # each has its answer before the next is told
            told_ = message(body, ce_id=f"edge-{number}", ce_source=DOORS[1])
            await publish(world.rabbitmq.url, [(told_, KEY)])
            assert await over_amqp(client, number) == answer
        list_of_501 = await client.post("/v1/purchases", json=[purchase()] * 501, headers=SOURCE)
        assert (list_of_501.status_code, over_http(list_of_501)) == (422, refused(("REQUEST_TOO_LARGE", "")))
        over = of_size("64-KIB-AND-ONE", MAX_BODY_BYTES + 1)
        too_large = await client.post("/v1/purchases", content=over, headers=SOURCE)
        assert (too_large.status_code, over_http(too_large)) == (413, refused(("TOO_LARGE", "")))
        [item] = check(over, tenant="3276", source=DOORS[2], now=now())
        assert (item.outcome, [reason.code for reason in item.reasons]) == ("rejected", ["TOO_LARGE"])
        days = """select local_date::text as day, purchases::int from reporting.v1_unit_tally_daily
          where purchases > 0 and local_date > '2021-07-30' order by 1"""
        both = [{"day": "2021-07-31", "purchases": 4}, {"day": "2021-08-01", "purchases": 2}]
        await eventually(lambda: query(world, days), lambda rows: rows == both)

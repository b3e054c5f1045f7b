"""A volunteer's phone comes in again by a PIN of its own: on no other device, and not after it was lost."""

from __future__ import annotations

from collections.abc import AsyncIterator

import httpx
import pytest

import services.distribution.app as distribution
from tests.support.journey import query
from tests.support.officers import key_of, peduli
from tests.support.running import browser, serving
from tests.support.servers import World
from tests.support.volunteers import TEAM, add_team, enter

HERS, HIS = "482915", "739164"


@pytest.fixture
async def address(world: World, quick_pins: None) -> AsyncIterator[str]:
    """The field page, and no door before it."""
    add_team(world)
    async with serving(distribution.service(world.settings())) as served:
        yield served


async def choose(client: httpx.AsyncClient, key: str, pin: str) -> str:
    """What becomes of a new PIN of a device that is signed in."""
    answer = await client.post("/lapangan/pin", data={"kunci": key, "pin": pin})
    return answer.headers["location"].partition("=")[2]


async def leave(client: httpx.AsyncClient) -> None:
    await client.post("/lapangan/keluar", data={"kunci": key_of(await client.get("/lapangan"))})


async def tried(client: httpx.AsyncClient, pin: str) -> httpx.Response:
    key = key_of(await client.get("/lapangan/masuk"))
    return await client.post("/lapangan/masuk", data={"kunci": key, "pin": pin})


async def test_a_pin_opens_on_its_own_device_alone_and_after_five_wrong_ones_nothing(
    world: World, address: str
) -> None:
    async with browser(address) as hers, browser(address) as his, browser(address) as strange:
        key = await enter(hers, world)
        assert [await choose(hers, key, easy) for easy in ("123456", "121212", "48291")] == ["EASY_PIN"] * 3
        assert await choose(hers, key, HERS) == "pin_set"
        assert await choose(his, await enter(his, world), HIS) == "pin_set"
        await leave(hers)
        assert (await hers.get("/lapangan")).headers["location"] == "/lapangan/masuk"
        assert "PIN yang dibuat di perangkat ini" in (await hers.get("/lapangan/masuk")).text
        assert 'name="pin"' not in (await strange.get("/lapangan/masuk")).text
        wrong = await tried(hers, HIS)
        assert (wrong.status_code, "Masih dapat dicoba 4 kali" in wrong.text) == (422, True)
        assert (await tried(hers, HERS)).headers["location"] == "/lapangan"
        assert (await hers.get("/lapangan")).status_code == 200
        await query(
            world, "update distribution.seat_sessions set expires_at = now() returning 1"
        )  # both shifts are over
        assert [(await tried(hers, HIS)).status_code for _ in range(5)] == [422] * 4 + [429]
        form = {"kunci": key_of(await strange.get("/dukungan")), "pin": HERS}
        assert (await strange.post("/lapangan/masuk", data=form)).headers["location"] == "/lapangan/masuk"
        assert "terkunci" in (await hers.get("/lapangan/masuk")).text
        hers.cookies.update(strange.cookies)  # the visitor's, whose key the form carries
        assert (await hers.post("/lapangan/masuk", data=form)).status_code == 429
        assert (await tried(his, HIS)).headers["location"] == "/lapangan"
        await enter(hers, world)  # a new link lets her in, and her device is one still
    devices = await query(world, "select pin_hash is not null as has_pin from distribution.seat_sessions")
    assert sorted(row["has_pin"] for row in devices) == [False, True]


async def test_a_lost_phone_cannot_come_again_by_its_pin(world: World, address: str) -> None:
    async with browser(address) as hers, browser(address) as his:
        for client, pin in ((hers, HERS), (his, HIS)):
            assert await choose(client, await enter(client, world), pin) == "pin_set"
            await leave(client)
        lost, other = (await hers.get(f"/v1/teams/{TEAM}/devices")).json()
        assert (lost["has_pin"], other["has_pin"]) == (True, True)
        peduli(world, "team", "revoke", TEAM, "--device", lost["session_id"])
        key = key_of(await his.get("/lapangan/masuk"))
        cut = await hers.get("/lapangan/masuk")
        assert "Perangkat ini sudah dikeluarkan" in cut.text
        assert cut.headers["clear-site-data"] == '"cache", "storage"'
        assert 'name="pin"' not in (await hers.get("/lapangan/masuk")).text
        assert (await his.post("/lapangan/masuk", data={"kunci": key, "pin": HIS})).headers["location"] == "/lapangan"
    (kept,) = await query(world, "select pin_hash, salt from distribution.seat_sessions where revoked_at is not null")
    assert kept == {"pin_hash": None, "salt": None}

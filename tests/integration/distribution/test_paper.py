"""A packet of which not all fitted is typed in from paper as it is told on a phone."""

from __future__ import annotations

from collections.abc import AsyncIterator
from datetime import timedelta
from typing import Any

import httpx
import pytest

from shared.clock import now
from shared.reference.load import load
from tests.support import coordinators
from tests.support.journey import query, report, sums
from tests.support.officers import peduli
from tests.support.running import caller
from tests.support.servers import World
from tests.support.volunteers import TEAM, add_team, doors

SHEET = f"/koordinator/kertas?tim={TEAM}"


@pytest.fixture
async def client(world: World) -> AsyncIterator[httpx.AsyncClient]:
    """The browser of a coordinator, and two doors whose packets a team has fetched three hours ago."""
    add_team(world)
    coordinators.add_coordinator(world)
    household = {"size": 6}
    async with doors(world, 2, told=lambda _: household) as address, caller(address) as browser:
        await world.admin.execute("update distribution.tasks set assigned_at = assigned_at - interval '3 hours'")
        for row in await query(world, "select task_id from distribution.tasks"):
            await report(browser, str(row["task_id"]), "accept", team=TEAM)
        browser.headers["Accept"] = "text/html"
        yield browser


async def packets(world: World) -> list[dict[str, Any]]:
    """Each packet's task, version, status, lot and pieces."""
    return await query(
        world,
        """select task_id::text as task, status, version, lot_id::text as lot, quantity
           from distribution.tasks join distribution.task_lines using (task_id) order by task_id""",
    )


def line(packet: dict[str, Any], given: str, held: str = "") -> dict[str, str]:
    """A line of the sheet: at the door an hour ago, with so many pieces."""
    at = (now() - timedelta(hours=1)).astimezone(load("3276").zone)
    task, lot = packet["task"], packet["lot"]
    return {
        "tanggal": at.date().isoformat(),
        f"hasil-{task}": "deliver:Ketua RT",
        f"jam-{task}": f"{at:%H:%M}",
        f"versi-{task}": str(packet["version"]),
        f"isi-{task}-{lot}": held or str(packet["quantity"]),
        f"beri-{task}-{lot}": given,
    }


async def test_what_did_not_fit_stays_with_the_team_as_a_packet_of_its_own(
    world: World, client: httpx.AsyncClient
) -> None:
    said = {"kunci": await coordinators.enter(client, world), "tim": TEAM}
    whole, part = await packets(world)
    assert part["quantity"] > 1
    shown = (await client.get(SHEET)).text
    assert f'name="beri-{part["task"]}-{part["lot"]}"' in shown
    lines = line(whole, str(whole["quantity"])) | line(part, "1")
    for _ in range(2):  # pressed twice
        typed = await client.post("/koordinator/kertas", data=said | lines)
        assert typed.headers["location"].endswith("kabar=typed"), typed.text
    now_so = {row["task"]: row for row in await packets(world)}
    rest = now_so.keys() - {whole["task"], part["task"]}
    assert [(now_so[task]["status"], now_so[task]["quantity"]) for task in (whole["task"], part["task"], *rest)] == [
        ("delivered", whole["quantity"]),
        ("delivered", 1),
        ("accepted", part["quantity"] - 1),
    ]
    at_doors, left = whole["quantity"] + 1, part["quantity"] - 1
    assert {name: (await sums(client))[name] for name in ("delivered", "in_transit")} == {
        "delivered": at_doors,
        "in_transit": left,
    }
    assert f'id="p-{rest.pop()}"' in (await client.get(SHEET)).text
    assert peduli(world, "ledger", "check") == "L1-L8 hold"


@pytest.mark.parametrize("given", ["", "0", "dua", "-1", "99", "12345678901"])
async def test_a_number_that_cannot_be_comes_back_alone(world: World, client: httpx.AsyncClient, given: str) -> None:
    said = {"kunci": await coordinators.enter(client, world), "tim": TEAM}
    good, wrong = await packets(world)
    lines = line(good, str(good["quantity"])) | line(wrong, given)
    typed = await client.post("/koordinator/kertas", data=said | lines)
    assert (typed.status_code, "1 baris belum tercatat" in typed.text) == (422, True)
    assert "Jumlah barang tidak sesuai isi paket." in typed.text
    states = {row["task"]: row["status"] for row in await packets(world)}
    assert states == {good["task"]: "delivered", wrong["task"]: "accepted"}


async def test_pieces_are_asked_only_of_what_the_team_carries(world: World, client: httpx.AsyncClient) -> None:
    await coordinators.enter(client, world)
    await world.admin.execute("update distribution.tasks set custody = 'lumbung'")
    shown = (await client.get(SHEET)).text
    assert "Cocokkan kode paket" in shown
    assert "Hanya sebagian yang diserahkan" not in shown

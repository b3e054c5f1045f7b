"""The doors of the lumbung: HTTP with an officer's token, and `peduli stock` over it."""

from __future__ import annotations

import asyncio
import json
from datetime import timedelta
from typing import Any

import pytest
from typer.testing import CliRunner

import services.distribution.app as distribution
from peduli.__main__ import app
from shared.clock import now
from tests.support.access import add
from tests.support.eventually import eventually
from tests.support.goods import bought
from tests.support.journey import KELURAHAN, query
from tests.support.running import running, serving
from tests.support.servers import World
from tests.support.stored_city import StoredCity

LOT = "select lot_id::text as lot from distribution.lots"


async def a_lot(world: World, pieces: int = 5) -> str:
    """A lot in the lumbung of KELURAHAN."""

    def fill() -> None:
        city = StoredCity(world.database_url)
        city.take_in(bought(pieces=pieces, until=now() + timedelta(days=9)), now())
        city.keep()

    await asyncio.to_thread(fill)
    return str((await query(world, LOT))[0]["lot"])


def told(lot: str, kind: str, number: int = 1, **more: Any) -> dict[str, Any]:
    return {
        "adjustment_id": f"00000000-0000-7000-8000-{number:012}",
        "lot_id": lot,
        "kind": kind,
        "note": "pecah",
        **more,
    }


async def test_an_officer_adjusts_lots_of_her_own_kelurahan_and_says_why(world: World) -> None:
    lot = await a_lot(world)
    mine = await add(world, "lumbung-beji", "warehouse", sources=("/lumbung/beji",), units=("32.76.06*",))
    other = await add(world, "lumbung-lain", "warehouse", sources=("/lumbung/lain",), units=("32.76.01*",))
    async with running(distribution.service(world.settings(open_doors=False))) as door:
        headers = [{"Authorization": f"Bearer {one.token}"} for one in (mine, other)]
        body = told(lot, "damage", pieces=2)
        for _ in range(2):  # a resend is harmless
            answer = await door.post("/v1/stock/adjustments", json=body, headers=headers[0])
            assert (answer.status_code, answer.json()["moved"]) == (200, 2)
        refused = await door.post("/v1/stock/adjustments", json=told(lot, "damage", 2, pieces=9), headers=headers[0])
        assert (refused.status_code, refused.json()["reasons"][0]["code"]) == (422, "NOT_SO_MANY_HERE")
        foreign = await door.post("/v1/stock/adjustments", json=told(lot, "damage", 3, pieces=1), headers=headers[1])
        assert (foreign.status_code, foreign.json()["reasons"][0]["code"]) == (403, "UNIT_NOT_YOURS")
        vague = await door.post("/v1/stock/adjustments", json=told(lot, "count", 6), headers=headers[0])
        assert vague.status_code == 422  # how many were counted is never guessed
        wordless = told(lot, "count", 4, pieces=1, note="")
        silent = await door.post("/v1/stock/adjustments", json=wordless, headers=headers[0])
        assert silent.status_code == 422
        seen = (await door.get("/v1/stock", params={"kelurahan": KELURAHAN}, headers=headers[0])).json()
        assert [(one["state"], one["balances"]) for one in seen] == [
            ("open", {"bought": 5, "available": 3, "damaged": 2})
        ]
        whole = (await door.get(f"/v1/stock/{lot}", headers=headers[0])).json()
        assert [(entry["to_account"], entry["quantity"]) for entry in whole["entries"]] == [
            ("available", 5),
            ("damaged", 2),
        ]
        words = [(one["note"], one["told_by"], one["outcome"]) for one in whole["adjustments"]]
        assert words == [("pecah", "/lumbung/beji", "adjusted"), ("pecah", "/lumbung/beji", "NOT_SO_MANY_HERE")]
        unknown = told("00000000-0000-7000-8000-000000000009", "damage", 5, pieces=1)
        assert (await door.post("/v1/stock/adjustments", json=unknown, headers=headers[0])).status_code == 404
    told_of = "select convert_from(body, 'utf8') as body from distribution.event_log where type = 'lot.adjusted.v1'"
    events = await query(world, told_of)
    assert [json.loads(event["body"])["damaged"] for event in events] == [2]
    assert "pecah" not in str(events)


async def test_the_terminal_counts_writes_off_and_withdraws(world: World, monkeypatch: pytest.MonkeyPatch) -> None:
    lot = await a_lot(world)

    async def stock(*words: str) -> tuple[int, Any]:
        answer = await asyncio.to_thread(CliRunner().invoke, app, ["stock", *words, "--json"])
        return answer.exit_code, json.loads(answer.stdout) if answer.exit_code == 0 else str(answer.exception)

    async with serving(distribution.service(world.settings())) as url:
        monkeypatch.setenv("PEDULI_DISTRIBUTION_URL", url)
        monkeypatch.setenv("PEDULI_SOURCE", "/lumbung/beji")
        code, lots = await stock("list", KELURAHAN)
        assert (code, [one["lot_id"] for one in lots]) == (0, [lot])
        assert (await stock("count", lot, "4", "--note", "satu hilang"))[1][0]["moved"] == 1
        assert (await stock("damage", lot, "1", "--note", "karung robek"))[0] == 0
        code, error = await stock("damage", lot, "9", "--note", "karung robek")
        assert (code, "not so many" in error) == (1, True)
        code, error = await stock("open", lot, "1", "--note", "bukan paket")
        assert (code, "no kit" in error) == (1, True)
        assert (await stock("withdraw", lot, "--note", "ditarik BPOM"))[1][0]["moved"] == 3
        found = (await stock("show", lot))[1][0]
        assert (found["state"], found["balances"]) == ("withdrawn", {"bought": 5, "withdrawn": 4, "damaged": 1})
        notes = [said["note"] for said in found["adjustments"]]
        assert notes == ["satu hilang", "karung robek", "karung robek", "bukan paket", "ditarik BPOM"]
    told_of = "select count(*)::int as n from distribution.event_log where type = 'lot.adjusted.v1'"
    await eventually(lambda: query(world, told_of), lambda rows: rows == [{"n": 3}])

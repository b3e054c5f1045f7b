"""A second programme beside isoman, by the city's data alone: help after a flood, with rules of its own."""

from __future__ import annotations

import shutil
from datetime import timedelta
from pathlib import Path
from typing import Any

from services.distribution.store.laws import breaches
from services.reporting.cli import differences
from shared.clock import now
from shared.database.pool import connect
from shared.reference.load import CITIES, load
from tests.support.eventually import eventually
from tests.support.journey import KELURAHAN, household, one_task, query, recent, register, report, services, tell
from tests.support.running import Door
from tests.support.servers import World
from tests.support.terminal import type_

DEPOK = load("3276")
ELSEWHERE = "32.76.10.1001"
FLOOD = """
[programmes.banjir]
name = "Bantuan banjir Beji"
basis = "Keputusan Wali Kota"
hashtags = ["PeduliBanjir"]
channels = ["umkm_binaan_opd", "komunitas_umkm_kecamatan", "koperasi_depok"]
starts_on = {first}
earliest_purchase_on = {first}

[programmes.banjir.recipients]
isolation = false
groups = ["elderly", "infant"]
places = ["32.76.06"]
until = {last}
"""
KEYS = {"PEDULI_HASH_KEY": "hash-key-of-tests", "PEDULI_SEAL_KEY": "seal-key-of-tests"}
NIK = "3276060101800001"


def folder_with_flood(folder: Path) -> Path:
    """The data of Depok with a programme more."""
    shutil.copytree(CITIES / "3276", folder)
    today = DEPOK.date_of(now())
    told = FLOOD.format(first=today - timedelta(days=1), last=today + timedelta(days=9))
    (folder / "city.toml").write_text((folder / "city.toml").read_text(encoding="utf-8") + told, encoding="utf-8")
    return folder


def flooded(reference: str, **changes: Any) -> dict[str, Any]:
    """A report for the flood: nobody isolates, and no days are told."""
    body = {**household(reference), "programme": "banjir", **changes}
    return {name: value for name, value in body.items() if not name.startswith("isolation_")}


async def refused(door: Door, body: dict[str, Any], source: str = "/rt/9") -> list[str]:
    """Why a report is refused."""
    answer = await door.post("/v1/households", json=body, headers={"Peduli-Source": source})
    assert answer.status_code == 422, answer.text
    return [reason["code"] for reason in answer.json()["reasons"]]


async def deliver(door: Door, task: str) -> None:
    """A team brings a packet to its door."""
    await report(door, task, "accept")
    done = await report(door, task, "deliver", proof_kind="witness", proof="ketua RT")
    assert done.json()["outcome"] == "delivered", done.text


async def held(world: World) -> set[tuple[str, str, str]]:
    """Household, its programme and the programme of the goods, of every line of every packet."""
    sql = """select t.household_id::text as home, h.programme, l.programme as goods from distribution.tasks t
      join distribution.task_lines using (task_id) join distribution.lots l using (lot_id)
      join distribution.households h using (household_id)"""
    return {(row["home"], row["programme"], row["goods"]) for row in await query(world, sql)}


async def lawful(world: World) -> bool:
    """Whether every law of the ledger holds."""
    tx = await connect(world.database_url, "distribution")
    try:
        return await breaches(tx) == []
    finally:
        await tx.close()


async def test_a_flood_has_its_own_rules_goods_and_doors_beside_isoman(world: World, tmp_path: Path) -> None:
    loaded = type_(
        ("city", "load", "3276", "--folder", str(folder_with_flood(tmp_path / "3276"))),
        {"PEDULI_DATABASE_URL": world.database_url, "PEDULI_AMQP_URL": world.rabbitmq.url} | KEYS,
    )
    assert loaded.code == 0, loaded.err
    async with services(world) as (_shop, door, _tallies):
        people = {"name": "Ibu Contoh", "address": "Jl. Contoh 1", "nik": NIK}
        ill = await register(door, reference="KK-1", people=people)
        assert await refused(door, flooded("KK-2", groups=[])) == ["NOT_OF_THE_PROGRAMME"]
        assert await refused(door, flooded("KK-2", kelurahan=ELSEWHERE)) == ["OUTSIDE_THE_PROGRAMME"]
        assert set(await refused(door, flooded("KK-2", programme="isoman"))) == {"MISSING_FIELD"}
        assert await refused(door, flooded("KK-2", people=people)) == ["HELPED_BY_ANOTHER_PROGRAMME"]

        other = {"name": "Pak Contoh", "address": "Jl. Contoh 2"}
        answer = await door.post("/v1/households", json=flooded("KK-3", people=other), headers={"Peduli-Source": "/rw"})
        wet = answer.json()["household_id"]
        days = f"select isolation_until as last from distribution.households where household_id = '{wet}'"
        [row] = await query(world, days)
        assert DEPOK.date_of(row["last"]) == DEPOK.date_of(now()) + timedelta(days=10)  # the moment after the last day

        await tell(world, {**recent("R-BANJIR"), "programme": "banjir"})
        await one_task(door)
        assert await held(world) == {(wet, "banjir", "banjir")}  # the other waits, though it would take the same rice
        await tell(world, recent("R-ISOMAN"))
        wanted = {(wet, "banjir", "banjir"), (ill, "isoman", "isoman")}
        await eventually(lambda: held(world), lambda rows: rows == wanted)
        for task in (await door.get("/v1/tasks", params={"kelurahan": KELURAHAN})).json():
            await deliver(door, task["task_id"])
        await eventually(lambda: differences(world.database_url), lambda found: found == [])
    assert await lawful(world)
    assert await held(world) == wanted

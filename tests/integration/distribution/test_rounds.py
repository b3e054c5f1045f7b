"""The weekly plan from a pledge on the broker to the sheet that is printed, and a change that is kept."""

from __future__ import annotations

from datetime import date, datetime, time, timedelta

import orjson
import pytest

import services.distribution.app as distribution
from services.distribution.cli.allocate import Allocations, Move, Rules
from services.distribution.usecases.rounds import plan_due
from shared.clock import Clock
from shared.database.pool import connect
from shared.errors import PeduliError
from shared.ids import new_id
from shared.reference.load import load
from tests.support.eventually import eventually
from tests.support.journey import one_task, query, recent, register, services, tell
from tests.support.officers import peduli
from tests.support.running import running
from tests.support.servers import TENANT, World

MONDAY = date(2021, 7, 26)
DKUM, BEJI, TAPOS = "32.76.DKUM", "32.76.06", "32.76.10"
DEPOK = load(TENANT)
PLANNED = "/v1/rounds/isoman/2021-07-26"


async def pledge(world: World, unit: str, packets: int) -> None:
    """A unit says what it will collect."""
    body = {
        "unit_code": unit,
        "programme": "isoman",
        "round": MONDAY.isoformat(),
        "sum_idr": 150_000 * packets,
        "packets": packets,
    }
    await tell(world, body, "pledge.submitted")


async def test_what_units_pledge_becomes_a_plan_that_a_person_can_change_and_print(world: World) -> None:
    allocations = Allocations(world.database_url, TENANT)
    async with services(world) as (_, field, _reporting):
        await pledge(world, BEJI, 10)
        await pledge(world, DKUM, 30)
        known = "select sum(packets)::int as packets from distribution.pledges"
        await eventually(lambda: query(world, known), lambda rows: rows == [{"packets": 40}])
        assert (await field.get(PLANNED)).status_code == 404
        await allocations.tell_needs("isoman", MONDAY, {BEJI: 100, TAPOS: 300})
        made = await allocations.plan_round("isoman", MONDAY)
        assert [(line["unit_code"], line["kecamatan"], line["packets"]) for line in made["lines"]] == [
            (BEJI, "Beji", 10),
            (DKUM, "Tapos", 30),
        ]
        assert [change["after"] for change in made["changed"]] == [10, 30]
        again = await allocations.plan_round("isoman", MONDAY)
        assert (again["changed"], again["version"]) == ([], made["version"])

        move = Move(DKUM, TAPOS, BEJI, 5)
        changed = await allocations.change_round("isoman", MONDAY, move, reason="truk mogok", changed_by="PIC kota")
        assert changed["version"] == made["version"] + 1
        await pledge(world, DKUM, 34)  # the unit says more: a new plan keeps what the person decided
        await eventually(lambda: query(world, known), lambda rows: rows == [{"packets": 44}])
        await allocations.plan_round("isoman", MONDAY)
        told = (await field.get(PLANNED)).json()
        assert sum(line["packets"] for line in told["lines"]) == 44
        assert any(line["unit_code"] == DKUM and "CHANGED" in line["why"] for line in told["lines"])
        assert told["changes"][0]["reason"] == "truk mogok"

        page = await field.get(f"{PLANNED}/sheet")
        assert page.status_code == 200
        for words in ("Sekretaris Daerah", "Tapos", "truk mogok", "31 Juli 2021 08.00 WIB"):
            assert words in page.text
        style = page.text.partition('rel="stylesheet" href="')[2].partition('"')[0]
        assert "size: A4" in (await field.get(style)).text


def standing_at(hours: float) -> Clock:
    """A clock that stands so many hours after the round began."""
    return lambda: datetime.combine(MONDAY, time(), DEPOK.zone) + timedelta(hours=hours)


async def plan(world: World, hours: float) -> int:
    """What the timer makes at one look."""
    tx = await connect(world.database_url, "distribution")
    try:
        async with tx.transaction():
            return await plan_due(tx, DEPOK, now=standing_at(hours)())
    finally:
        await tx.close()


FRIDAY_6, SATURDAY_8 = 4 * 24 + 6, 5 * 24 + 8


async def pledged(world: World, unit: str, packets: int) -> None:
    """A pledge is known to distribution."""
    told = {"pledge_id": new_id(), "tenant": TENANT, "unit_code": unit, "packets": packets}
    values = ", ".join(f"'{value}'" for value in told.values())
    await query(
        world,
        f"insert into distribution.pledges ({', '.join(told)}, programme, round, version) "
        f"values ({values}, 'isoman', '{MONDAY}', 1)",
    )


async def test_on_friday_morning_the_plan_is_made_by_itself_by_one_of_two_services(world: World) -> None:
    allocations = Allocations(world.database_url, TENANT)
    await pledged(world, DKUM, 30)
    await allocations.tell_needs("isoman", MONDAY, {TAPOS: 300})  # told on Thursday, and no plan yet
    assert [await plan(world, hours) for hours in (FRIDAY_6 - 0.1, SATURDAY_8)] == [0, 0]
    friday, made = standing_at(FRIDAY_6), "select version, timed_at from distribution.rounds"
    async with (
        running(distribution.service(world.settings(), clock=friday)),
        running(distribution.service(world.settings(), clock=friday)) as door,
    ):
        await eventually(lambda: query(world, made), lambda rows: rows == [{"version": 1, "timed_at": friday()}])
        told = (await door.get(PLANNED)).json()
    assert [(line["unit_code"], line["kecamatan"], line["packets"]) for line in told["lines"]] == [(DKUM, "Tapos", 30)]
    await pledged(world, BEJI, 10)
    assert await plan(world, FRIDAY_6 + 3) == 0  # it is made once: who wants the late pledge in it says so
    assert await query(world, made) == [{"version": 1, "timed_at": friday()}]


async def test_a_plan_of_a_person_is_never_made_anew(world: World) -> None:
    allocations = Allocations(world.database_url, TENANT)
    await pledged(world, DKUM, 30)
    await allocations.tell_needs("isoman", MONDAY, {BEJI: 100, TAPOS: 300})
    await allocations.plan_round("isoman", MONDAY)
    move = Move(DKUM, TAPOS, BEJI, 5)
    changed = await allocations.change_round("isoman", MONDAY, move, reason="truk mogok", changed_by="PIC kota")
    await pledged(world, BEJI, 10)
    assert await plan(world, FRIDAY_6 + 1) == 0
    assert await allocations.show_round("isoman", MONDAY) == changed


async def test_a_round_that_cannot_be_is_refused_with_the_reason(world: World) -> None:
    allocations = Allocations(world.database_url, TENANT)
    for wrong, words in (
        (allocations.plan_round("bbm", MONDAY), "no programme bbm"),
        (allocations.plan_round("isoman", date(2021, 7, 27)), "no Monday"),
        (allocations.show_round("isoman", MONDAY), "is planned"),
        (allocations.tell_needs("isoman", MONDAY, {"32.73.01": 1}), "32.73.01"),
    ):
        with pytest.raises(PeduliError, match=words):
            await wrong
    plan = await allocations.plan_round("isoman", MONDAY)
    assert plan["lines"] == []
    with pytest.raises(PeduliError, match="its reason"):
        await allocations.change_round("isoman", MONDAY, Move(DKUM, TAPOS, BEJI, 1), reason=" ", changed_by="PIC")


async def test_a_decision_is_explained_and_another_is_tried_without_a_change(world: World) -> None:
    allocations = Allocations(world.database_url, TENANT)
    async with services(world) as (_, field, _reporting):
        await register(field)
        await tell(world, recent())
        task = (await one_task(field))["task_id"]
        await register(field, reference="KK-2", groups=["no_cook"])  # it waits: there is rice alone
    before = await query(world, "select * from distribution.tasks")
    tried = orjson.loads(peduli(world, "allocate", "what-if", "--goods", "ABON-LELE-100G:3@32.76.06.1001", "--json"))
    assert [packet["goods"] for packet in tried["packets"]] == [{"ABON-LELE-100G": 3}]
    assert (tried["persons_reached_first"], tried["pieces_that_stay"]) == (4, 1)
    assert peduli(world, "allocate", "improve") == "0 packets changed"
    assert await query(world, "select * from distribution.tasks") == before
    told = orjson.loads(peduli(world, "allocate", "explain", task, "--json"))
    until = f"{datetime.fromisoformat(told['deliver_before']).astimezone(DEPOK.zone):%d/%m/%Y %H.%M}"
    assert told["texts"] == {
        "volunteer": f"Bawa 1 × Beras medium 5 kg ke pintu sebelum {until}: letakkan, ketuk, mundur. "
        "Rumah ini belum pernah menerima paket. Barang ada di kelurahan ini.",
        "household": f"Paket untuk keluarga Anda: 1 × Beras medium 5 kg, paling lambat {until}. "
        "Ini paket pertama untuk keluarga Anda.",
        "auditor": f"Paket: 1 × Beras medium 5 kg; harus sampai sebelum {until}, saat masa bantuan selesai atau "
        "barang pertama basi. Didahulukan: belum pernah menerima paket. Urutan 1. Barang dari kelurahan yang sama.",
    }
    with pytest.raises(PeduliError, match="no task"):
        await allocations.explain(new_id(), "auditor")
    with pytest.raises(PeduliError, match="cannot be"):
        await allocations.what_if(Rules(), [("NIHIL", 3, "32.76.06.1001")])

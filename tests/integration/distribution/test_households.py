"""Households: each way in and out of isolation, who is told twice, and what nobody may read or read again."""

from __future__ import annotations

import asyncio
from collections.abc import Sequence
from dataclasses import replace
from datetime import datetime, time, timedelta
from typing import Any
from uuid import UUID

import asyncpg
import httpx
import pytest
from cryptography.exceptions import InvalidTag

import services.distribution.app as distribution
import services.purchases.app as purchases
from peduli.prepare import load_city
from services.distribution.store.households import load_isolating
from services.distribution.usecases.households import Keys, erase_due
from shared.clock import now
from shared.database.pool import connect
from shared.privacy import unseal
from shared.reference.load import load
from tests.support.access import add
from tests.support.eventually import eventually
from tests.support.journey import household, one_task, query, recent, register, report, sums, tell
from tests.support.running import running
from tests.support.servers import World

DEPOK = load("3276")
KEYS = Keys(b"hash-key-of-tests", b"seal-key-of-tests")
RT, PUSKESMAS = {"Peduli-Source": "/rt/1"}, {"Peduli-Source": "/puskesmas/beji"}
NIK, OTHER_NIK = "3276060107900001", "3276064107900001"
OTHER_KELURAHAN = "32.76.06.1002"


BEGAN = now() - timedelta(days=2)
WINDOW = {"isolation_from": BEGAN.isoformat(), "isolation_until": (BEGAN + timedelta(days=10)).isoformat()}


def person(phone: str = "", nik: str = "", address: str = "Jl. Kenanga 5") -> dict[str, str]:
    return {"name": "Ibu Contoh", "phone": phone, "address": address, "nik": nik}


async def tell_of(door: httpx.AsyncClient, headers: dict[str, str] = RT, **changes: Any) -> dict[str, Any]:
    """Report a household and return the answer."""
    answer = await door.post("/v1/households", json=household(**{**WINDOW, **changes}), headers=headers)
    assert answer.status_code == 202, answer.text
    return dict(answer.json())


async def events(world: World) -> list[tuple[str, int]]:
    """What was told of households, in order."""
    sql = "select type, version from distribution.event_log where type like 'household.%' order by seq"
    return [(row["type"].split(".")[1], row["version"]) for row in await query(world, sql)]


async def homes(world: World) -> list[dict[str, Any]]:
    return await query(world, "select * from distribution.households order by changed_at")


async def test_an_isolation_is_reckoned_by_the_rules_and_what_a_puskesmas_states_goes_before(world: World) -> None:
    symptom = DEPOK.date_of(BEGAN)
    cases = [{"kind": "with_symptoms", "counted_from": symptom.isoformat()}]
    async with running(distribution.service(world.settings())) as door:
        await tell_of(door, isolation_from=None, isolation_until=None, cases=cases)
        [home] = await homes(world)
        assert home["isolation_until"] == datetime.combine(symptom + timedelta(days=13), time.min, DEPOK.zone)
        stated = (BEGAN + timedelta(days=11)).isoformat()
        await tell_of(door, isolation_from=None, isolation_until=stated, cases=cases)
        [home] = await homes(world)
        assert home["isolation_until"] == datetime.fromisoformat(stated)
    assert await events(world) == [("registered", 1), ("changed", 2)]


async def test_everything_that_is_wrong_with_a_report_is_told_at_once_and_changes_nothing(world: World) -> None:
    wrong = household(kelurahan="32.76.99.9999", people=person(nik="123"), isolation_until=None)
    late = household(isolation_until=(now() + timedelta(days=400)).isoformat())
    async with running(distribution.service(world.settings())) as door:
        answer = await door.post("/v1/households", json=wrong, headers=RT)
        assert answer.status_code == 422
        assert [(reason["code"], reason["path"]) for reason in answer.json()["reasons"]] == [
            ("UNKNOWN_KELURAHAN", "kelurahan"),
            ("INVALID_NIK", "people.nik"),
            ("MISSING_FIELD", "isolation_until"),
        ]
        answer = await door.post("/v1/households", json=late, headers=RT)
        assert [reason["code"] for reason in answer.json()["reasons"]] == ["TIME_OUT_OF_RANGE"]
    assert await homes(world) == []


async def test_an_extension_is_a_change_and_its_packet_stays(world: World) -> None:
    settings = world.settings()
    async with running(distribution.service(settings)) as door, running(purchases.service(settings)):
        await tell(world, recent())
        home = await register(door)
        task = await one_task(door)
        until = (now() + timedelta(days=12)).isoformat()
        assert (await tell_of(door, isolation_until=until))["outcome"] == "changed"
        assert (await one_task(door))["task_id"] == task["task_id"]
    assert [str(row["household_id"]) for row in await homes(world)] == [home]
    assert await events(world) == [("registered", 1), ("changed", 2)]


@pytest.mark.parametrize("reason", ["recovered", "hospital", "moved", "deceased"])
async def test_a_release_frees_its_goods_at_once(world: World, reason: str) -> None:
    settings = world.settings()
    async with running(distribution.service(settings)) as door, running(purchases.service(settings)):
        await tell(world, recent())
        await register(door)
        await one_task(door)
        before = now()
        assert (await tell_of(door, released=reason))["outcome"] == "changed"
        stock = await sums(door)
        assert stock == {"bought": stock["bought"], "available": stock["bought"]}
        [home] = await homes(world)
        assert home["released_reason"] == reason
        assert before <= home["released_at"] <= now()
    recalled = "select body from distribution.event_log where type = 'task.recalled.v1'"
    assert b'"reason":"released"' in (await query(world, recalled))[0]["body"]
    assert await query(world, "select * from distribution.household_identities") == []


async def test_a_family_that_moves_gets_its_packet_at_the_new_door(world: World) -> None:
    settings = world.settings()
    async with running(distribution.service(settings)) as door, running(purchases.service(settings)):
        await tell(world, recent())
        home = await register(door)
        first = await one_task(door)
        moved = await tell_of(door, kelurahan=OTHER_KELURAHAN, people=person(address="Jl. Baru 9"))
        assert (moved["household_id"], moved["outcome"]) == (home, "changed")
        second = await one_task(door, OTHER_KELURAHAN)
        assert second["task_id"] != first["task_id"]
    statuses = await query(world, "select status from distribution.tasks order by assigned_at")
    assert [row["status"] for row in statuses] == ["recalled", "assigned"]


async def test_who_is_told_by_two_is_one_household_and_the_last_word_counts(world: World) -> None:
    phone = "0812 3456 7890"
    async with running(distribution.service(world.settings())) as door:
        first = await tell_of(door, reference="KK-1", people=person(phone))
        same = await tell_of(door, PUSKESMAS, reference="P-9", people=person("+62812-3456-7890", NIK), size=5)
        assert (same["household_id"], same["outcome"], same["was_told"]) == (first["household_id"], "changed", True)
        assert [row["size"] for row in await homes(world)] == [5]
        again = await tell_of(door, PUSKESMAS, reference="P-9", people=person("+62812-3456-7890", NIK), size=5)
        assert (again["outcome"], again["version"]) == ("known", same["version"])
        first_word = await tell_of(door, reference="KK-1", people=person(phone))
        assert first_word["outcome"] == "known"  # sent again, it brings nothing back
        assert [row["size"] for row in await homes(world)] == [5]
        moved = await tell_of(
            door, {"Peduli-Source": "/rt/2"}, reference="A", kelurahan=OTHER_KELURAHAN, people=person(nik=NIK)
        )
        assert moved["household_id"] == first["household_id"]  # a NIK is known in every kelurahan
        released = await tell_of(door, PUSKESMAS, reference="P-9", people=person(nik=NIK), released="recovered")
        assert released["household_id"] == first["household_id"]
        anew = await tell_of(door, {"Peduli-Source": "/rt/3"}, reference="KK-1", people=person(nik=NIK))
        assert anew["household_id"] != first["household_id"]  # who is released and falls ill again begins anew


async def test_who_knows_a_nik_cannot_end_an_isolation_in_another_kelurahan(world: World) -> None:
    made = await add(world, "rt-far", "puskesmas", sources=("/rt/far",), units=(OTHER_KELURAHAN,))
    async with running(distribution.service(world.settings())) as door:
        await tell_of(door, people=person(nik=NIK))
        far = household("F-1", kelurahan=OTHER_KELURAHAN, people=person(nik=NIK), released="recovered")
        answer = await door.post("/v1/households", json=far, headers={"Authorization": f"Bearer {made.token}"})
        assert [(one["code"], one["path"]) for one in answer.json()["reasons"]] == [("KELURAHAN_NOT_YOURS", "released")]
    assert [row["released_reason"] for row in await homes(world)] == [None]


async def test_eight_who_tell_of_one_family_at_once_make_one_household(world: World) -> None:
    async with running(distribution.service(world.settings())) as door:
        told = await asyncio.gather(
            *(
                tell_of(door, {"Peduli-Source": f"/rt/{number}"}, people=person(nik=NIK), size=number)
                for number in range(1, 9)
            )
        )
        assert len({one["household_id"] for one in told}) == 1
        assert sorted(one["version"] for one in told) == list(range(1, 9))
    assert len(await homes(world)) == 1


async def test_two_families_are_not_one_because_they_share_a_phone_or_a_house(world: World) -> None:
    phone, elsewhere = "081234567890", {"Peduli-Source": "/rt/2"}
    async with running(distribution.service(world.settings())) as door:
        told = [
            await tell_of(door, RT, reference="KK-1", people=person(phone, NIK)),
            await tell_of(door, RT, reference="KK-2", people=person(phone)),  # the RT lends its own phone
            await tell_of(door, elsewhere, reference="X", people=person(phone, OTHER_NIK)),  # another NIK
            await tell_of(door, elsewhere, reference="Y", people=person(), kelurahan=OTHER_KELURAHAN),
        ]
        assert len({one["household_id"] for one in told}) == 4
    houses = [row["house_key"] for row in await homes(world)]
    assert houses[0] == houses[1] == houses[2] != houses[3]  # one trip for the families behind one door


async def read_boxes(world: World) -> Sequence[asyncpg.Record]:
    sql = """select household_id, sealed, wrapped
      from distribution.people join distribution.people_keys using (household_id)"""
    connection = await asyncpg.connect(world.database_url)
    try:
        return await connection.fetch(sql)
    finally:
        await connection.close()


async def test_erasing_leaves_a_copy_that_nobody_can_read_and_no_resend_brings_it_back(world: World) -> None:
    async with running(distribution.service(world.settings())) as door:
        first = await tell_of(door, reference="KK-1", people=person("081234567890", NIK))
        await tell_of(door, reference="KK-2", people=person("081234567891"))
        boxes = await read_boxes(world)  # as a backup holds them
        released = await tell_of(door, reference="KK-1", people=person("081234567890", NIK), released="recovered")
        assert released["household_id"] == first["household_id"]
        connection = await connect(world.database_url, "distribution")
        try:
            at = now()
            assert await erase_due(connection, reference=DEPOK, now=at + timedelta(days=29)) == 0
            late = at + timedelta(days=31)
            # a row that the service's own sweep looks at just then is left to the next one
            assert await eventually(lambda: erase_due(connection, reference=DEPOK, now=late), bool) == 1
        finally:
            await connection.close()
        [left] = await query(world, "select household_id, wrapped from distribution.people_keys")
        assert str(left["household_id"]) != first["household_id"]
        box = next(box for box in boxes if str(box["household_id"]) == first["household_id"])
        for key in (KEYS.seal_key, unseal(KEYS.seal_key, left["wrapped"], bound_to=str(left["household_id"]))):
            with pytest.raises(InvalidTag):
                unseal(key, box["sealed"], bound_to=first["household_id"])
        again = await door.post("/v1/households", json=household("KK-1", people=person(nik=NIK)), headers=RT)
        assert [reason["code"] for reason in again.json()["reasons"]] == ["HOUSEHOLD_ERASED"]
    rows = await query(world, f"select * from distribution.households where household_id = '{first['household_id']}'")
    assert (rows[0]["size"], rows[0]["rw"], rows[0]["house_key"]) == (4, None, None)  # it still counts


async def test_an_isolation_whose_end_nobody_told_is_erased_too(world: World) -> None:
    long_ago: dict[str, Any] = {
        "isolation_from": (now() - timedelta(days=50)).isoformat(),
        "isolation_until": (now() - timedelta(days=40)).isoformat(),
    }
    async with running(distribution.service(world.settings())) as door:
        await tell_of(door, **long_ago)

        async def erased() -> bool:
            connection = await connect(world.database_url, "distribution")
            try:
                await erase_due(connection, reference=DEPOK, now=now())
            finally:
                await connection.close()
            return not await query(world, "select * from distribution.people")

        assert await eventually(erased, bool)


async def test_a_team_at_the_door_is_written_down_and_sees_no_nik(world: World) -> None:
    settings = world.settings()
    async with running(distribution.service(settings)) as door, running(purchases.service(settings)):
        await tell(world, recent())
        home = await register(door, people=person("081234567890", NIK))
        task = (await one_task(door))["task_id"]
        headers = {"Peduli-Team": "tim-1"}
        assert (await door.get(f"/v1/tasks/{task}/door", headers=headers)).status_code == 404
        await report(door, task, "accept")
        shown = await door.get(f"/v1/tasks/{task}/door", headers=headers)
        assert shown.json() == {"name": "Ibu Contoh", "phone": "081234567890", "address": "Jl. Kenanga 5"}
    reads = await query(world, "select household_id, reader, purpose from distribution.people_reads")
    assert reads == [{"household_id": UUID(home), "reader": "tim-1", "purpose": "door"}]


async def test_aid_from_elsewhere_is_met_need_when_it_is_allocated(world: World) -> None:
    aid = [{"kind": "parcel", "at": now().isoformat()}]
    async with running(distribution.service(world.settings())) as door:
        helped = await tell_of(door, reference="KK-1", other_aid=aid, is_aparatur=True)
        await tell_of(door, reference="KK-2")
    connection = await connect(world.database_url, "distribution")
    try:
        found = {str(home.household_id): home for home in await load_isolating(connection, DEPOK, now())}
    finally:
        await connection.close()
    home = found.pop(helped["household_id"])
    [other] = found.values()
    assert (home.met["food"], other.met.get("food", 0)) == (4 * 3 * 3, 0)
    assert (home.has_nothing, other.has_nothing) == (False, True)
    assert home.house == other.house != ""


async def test_a_household_of_another_programme_waits_for_goods_of_its_own(world: World) -> None:
    bbm = replace(DEPOK.programmes["isoman"], programme="bbm", name="Bantuan dampak kenaikan BBM")
    city = replace(DEPOK, programmes={**DEPOK.programmes, "bbm": bbm})
    await load_city(world.database_url, city)
    settings = world.settings()
    async with running(distribution.service(settings)) as door, running(purchases.service(settings)):
        await tell_of(door, reference="KK-1", programme="bbm")
        unknown = await door.post("/v1/households", json=household("KK-2", programme="nihil"), headers=RT)
        assert [reason["code"] for reason in unknown.json()["reasons"]] == ["UNKNOWN_PROGRAMME"]
        await tell(world, recent())
        waits = "select reason from distribution.waiting"
        await eventually(lambda: query(world, waits), lambda rows: rows == [{"reason": "NO_GOODS"}])
        await tell(world, {**recent(), "reference": "R-BBM", "programme": "bbm"})
        task = (await one_task(door))["task_id"]
    held = "select distinct programme from distribution.lots join distribution.task_lines using (lot_id)"
    assert await query(world, f"{held} where task_id = '{task}'") == [{"programme": "bbm"}]

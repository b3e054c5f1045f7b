"""Corrections after assignment, goods that come back, expiry, the cold chain, officers: use cases on Postgres."""

from __future__ import annotations

import json
from datetime import timedelta
from typing import Any, get_args
from uuid import UUID

import pytest

from services.distribution.domain.adjustment import Adjustment, Kind
from services.distribution.domain.stock import Account
from shared.contracts.field import TaskAccept, TaskReturn
from shared.ids import derived_id
from shared.reference.load import load
from shared.reference.told import event_of
from tests.support.goods import bought, delivery, home, told
from tests.support.ledger_machine import BEGIN
from tests.support.stored_city import StoredCity

HOUR = timedelta(hours=1)
CHILL, RICE, SOAP = "AYAM-POTONG-1KG", "BERAS-5KG", "SABUN-MANDI-4"


def planned(city: StoredCity, **goods: Any) -> UUID:
    """One purchase, one household, and the packet that joins them."""
    city.take_in(bought(**goods), BEGIN)
    city.register("KK-1", home(), BEGIN)
    city.allocate(BEGIN)
    (task_id,) = city.tasks()
    return task_id


def accept(city: StoredCity, task_id: UUID, hours: int = 0, *, fetched: bool = True) -> None:
    said = TaskAccept(
        report_id=derived_id("accept", str(task_id), str(fetched)), task_id=task_id, team="tim-1", fetched=fetched
    )
    city.report(said, BEGIN + hours * HOUR)


def bring_back(city: StoredCity, task_id: UUID, hours: int) -> None:
    report_id = derived_id("return", str(task_id))
    city.report(TaskReturn(report_id=report_id, task_id=task_id, team="tim-1"), BEGIN + hours * HOUR)


def adjust(city: StoredCity, kind: Kind, pieces: int = 0, number: int = 1) -> None:
    lot_id, name = city.lots()[0], derived_id("adjustment", str(number))
    city.adjust(Adjustment(name, lot_id, kind, pieces, "dihitung bersama RT", "/lumbung/beji"), BEGIN)


def balances(city: StoredCity) -> dict[str, int]:
    names = [f"sum({account})::int as {account}" for account in get_args(Account)]
    row = city.rows(f"select {', '.join(names)} from lots")[0]
    return {name: pieces for name, pieces in row.items() if pieces}


def status(city: StoredCity) -> list[str]:
    return [row["status"] for row in city.rows("select status from tasks order by assigned_at, task_id")]


def events(city: StoredCity) -> list[dict[str, Any]]:
    """What was told of lots, without what all events have."""
    rows = city.rows("select type, body from event_log where type like 'lot.%' order by seq")
    hidden = ("lot_id", "purchase_id", "line_no", "sku", "at")
    bodies = [{"type": row["type"], **json.loads(row["body"])} for row in rows]
    return [{name: value for name, value in body.items() if name not in hidden and value} for body in bodies]


def test_a_correction_takes_what_is_free_first_and_then_recalls_what_has_not_left(city: StoredCity) -> None:
    planned(city, pieces=9, sku=SOAP)
    held = balances(city)["reserved"]
    assert held > 1
    city.take_in(bought(pieces=held, sku=SOAP, kind="corrected", version=2), BEGIN)
    assert (balances(city), status(city)) == ({"bought": held, "reserved": held}, ["assigned"])
    city.take_in(bought(pieces=held - 1, sku=SOAP, kind="corrected", version=3), BEGIN)
    assert (balances(city), status(city)) == ({"bought": held - 1, "available": held - 1}, ["recalled"])
    assert [event["quantity"] for event in events(city)] == [held - 9, -1]


def test_what_is_on_its_way_or_delivered_stays_and_shows_as_over_delivered(city: StoredCity) -> None:
    task_id = planned(city, pieces=5)
    held = balances(city)["reserved"]
    accept(city, task_id)
    city.take_in(bought(kind="voided", version=2), BEGIN)
    assert (balances(city), status(city)) == ({"over_delivered": held, "in_transit": held}, ["accepted"])
    city.report(delivery(task_id), BEGIN + HOUR)
    assert balances(city) == {"over_delivered": held, "delivered": held}
    assert events(city)[-1] | {"quantity": 0} == {
        "type": "lot.adjusted.v1",
        "quantity": 0,
        "reason": "salah_input",
        "over_delivered": held,
    }


@pytest.mark.parametrize("what", ["void", "released", "moved"])
def test_a_packet_that_its_team_has_yet_to_fetch_is_recalled_as_if_nobody_had_taken_it(
    city: StoredCity, what: str
) -> None:
    accept(city, planned(city, pieces=5), fetched=False)
    assert (balances(city)["reserved"] > 0, status(city)) == (True, ["accepted"])
    if what == "void":
        city.take_in(bought(kind="voided", version=2), BEGIN)
    elif what == "released":
        city.register("KK-1", home(released="recovered"), BEGIN)
    else:
        city.register("KK-1", home(people={"name": "Ibu Contoh", "address": "Jl. Lain 2"}), BEGIN)
    assert (balances(city), status(city)) == ({} if what == "void" else {"bought": 5, "available": 5}, ["recalled"])
    told = [row["type"] for row in city.rows("select type from event_log where type like 'task.%' order by seq")]
    assert told == ["task.assigned.v1", "task.recalled.v1"]  # reports see goods that never left
    assert city.breaches() == []


def test_a_packet_that_its_team_has_fetched_is_over_delivered_and_one_that_it_gives_up_is_free(
    city: StoredCity,
) -> None:
    task_id = planned(city, pieces=5)
    held = balances(city)["reserved"]
    accept(city, task_id, fetched=False)
    accept(city, task_id)
    assert (balances(city)["in_transit"], status(city)) == (held, ["accepted"])
    bring_back(city, task_id, hours=1)
    city.allocate(BEGIN + HOUR)
    accept(city, city.tasks()[0], fetched=False)
    city.report(TaskReturn(report_id=derived_id("give-up"), task_id=city.tasks()[0], team="tim-1"), BEGIN + 2 * HOUR)
    assert (balances(city), status(city)) == ({"bought": 5, "available": 5}, ["returned", "returned"])
    assert city.breaches() == []


def test_goods_of_a_void_that_come_back_after_all_settle_it(city: StoredCity) -> None:
    task_id = planned(city, pieces=5)
    accept(city, task_id)
    city.take_in(bought(kind="voided", version=2), BEGIN)
    over = balances(city)["over_delivered"]
    bring_back(city, task_id, hours=1)
    assert balances(city) == {}
    assert events(city)[-1] == {"type": "lot.adjusted.v1", "reason": "returned", "over_delivered": -over}


@pytest.mark.parametrize(
    ("goods", "hours", "place"),
    [
        ({"sku": RICE}, 2, "available"),
        ({"sku": RICE, "until": BEGIN + 10 * HOUR}, 11, "expired"),
        ({"sku": CHILL}, 3, "available"),
        ({"sku": CHILL}, 5, "damaged"),
    ],
)
def test_goods_come_back_to_stock_with_the_time_they_have_left(
    city: StoredCity, goods: dict[str, Any], hours: int, place: str
) -> None:
    task_id = planned(city, pieces=1, **goods)
    accept(city, task_id)
    bring_back(city, task_id, hours)
    assert balances(city) == {"bought": 1, place: 1}
    assert len(events(city)) == (place != "available")


def test_what_spoils_in_the_lumbung_is_written_off_and_told_and_a_corrected_date_takes_it_back(
    city: StoredCity,
) -> None:
    city.take_in(bought(pieces=4, until=BEGIN + HOUR), BEGIN)
    for _ in range(2):
        city.sweep(BEGIN + HOUR)
    assert balances(city) == {"bought": 4, "expired": 4}
    assert events(city) == [{"type": "lot.expired.v1", "quantity": 4}]
    city.take_in(bought(pieces=4, until=BEGIN + 99 * HOUR, kind="corrected", version=2), BEGIN + 2 * HOUR)
    assert balances(city) == {"bought": 4, "available": 4}
    assert events(city)[-1] == {"type": "lot.adjusted.v1", "reason": "correction", "expired": -4}


def test_cold_goods_go_no_further_than_they_keep(city: StoredCity) -> None:
    city.take_in(bought(sku=CHILL), BEGIN)
    city.register("KK-1", home(kelurahan="32.76.01.1006"), BEGIN)
    city.allocate(BEGIN)
    assert city.tasks() == []
    assert city.rows("select storage from lots") == [{"storage": "chill"}]
    city.register("KK-2", home("KK-2"), BEGIN)
    city.allocate(BEGIN)
    assert len(city.tasks()) == 1


def test_facts_that_change_recall_what_they_forbid(city: StoredCity) -> None:
    planned(city, pieces=2, sku="TELUR-AYAM-1KG")
    city.register("KK-1", home(allergens=["egg"]), BEGIN)
    assert status(city) == ["recalled"]
    city.register("KK-1", home(days=9), BEGIN)
    city.allocate(BEGIN)
    city.register("KK-1", home(days=1), BEGIN)
    assert status(city) == ["recalled", "recalled"]
    city.allocate(BEGIN)
    city.take_in(bought(pieces=2, sku="TELUR-AYAM-1KG", until=BEGIN + HOUR, kind="corrected", version=2), BEGIN)
    assert status(city) == ["recalled"] * 3
    assert balances(city) == {"bought": 2, "available": 2}


def test_a_product_that_changes_in_the_registry_recalls_what_it_forbids(city: StoredCity) -> None:
    planned(city, pieces=2)
    rice = load("3276").products[RICE]
    event = event_of(rice, BEGIN.date()).model_copy(update={"infant": True})
    city.handle(told("product.changed.v1", f"3276:{RICE}", 1, json.loads(event.model_dump_json())))
    assert status(city) == ["recalled"]


def test_a_packet_is_not_assigned_again_with_goods_that_spoil_sooner_than_was_said(city: StoredCity) -> None:
    task_id = planned(city, pieces=1)
    accept(city, task_id)
    city.take_in(bought(pieces=1, until=BEGIN + HOUR, kind="corrected", version=2), BEGIN)
    assert status(city) == ["accepted"]  # it is on its way
    city.sweep(BEGIN + 2 * HOUR)
    assert (status(city), balances(city)) == (["recalled"], {"bought": 1, "in_transit": 1})  # its holder brings it back


def test_damage_takes_free_pieces_first_and_then_recalls(city: StoredCity) -> None:
    planned(city, pieces=9, sku=SOAP)
    held = balances(city)["reserved"]
    adjust(city, "damage", 9 - held)
    assert status(city) == ["assigned"]
    adjust(city, "damage", 1, number=2)
    assert status(city) == ["recalled"]
    assert balances(city) == {"bought": 9, "damaged": 10 - held, "available": held - 1}
    assert [event["damaged"] for event in events(city)] == [9 - held, 1]


def test_a_count_finds_pieces_missing_and_later_finds_them_again(city: StoredCity) -> None:
    city.take_in(bought(pieces=6), BEGIN)
    adjust(city, "count", 4)
    assert balances(city) == {"bought": 6, "available": 4, "withdrawn": 2}
    adjust(city, "count", 5, number=2)
    adjust(city, "count", 5, number=2)  # a resend
    assert balances(city) == {"bought": 6, "available": 5, "withdrawn": 1}
    adjust(city, "count", 7, number=3)
    said = city.rows("select outcome, moved, note, told_by from stock_adjustments order by moved desc, outcome")
    assert [(row["outcome"], row["moved"]) for row in said] == [
        ("adjusted", 2),
        ("MORE_THAN_BOUGHT", 0),
        ("adjusted", -1),
    ]
    assert {(row["note"], row["told_by"]) for row in said} == {("dihitung bersama RT", "/lumbung/beji")}
    assert "dihitung" not in str(city.rows("select body from event_log"))


def test_a_withdrawn_lot_comes_back_from_everywhere_and_goes_nowhere(city: StoredCity) -> None:
    task_id = planned(city, pieces=6)
    accept(city, task_id)
    way = balances(city)["in_transit"]
    adjust(city, "withdrawal")
    assert (balances(city), status(city)) == ({"bought": 6, "withdrawn": 6 - way, "in_transit": way}, ["recalled"])
    bring_back(city, task_id, hours=1)
    assert balances(city) == {"bought": 6, "withdrawn": 6}
    city.allocate(BEGIN + HOUR)
    assert status(city) == ["returned"]

"""Each law finds what breaks it, and `peduli ledger check` says so: a check that cannot fail is worth nothing."""

from __future__ import annotations

import json
from datetime import timedelta
from typing import Any

from typer.testing import CliRunner

from peduli.__main__ import app
from services.distribution.store.laws import LAWS
from tests.support.goods import bought, delivery, home
from tests.support.ledger_machine import BEGIN
from tests.support.servers import World
from tests.support.stored_city import StoredCity

PLANNED = "(select task_id from tasks where status = 'assigned')"
DELIVERED = "(select task_id from tasks where status = 'delivered')"
DAMAGE = {
    "L1": ["update lots set available = available - 1, delivered = delivered + 1", "delete from stock_entries"],
    "L2": [
        "insert into stock_entries (lot_id, from_account, to_account, quantity, cause, at)"
        " select lot_id, 'available', 'reserved', 99, 'x', now() from lots"
    ],
    "L3": [f"update task_lines set quantity = quantity + 1 where task_id in {PLANNED}"],
    "L4": [f"update task_lines set quantity = quantity + 1 where task_id in {PLANNED}"],
    "L5": [
        "update households set isolation_until = isolation_from + interval '1 hour'",
        "update lots set expires_at = expires_at - interval '400 days'",
        f"update tasks set arrives_at = deliver_before + interval '1 minute' where task_id in {PLANNED}",
        "update lots set storage = 'chill', kelurahan = '32.76.01.1001'",
        "update households set released_reason = 'moved'",
    ],
    "L6": [
        "update ref_products set allergens = '{egg}'; update households set allergens = '{egg}'",
        "update ref_products set infant = true",
        "update ref_products set halal = false",
        "update households set groups = '{diabetic}'",
        "update households set groups = '{no_cook}'",
        "update households set programme = 'bbm'",
        "update ref_products set merged_into = 'OTHER' where sku = 'BERAS-5KG';"
        ' insert into ref_products select (jsonb_populate_record(p, \'{"sku": "OTHER", "infant": true,'
        ' "merged_into": ""}\')).* from ref_products p where sku = \'BERAS-5KG\'',
        "update ref_products set contents = '{TELUR-AYAM-1KG:2}' where sku = 'BERAS-5KG';"
        " update households set allergens = '{egg}'",
    ],
    "L7": [
        f"update tasks set status = 'recalled' where task_id in {PLANNED}",
        f"update tasks set goods = 'delivered' where task_id in {PLANNED}",
        f"delete from task_lines where task_id in {DELIVERED}",
    ],
    "L8": [
        f"insert into field_reports select tenant, gen_random_uuid(), task_id, kind, team, outcome, received_at"
        f" from field_reports where task_id in {DELIVERED}",
        "delete from field_reports",
    ],
}


def test_every_law_sees_what_breaks_it(city: StoredCity) -> None:
    city.take_in(bought(pieces=20), BEGIN)
    for name in ("KK-1", "KK-2"):
        city.register(name, home(name), BEGIN)
    city.allocate(BEGIN)
    city.report(delivery(city.tasks()[0]), BEGIN + timedelta(hours=1))
    assert city.breaches() == []  # one packet is planned, one delivered, and goods are left
    unseen = [
        (law, statement)
        for law, statements in DAMAGE.items()
        for statement in statements
        if law not in {breach.split()[0] for breach in city.breaches_after(statement)}
    ]
    assert unseen == []


def test_every_law_is_tried() -> None:
    assert set(DAMAGE) == set(LAWS)


def run(world: World, *words: str) -> tuple[int, Any]:
    answer = CliRunner().invoke(app, ["ledger", *words, "--database-url", world.database_url])
    return answer.exit_code, json.loads(answer.output) if "--json" in words else answer.output


def test_the_command_ends_with_1_only_when_a_law_is_broken(world: World) -> None:
    assert run(world, "check") == (0, "L1-L8 hold\n")
    assert run(world, "check", "--json") == (0, [])
    city = StoredCity(world.database_url)
    city.take_in(bought(pieces=4), BEGIN)
    city.damage("update lots set available = 3, delivered = 1")
    city.keep()
    code, found = run(world, "check", "--json")
    assert code == 1
    assert [(breach["law"], breach["tenant"]) for breach in found] == [("L1", "3276")] * 2 + [("L7", "3276")]
    code, text = run(world, "check")
    assert code == 1
    assert "available is 3, its entries say 4" in text


def test_balances_are_told_as_of_any_moment(world: World) -> None:
    city = StoredCity(world.database_url)
    city.take_in(bought(pieces=4), BEGIN)
    city.take_in(bought(number=2, pieces=3), BEGIN + timedelta(hours=2))
    city.keep()
    for at, pieces in (("09:00:01", 4), ("11:00:00", 7)):
        code, found = run(world, "balance", "--at", f"2021-07-22T{at}+07:00", "--json")
        assert (code, found[0]["bought"], found[0]["available"]) == (0, pieces, pieces)

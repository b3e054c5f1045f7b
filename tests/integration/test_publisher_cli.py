"""`peduli publisher` as an operator types it; secrets are shown once."""

from __future__ import annotations

import json
from typing import Any

import pytest

from tests.support.journey import query
from tests.support.servers import World
from tests.support.soak import KEYS
from tests.support.terminal import Ended, type_


def peduli(world: World, *words: str) -> Ended:
    environment = {
        "PEDULI_DATABASE_URL": world.database_url,
        "PEDULI_AMQP_URL": world.rabbitmq.url,
        "PEDULI_MANAGEMENT_URL": world.rabbitmq.management_url,
        "COLUMNS": "200",
        **KEYS,
    }
    return type_(words, environment)


def as_json(world: World, *words: str) -> Any:
    done = peduli(world, "publisher", *words, "--json")
    assert done.code == 0, done.err
    return json.loads(done.out)


async def test_an_operator_adds_looks_changes_rotates_and_revokes(world: World) -> None:
    made = as_json(world, "add", "typed", "--sources", "/pos/a, /pos/b/*", "--units", "32.76.06*")
    assert made["routing_keys"][0] == "3276.purchase.submitted.v1.typed"
    changed = as_json(world, "change", "typed", "--requests", "7")
    assert (changed["requests_per_minute"], changed["sources"]) == (7, ["/pos/a", "/pos/b/*"])
    renewed = as_json(world, "rotate", "typed", "--keep-hours", "2")
    listed, shown = as_json(world, "list"), as_json(world, "show", "typed")
    assert listed == [shown]
    assert (shown["role"], shown["units"], shown["generation"]) == ("publisher", ["32.76.06*"], 2)
    for secret in (made["token"], made["amqp_password"], renewed["token"], renewed["amqp_password"]):
        assert secret not in json.dumps([listed, shown])
        assert secret not in await dump(world)
    gone = peduli(world, "publisher", "revoke", "typed")
    assert gone.out == "typed has no access any more\n"


async def dump(world: World) -> str:
    return str(await query(world, "select * from purchases.principals"))


@pytest.mark.parametrize(
    ("words", "told"),
    [
        (("show", "nobody"), "nobody is called nobody in 3276\n`peduli publisher list` shows the names\n"),
        (("add", "X", "--sources", "/x"), "X cannot be a name\n2-40 of a-z, 0-9 and -, not beginning with -\n"),
    ],
)
async def test_a_mistake_ends_with_what_to_do(world: World, words: tuple[str, ...], told: str) -> None:
    done = peduli(world, "publisher", *words)
    assert (done.code, done.err) == (1, told)


async def test_without_the_management_api_nothing_is_half_done(world: World) -> None:
    wrong = ("--management-url", "http://guest:wrong@127.0.0.1:1")
    done = peduli(world, "publisher", "add", "half", "--sources", "/x", *wrong)
    assert done.code == 1
    assert "rabbitmq-plugins enable rabbitmq_management" in done.err
    assert as_json(world, "list") == []
    assert (as_json(world, "add", "half", "--sources", "/x"))["name"] == "half"  # it may be tried again


async def test_an_operator_lets_a_teams_program_in(world: World) -> None:
    added = ("team", "add", "tim-ketik", "32.76.06.1001")
    assert peduli(world, *added).code == 0
    made = json.loads(peduli(world, "team", "login", "tim-ketik", "--json").out)
    assert made["amqp_user"] == "team.3276.tim-ketik.1"
    assert made["routing_keys"][0] == "3276.task.accept_submitted.v1.tim-ketik"
    assert as_json(world, "show", "tim-ketik")["units"] == ["32.76.06.1001"]
    again = json.loads(peduli(world, "team", "login", "tim-ketik", "--kelurahan", "32.76.06.1002", "--json").out)
    assert again["amqp_user"] == "team.3276.tim-ketik.2"
    assert as_json(world, "show", "tim-ketik")["units"] == ["32.76.06.1002"]
    assert peduli(world, "publisher", "revoke", "tim-ketik").out == "tim-ketik has no access any more\n"


@pytest.mark.parametrize(
    ("place", "told"),
    [
        ("", "Kota Depok has no team tim-salah\n`peduli team add` makes one\n"),
        (
            "32.76.06",
            "A kecamatan has no queue: what was escalated to its team is asked for over HTTP.\n"
            "`--kelurahan` names those whose tasks it takes all the same\n",
        ),
    ],
)
async def test_a_team_without_a_queue_is_told_what_to_do(world: World, place: str, told: str) -> None:
    if place:
        assert peduli(world, "team", "add", "tim-salah", place).code == 0
    done = peduli(world, "team", "login", "tim-salah")
    assert (done.code, done.err) == (1, told)

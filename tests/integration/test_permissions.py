"""The full table of who may do what, walked on the real broker, database and HTTP doors.

What is not in a table is forbidden: each walk tries everything, and must find exactly what the table says.
"""

from __future__ import annotations

from collections.abc import Awaitable, Callable
from itertools import product
from typing import Any
from uuid import UUID

import aio_pika
import asyncpg
import pytest
from aio_pika.abc import AbstractChannel, AbstractConnection
from aiormq.exceptions import ChannelAccessRefused, ChannelNotFoundEntity

import services.distribution.app as distribution
import services.purchases.app as purchases
import services.reporting.app as reporting
from peduli.prepare import prepare_database
from peduli.processes import role_url
from shared.access.model import ROLES
from shared.messaging import users
from shared.reference.load import load
from tests.support.access import add, amqp_url
from tests.support.running import running
from tests.support.servers import World, bring

Allowed = set[tuple[str, str, str, str]]  # user, operation, object, routing key

ALFA, BETA = "purchases.intake.3276.alfa", "purchases.intake.3273.beta"
TEAM = "distribution.intake.3276.tim-a"
QUEUES = (
    *("purchases.intake", ALFA, BETA, "distribution.intake", "distribution.events.0", "reporting.events.0"),
    *(TEAM, "tasks.3276061001", "tasks.3276061002", "tasks.3273011001"),
    *("peduli.dead", "peduli.dead.purchases", "peduli.dead.distribution", "peduli.dead.reporting"),
    *("peduli.unroutable", "peduli.log"),
)
EXCHANGES = (
    *("peduli.intake", "peduli.events", "peduli.dead", "peduli.unroutable", "distribution.events", "reporting.events"),
    *("amq.topic", ""),
)
KEYS = (
    *("3276.purchase.submitted.v1.alfa", "3276.purchase.void_submitted.v1.alfa", "3276.pledge.submitted.v1.alfa"),
    *("3273.purchase.submitted.v1.beta", "3276.purchase.submitted.v1.beta", "3273.purchase.submitted.v1.alfa"),
    *("3276.purchase.submitted.v1", "3276.purchase.submitted.v2.alfa", "3276.purchase.submitted.v1.alfa.x"),
    *("x3276.purchase.submitted.v1.alfa", "3276.purchase.a.b.v1.alfa", "3276.household.report_submitted.v1.alfa"),
    *(
        "3276.task.accept_submitted.v1",
        "3276.purchase.recorded.v1",
        "3273.pledge.recorded.v1",
        "x.purchase.recorded.v1",
    ),
    *("3276.task.assigned.v1.327606.3276061001", "3276.household.registered.v1", "3273.lot.expired.v1"),
    *("3276.seller.changed.v1", "3276.product.changed.v1", "3276.unit.changed.v1", "3276.unknown.changed.v1"),
    *("3276.task.accept_submitted.v1.tim-a", "3276.task.delivery_submitted.v1.tim-a"),
    *("3276.task.accept_submitted.v1.tim-b", "3273.task.accept_submitted.v1.tim-a", "3276.task.assigned.v1.tim-a"),
    *("3276.household.report_submitted.v1.tim-a", "3276.task.accept_submitted.v1.tim-a.x"),
    *("purchases.intake", ALFA, TEAM, "tasks.3276061001", "#", ""),
)
MADE = ("purchases.new", "purchases.intake.3276.alfa.new", "distribution.new", "reporting.new", "peduli.new", "other")

INTAKE_OF_ALFA = KEYS[:3]
INTAKE_OF_TEAM = ("3276.task.accept_submitted.v1.tim-a", "3276.task.delivery_submitted.v1.tim-a")
OF_PURCHASES = (
    *("3276.purchase.submitted.v1.alfa", "3276.purchase.void_submitted.v1.alfa", "3276.pledge.submitted.v1.alfa"),
    *("3273.purchase.submitted.v1.beta", "3276.purchase.submitted.v1.beta", "3273.purchase.submitted.v1.alfa"),
    *("3276.purchase.submitted.v1", "3276.purchase.submitted.v2.alfa", "3276.purchase.submitted.v1.alfa.x"),
    *("3276.purchase.a.b.v1.alfa", "3276.purchase.recorded.v1", "3273.pledge.recorded.v1"),
    *("3276.seller.changed.v1", "3276.product.changed.v1", "3276.unit.changed.v1"),
)
OF_DISTRIBUTION = (
    *("3276.household.report_submitted.v1.alfa", "3276.task.accept_submitted.v1"),
    *("3276.task.assigned.v1.327606.3276061001", "3276.household.registered.v1", "3273.lot.expired.v1"),
    *INTAKE_OF_TEAM,
    *("3276.task.accept_submitted.v1.tim-b", "3273.task.accept_submitted.v1.tim-a", "3276.task.assigned.v1.tim-a"),
    *("3276.household.report_submitted.v1.tim-a", "3276.task.accept_submitted.v1.tim-a.x"),
)
READS = {
    "purchases": ("purchases.intake", ALFA, BETA, "peduli.dead.purchases"),
    "distribution": ("distribution.intake", TEAM, "distribution.events.0", "peduli.dead.distribution"),
    "reporting": ("reporting.events.0", "peduli.dead.reporting"),
    "tim-a": ("tasks.3276061001",),
}
EVERYTHING: Allowed = {
    *(("operator", "publish", exchange, key) for exchange, key in product(EXCHANGES, KEYS)),
    *(("operator", operation, queue, "") for operation, queue in product(("consume", "purge"), QUEUES)),
    *(("operator", operation, name, "") for operation, name in product(("declare", "delete"), MADE)),
    *(("operator", "bind", queue, exchange) for queue, exchange in product(MADE, EXCHANGES) if exchange),
}
ALLOWED: Allowed = EVERYTHING | {
    *(("purchases", "publish", "peduli.events", key) for key in OF_PURCHASES),
    *(("distribution", "publish", "peduli.events", key) for key in OF_DISTRIBUTION),
    *(("alfa", "publish", "peduli.intake", key) for key in INTAKE_OF_ALFA),
    ("beta", "publish", "peduli.intake", "3273.purchase.submitted.v1.beta"),
    *(("tim-a", "publish", "peduli.intake", key) for key in INTAKE_OF_TEAM),
    *((user, what, queue, "") for what in ("consume", "purge") for user, names in READS.items() for queue in names),
}


async def publish(channel: AbstractChannel, exchange: str, key: str) -> None:
    target = await channel.get_exchange(exchange, ensure=False) if exchange else channel.default_exchange
    await target.publish(aio_pika.Message(b"{}"), key, mandatory=False)


async def consume(channel: AbstractChannel, queue: str, _: str) -> None:
    await channel.set_qos(1)  # a stream wants to know
    found = await channel.get_queue(queue, ensure=False)

    async def ignore(_: Any) -> None:
        return None

    await found.cancel(await found.consume(ignore, no_ack=False))


async def purge(channel: AbstractChannel, queue: str, _: str) -> None:
    await (await channel.get_queue(queue, ensure=False)).purge()


async def declare(channel: AbstractChannel, name: str, _: str) -> None:
    await channel.declare_queue(name, durable=True)
    await channel.declare_exchange(name, "topic")


async def bind(channel: AbstractChannel, queue: str, exchange: str) -> None:
    await (await channel.get_queue(queue, ensure=False)).bind(await channel.get_exchange(exchange, ensure=False), "1")


async def delete(channel: AbstractChannel, name: str, _: str) -> None:
    await channel.queue_delete(name)
    await channel.exchange_delete(name)


Operation = Callable[[AbstractChannel, str, str], Awaitable[None]]
TRIALS: list[tuple[str, Operation, str, str]] = [  # in this order: what is declared is bound, and then deleted
    *(("publish", publish, exchange, key) for exchange, key in product(EXCHANGES, KEYS)),
    *(("consume", consume, queue, "") for queue in QUEUES),
    *(("purge", purge, queue, "") for queue in QUEUES if queue != "peduli.log"),
    *(("declare", declare, name, "") for name in MADE),
    *(("bind", bind, name, exchange) for name, exchange in product(MADE, EXCHANGES) if exchange),
    *(("delete", delete, name, "") for name in MADE),
]


async def walk(user: str, connection: AbstractConnection) -> Allowed:
    """Everything that this user is let do; other refusals than of its rights are errors.

    A key is looked at behind the exchange's own door: where that is said to be closed, no other key is tried.
    """
    found: Allowed = set()
    shut = set[str]()
    channel = await connection.channel()
    for name, operation, what, key in TRIALS:
        if name == "publish" and what in shut:
            continue
        if channel.is_closed:
            channel = await connection.channel()
        try:
            await operation(channel, what, key)
        except ChannelAccessRefused as refused:
            if f"access to exchange '{what or 'amq.default'}'" in str(refused):
                shut.add(what)
            continue
        except ChannelNotFoundEntity:
            assert name == "bind", (user, name, what, key)  # it was allowed, and there was nothing
        found.add((user, name, what, key))
    return found


async def test_the_broker_lets_each_user_do_what_the_table_says_and_nothing_else(world: World) -> None:
    await bring(world, load("3273"))
    passwords = dict.fromkeys(users.RIGHTS, "secret")
    await users.ensure(world.rabbitmq.management_url, passwords)
    await users.save(world.rabbitmq.management_url, "nobody", "secret", users.Rights())
    team = await add(world, "tim-a", "team", sources=("tim-a",), units=("32.76.06.1001",), queue_length=9)
    made = [await add(world, "alfa"), await add(world, "beta", tenant="3273"), team]
    urls = {
        "operator": world.rabbitmq.url,
        "nobody": amqp_url(world, "nobody", "secret"),
        **{name: amqp_url(world, f"peduli_{name}", "secret") for name in passwords},
        **{one.name: amqp_url(world, one.amqp_user, one.amqp_password) for one in made},
    }
    found: Allowed = set()
    for user, url in urls.items():
        connection = await aio_pika.connect(url)
        async with connection:
            found |= await walk(user, connection)
    wanted = ALLOWED - {("operator", "purge", "peduli.log", "")}  # a stream cannot be emptied
    assert found - wanted == set()
    assert wanted - found == set()
    await users.ensure(world.rabbitmq.management_url, {"reporting": "another"})
    for user in ("stranger", "peduli_reporting"):
        with pytest.raises(aio_pika.exceptions.ProbableAuthenticationError):
            await aio_pika.connect(amqp_url(world, user, "secret"))


VERBS = {
    "select": "select from {table} limit 0",
    "insert": "insert into {table} default values",
    "update": "update {table} set {column} = default where false",
    "delete": "delete from {table} where false",
    "truncate": "truncate {table} cascade",
    "create": "create table {schema}.made ()",
}
DATA = {"select", "insert", "update", "delete"}
SCHEMAS = ("purchases", "distribution", "facts", "reporting", "public")
GRANTED: dict[tuple[str, str], set[str]] = {
    ("peduli_purchases", "purchases"): DATA | {"truncate"},
    ("peduli_distribution", "distribution"): DATA | {"truncate"},
    ("peduli_facts", "facts"): DATA | {"truncate"},
    ("peduli_facts", "reporting"): {"select"},
    ("analyst", "reporting"): {"select"},
}
ROLES_OF_DATABASE = ("peduli_purchases", "peduli_distribution", "peduli_facts", "analyst")


async def test_the_database_lets_each_role_do_what_the_table_says_and_nothing_else(world: World) -> None:
    await prepare_database(world.database_url, "3276", dict.fromkeys(("purchases", "distribution", "facts"), "secret"))
    admin = await asyncpg.connect(world.database_url)
    await admin.execute("drop role if exists peduli_analyst")
    await admin.execute("create role peduli_analyst login password 'secret' in role dashboard_reader")
    await admin.execute("create table public.things (thing int)")
    tables = await admin.fetch(
        """select n.nspname as schema, format('%I.%I', n.nspname, c.relname) as table, c.relname as name,
             (select format('%I', a.attname) from pg_attribute a
               where a.attrelid = c.oid and a.attnum > 0 and not a.attisdropped order by a.attnum limit 1) as column
           from pg_class c join pg_namespace n on n.oid = c.relnamespace
           where n.nspname = any($1) and c.relkind in ('r', 'v', 'p', 'm')
             and (c.relkind = 'r' or n.nspname = 'reporting')  -- views of facts are over its own tables
           order by 1, 2""",
        list(SCHEMAS),
    )
    await admin.close()
    assert {row["schema"] for row in tables} == set(SCHEMAS)
    for role in ROLES_OF_DATABASE:
        connection = await asyncpg.connect(role_url(world.database_url, role.removeprefix("peduli_"), "secret"))
        for row in tables:
            granted = GRANTED.get((role, row["schema"]), set())
            if row["name"] in ("event_log", "seals"):
                granted = granted & {"select", "insert"}  # nobody alters what was told
                if role == "peduli_facts":
                    granted = granted | {"select"}  # the nightly check compares with what the others told
            if row["name"] == "principals":
                granted = granted & {"select"}  # nobody gives itself a token
            seen = {verb for verb in VERBS if await allowed(connection, VERBS[verb].format(**row))}
            assert seen == granted, (role, row["table"])
        await connection.close()


async def allowed(connection: asyncpg.Connection[asyncpg.Record], statement: str) -> bool:
    """Whether a statement is let through; nothing that it does stays."""
    transaction = connection.transaction()
    await transaction.start()
    try:
        await connection.execute(statement)
    except (
        asyncpg.InsufficientPrivilegeError,
        asyncpg.ObjectNotInPrerequisiteStateError,  # a view that takes no rows
        asyncpg.WrongObjectTypeError,  # a view cannot be emptied
        asyncpg.FeatureNotSupportedError,  # a column of a view that was reckoned
    ):
        return False
    except asyncpg.IntegrityConstraintViolationError:
        return True  # an empty row is not one, but it might have been written
    else:
        return True
    finally:
        await transaction.rollback()


DOORS: dict[tuple[str, str], set[str]] = {
    ("POST", "/v1/purchases"): {"publisher"},
    ("POST", "/v1/corrections"): {"publisher"},
    ("POST", "/v1/voids"): {"publisher"},
    ("POST", "/v1/pledges"): {"publisher"},
    ("POST", "/v1/events"): {"publisher"},
    ("POST", "/v1/files"): {"publisher"},
    ("GET", "/v1/files"): {"publisher"},
    ("GET", "/v1/files/template.{kind}"): {"publisher"},
    ("GET", "/v1/files/{file_id}"): {"publisher"},
    ("DELETE", "/v1/files/{file_id}"): {"publisher"},
    ("POST", "/v1/files/{file_id}/accept"): {"publisher"},
    ("GET", "/v1/files/{file_id}/rejected.xlsx"): {"publisher"},
    ("GET", "/v1/registry/sellers"): {"publisher", "reader"},
    ("GET", "/v1/registry/products"): {"publisher", "reader"},
    ("GET", "/v1/registry/units"): {"publisher", "reader"},
    ("GET", "/v1/pledges"): {"publisher", "reader"},
    ("GET", "/v1/purchases/{identity}"): {"publisher", "reader"},
    ("GET", "/v1/submissions"): {"publisher", "reader"},
    ("GET", "/v1/submissions/{source}/{reference}"): {"publisher", "reader"},
    ("GET", "/v1/lookup/{identity}"): {"publisher", "reader"},
    ("POST", "/v1/households"): {"puskesmas"},
    ("GET", "/v1/households"): {"puskesmas"},
    ("POST", "/v1/households/sheets"): {"puskesmas"},
    ("GET", "/v1/households/template.{kind}"): {"puskesmas"},
    ("PATCH", "/v1/households/{identity}"): {"puskesmas"},
    ("GET", "/v1/households/{identity}"): {"puskesmas"},
    ("GET", "/v1/households/{identity}/people"): {"puskesmas"},
    ("GET", "/v1/tasks"): {"team", "reader"},
    ("POST", "/v1/tasks/{task_id}/reports"): {"team"},
    ("GET", "/v1/tasks/{task_id}/door"): {"team"},
    ("GET", "/v1/tasks/{task_id}/custody"): {"team", "reader"},
    ("HEAD", "/v1/tasks/{task_id}/photos/{digest}"): {"team"},
    ("PATCH", "/v1/tasks/{task_id}/photos/{digest}"): {"team"},
    ("GET", "/v1/conflicts"): {"reader"},
    ("GET", "/v1/cases"): {"reader"},
    ("GET", "/v1/teams/{team}/devices"): {"team"},
    ("GET", "/v1/teams/{team}/pickups"): {"team"},
    ("DELETE", "/v1/teams/{team}/devices/{device}"): {"team"},
    ("POST", "/v1/households/{household_id}/page"): {"puskesmas"},
    ("GET", "/v1/stock"): {"warehouse", "reader"},
    ("GET", "/v1/stock/{lot_id}"): {"warehouse", "reader"},
    ("POST", "/v1/stock/adjustments"): {"warehouse"},
    ("GET", "/v1/trace/{identity}"): {"reader"},
    ("GET", "/v1/accounting"): {"reader"},
    ("GET", "/v1/rounds/{programme}/{round}"): {"reader"},
    ("GET", "/v1/rounds/{programme}/{round}/sheet"): {"reader"},
}


async def test_each_http_door_lets_in_the_roles_of_the_table_and_nobody_else(world: World) -> None:
    made = {role: await add(world, f"door-{role}", role, sources=("*",)) for role in ROLES}
    seen: dict[tuple[str, str], set[str]] = {}
    for service in (purchases.service, distribution.service, reporting.service):
        async with running(service(world.settings(open_doors=False))) as client:
            described = (await client.get("/openapi.json")).json()["paths"]
            for path, method in [(at, verb) for at, verbs in described.items() for verb in verbs]:
                address = path.replace("{reference}", "R").replace("{source}", "s").replace("{kind}", "csv")
                address = address.replace("{digest}", "0" * 64)
                for name in ("identity", "task_id", "file_id", "household_id", "lot_id", "device", "team"):
                    address = address.replace(f"{{{name}}}", str(UUID(int=1)))
                params, headers = (
                    {"unit_code": "X", "kelurahan": "X", "source": "s"},
                    {"Peduli-Team": "t", "Peduli-Source": "/s"},
                )
                nobody = await client.request(method, address, params=params, headers=headers)
                assert nobody.status_code == 401, (method, path)
                let_in = seen.setdefault((method.upper(), path), set())
                for role, one in made.items():
                    headers["Authorization"] = f"Bearer {one.token}"
                    answer = await client.request(method, address, params=params, headers=headers)
                    if answer.status_code not in (401, 403):
                        assert answer.status_code < 500, (method, path, role)
                        let_in.add(role)
    assert seen == DOORS

"""`peduli publisher`: who may tell Peduli something, with what, and until when."""

from __future__ import annotations

import asyncio
import re
import secrets
from collections.abc import AsyncIterator, Awaitable, Callable, Sequence
from contextlib import asynccontextmanager
from dataclasses import dataclass, replace
from datetime import timedelta
from typing import Any

from peduli.logins import KINDS, kelurahan_within
from peduli.prepare import loaded_cities
from shared.access.model import Role
from shared.access.store import queries
from shared.access.tokens import hash_of, new_token
from shared.clock import now
from shared.database.pool import Transaction, connect
from shared.errors import PeduliError
from shared.messaging import parking, topology, users
from shared.reference.model import Reference

SCHEMAS: dict[Role, tuple[str, ...]] = {
    "publisher": ("purchases",),
    "puskesmas": ("distribution",),
    "team": ("distribution",),
    "warehouse": ("distribution",),
    "reader": ("purchases", "distribution", "facts"),
}
NAME = r"[a-z0-9][a-z0-9-]{1,39}"  # a word of a routing key, and a part of names at the broker
EVERY_SCHEMA = SCHEMAS["reader"]
LANE_STOPS_SECONDS = 10.0
REQUESTS, REPORTS = 600, 600  # a minute: a program of forty doors needs a few


class PublisherError(PeduliError):
    """There is no such publisher."""


@dataclass(frozen=True)
class Operator:
    """An administrator's way to the database and the broker, and the city that it works for."""

    database_url: str
    amqp_url: str
    management_url: str
    tenant: str

    @asynccontextmanager
    async def database(self, schema: str = EVERY_SCHEMA[0]) -> AsyncIterator[Transaction]:
        """One transaction over the schemas of all services, which begins in `schema`."""
        connection = await connect(self.database_url, schema)
        try:
            async with connection.transaction():
                yield connection
        finally:
            await connection.close()


@dataclass(frozen=True)
class Secrets:
    """What is shown once: the token, and of who has a login at the broker that and its routing keys."""

    name: str
    token: str
    amqp_user: str = ""
    amqp_password: str = ""
    routing_keys: tuple[str, ...] = ()
    previous_until: str = ""


async def in_schemas(tx: Transaction, schemas: Sequence[str], act: Callable[[], Awaitable[Any]]) -> None:
    """The same in each of these schemas."""
    for schema in schemas:
        await tx.execute(f'set local search_path to "{schema}"')
        await act()


async def add(
    operator: Operator,
    name: str,
    role: Role,
    *,
    sources: Sequence[str],
    units: Sequence[str],
    requests_per_minute: int,
    purchases_per_minute: int,
    queue_length: int,
    with_login: bool = True,
) -> Secrets:
    """Let somebody new in. All or nothing: its row is committed when the broker knows it too.

    With a `queue_length` it has a queue at the broker, and a login unless an administrator speaks for it. Raises
    `PublisherError` for a name that was given before or cannot be one, and for units that the city has not.
    """
    if not re.fullmatch(NAME, name):
        raise PublisherError(f"{name} cannot be a name", hint="2-40 of a-z, 0-9 and -, not beginning with -")
    if not sources or not units:
        raise PublisherError(f"{name} needs a source and a unit", hint="`*` is all")
    city, made = await _city_with(operator, units), Secrets(name, new_token())
    rights = _rights(role, city, name, units) if queue_length else users.Rights()
    async with operator.database() as tx:
        if await _found(tx, operator.tenant, name):
            raise PublisherError(
                f"the name {name} was given before", hint="`rotate` renews a token; else choose another"
            )
        await in_schemas(
            tx,
            SCHEMAS[role],
            lambda: queries.append_principal(
                tx,
                tenant=operator.tenant,
                name=name,
                role=role,
                sources=list(sources),
                units=list(units),
                token_hash=hash_of(made.token),
                requests_per_minute=requests_per_minute,
                purchases_per_minute=purchases_per_minute,
                queue_length=queue_length,
                has_queue=queue_length > 0,
            ),
        )
        if queue_length:
            await topology.apply(operator.amqp_url, KINDS[role].topology(operator.tenant, name, queue_length))
            if with_login:
                made = await _login(operator, made, role, rights, generation=1)
    return made


async def _login(operator: Operator, made: Secrets, role: Role, rights: users.Rights, generation: int) -> Secrets:
    """Make somebody's login at the broker."""
    kind = KINDS[role]
    user, password = kind.user(operator.tenant, made.name, generation), secrets.token_urlsafe(24)
    await users.save(operator.management_url, user, password, rights)
    return replace(made, amqp_user=user, amqp_password=password, routing_keys=kind.keys(operator.tenant, made.name))


def _rights(role: Role, city: Reference, name: str, units: Sequence[str]) -> users.Rights:
    if KINDS[role].reads and not kelurahan_within(city, units):
        raise PublisherError(f"{name} has no kelurahan", hint="its units are codes of kelurahan: 32.76.06.1001")
    return KINDS[role].rights(city, name, units)


async def change(operator: Operator, name: str, **changes: Sequence[str] | int | None) -> dict[str, Any]:
    """Give it other sources, units or limits; what is None stays. The services follow within seconds, and a login
    that reads queues of its kelurahan at once.
    """
    given: dict[str, Any] = {field: value for field, value in changes.items() if value is not None}
    city = await _city_with(operator, given.get("units", ()))
    async with operator.database() as tx:
        row = await _claim(tx, operator.tenant, name)
        kept = {field: row[field] for field in ("sources", "units", "requests_per_minute", "purchases_per_minute")}
        now_so = {**kept, **given}
        await in_schemas(
            tx,
            SCHEMAS[row["role"]],
            lambda: queries.save_principal(tx, tenant=operator.tenant, name=name, **now_so),
        )
        if row["queue_length"] and KINDS[row["role"]].reads and list(now_so["units"]) != kept["units"]:
            rights = _rights(row["role"], city, name, now_so["units"])
            for generation in _generations(row):
                user = KINDS[row["role"]].user(operator.tenant, name, generation)
                await users.limit(operator.management_url, user, rights)
        return {**row, **now_so}


def _generations(row: dict[str, Any]) -> list[int]:
    """The logins that somebody has: two while a rotation is under way."""
    return [*([row["generation"] - 1] * (row["previous_until"] is not None)), row["generation"]]


async def login_team(
    operator: Operator, team: str, kelurahan: Sequence[str], *, queue_length: int, keep: timedelta
) -> Secrets:
    """A login that takes the tasks of these kelurahan and reports as this team alone, and its token.

    Typed again it makes others, and the ones before are good for `keep`. Raises `PublisherError` for a name that
    somebody else has, or that was revoked.
    """
    async with operator.database() as tx:
        row = await _found(tx, operator.tenant, team)
    if row is None:
        return await add(
            operator,
            team,
            "team",
            sources=[team],
            units=kelurahan,
            requests_per_minute=REQUESTS,
            purchases_per_minute=REPORTS,
            queue_length=queue_length,
        )
    if row["role"] != "team" or row["sources"] != [team]:
        raise PublisherError(f"{team} is the name of another", hint=f"`peduli publisher show {team}` shows of whom")
    await change(operator, team, units=kelurahan)
    if not row["queue_length"]:  # it had a token alone
        await topology.apply(operator.amqp_url, topology.of_team(operator.tenant, team, queue_length))
        async with operator.database("distribution") as tx:
            await queries.save_queue(tx, tenant=operator.tenant, name=team, queue_length=queue_length)
    return await rotate(operator, team, keep)


async def rotate(operator: Operator, name: str, keep: timedelta) -> Secrets:
    """A new token and a new login; the ones before are good for `keep`, so that the publisher need not stop.

    Of rotations still under way only the last one goes on.
    """
    city, token, at = await _city_with(operator, ()), new_token(), now()
    async with operator.database() as tx:
        row = await _claim(tx, operator.tenant, name)
        made = Secrets(name, token, previous_until=(at + keep).isoformat(timespec="seconds"))
        await in_schemas(
            tx,
            SCHEMAS[row["role"]],
            lambda: queries.save_token(
                tx, tenant=operator.tenant, name=name, token_hash=hash_of(token), previous_until=at + keep, now=at
            ),
        )
        if row["queue_length"]:
            if row["previous_until"] is not None:
                await _logout(operator, row, row["generation"] - 1)
            rights = _rights(row["role"], city, name, row["units"])
            made = await _login(operator, made, row["role"], rights, row["generation"] + 1)
    if not keep:
        await tidy(operator)
    return made


async def revoke(operator: Operator, name: str) -> str:
    """Take all access away, and close what is open. Returns what is left to be done; empty when nothing is.

    What the broker had confirmed is still applied: its queue goes when it is empty. Harmless when done before.
    """
    async with operator.database() as tx:
        row = await _claim(tx, operator.tenant, name, also_revoked=True)
        await in_schemas(
            tx, SCHEMAS[row["role"]], lambda: queries.save_revoked(tx, tenant=operator.tenant, name=name, now=now())
        )
    if not row["queue_length"]:
        return ""
    for generation in (row["generation"] - 1, row["generation"]):
        await _logout(operator, row, generation)
    return await _take_away(operator, row)


async def _logout(operator: Operator, row: dict[str, Any], generation: int) -> None:
    user = KINDS[row["role"]].user(operator.tenant, row["name"], generation)
    await users.remove(operator.management_url, user)


async def tidy(operator: Operator) -> list[str]:
    """End logins whose rotation is over, and take away queues of the revoked that are empty; returns what is left."""
    rows = [row for row in await listed(operator) if row["queue_length"]]
    for row in rows:
        if row["previous_until"] is None or row["previous_until"] > now():
            continue
        await _logout(operator, row, row["generation"] - 1)
        async with operator.database(KINDS[row["role"]].service) as tx:
            await queries.save_previous_ended(tx, tenant=operator.tenant, name=row["name"])
    revoked = [row for row in rows if row["revoked_at"] is not None]
    return [waits for row in revoked if (waits := await _take_away(operator, row))]


async def _take_away(operator: Operator, row: dict[str, Any]) -> str:
    """Delete the queue of a revoked publisher or team when all in it was applied; else say what it waits for."""
    tenant, name, kind = operator.tenant, row["name"], KINDS[row["role"]]
    queue = kind.queue(tenant, name)
    if await topology.look_at(operator.amqp_url, queue) is None:
        await _save_has_queue(operator, row, has_queue=False)
        return ""
    own = kind.topology(tenant, name, row["queue_length"])
    await topology.unbind(operator.amqp_url, (*own.bindings, *own.retired))
    if waits := await _waiting(operator, kind.service, queue):
        await _save_has_queue(operator, row, has_queue=True)
        return f"{waits}: when they are applied, `peduli publisher tidy` takes the queue {queue} away"
    await _save_has_queue(operator, row, has_queue=False)  # its lane stops, and gives back what it holds
    deadline = asyncio.get_running_loop().time() + LANE_STOPS_SECONDS
    while (seen := await topology.look_at(operator.amqp_url, queue)) and seen[1]:
        if asyncio.get_running_loop().time() > deadline:
            return f"the {kind.service} service still reads {queue}: `peduli publisher tidy` takes it away later"
        await asyncio.sleep(0.2)
    if seen and seen[0]:
        await _save_has_queue(operator, row, has_queue=True)
        return f"{seen[0]} messages wait in {queue}: `peduli publisher tidy` takes it away when they are applied"
    await topology.delete(operator.amqp_url, queue)
    return ""


async def _waiting(operator: Operator, schema: str, queue: str) -> str:
    """What is not applied yet of a queue: messages in it, and parked ones that a lane must try."""
    seen = await topology.look_at(operator.amqp_url, queue)
    if seen and seen[0]:
        return f"{seen[0]} messages wait"
    async with operator.database(schema) as tx:
        parked = await parking.queries.count_parked_of(tx, queue=queue)
    return f"{parked} messages are parked" if parked else ""


async def _save_has_queue(operator: Operator, row: dict[str, Any], *, has_queue: bool) -> None:
    async with operator.database(KINDS[row["role"]].service) as tx:
        await queries.save_has_queue(tx, tenant=operator.tenant, name=row["name"], has_queue=has_queue)


async def listed(operator: Operator) -> list[dict[str, Any]]:
    """Everybody who ever had access in this city, each once."""
    found: dict[str, dict[str, Any]] = {}
    async with operator.database() as tx:

        async def read() -> None:
            for row in await queries.list_principals(tx, tenant=operator.tenant):
                found.setdefault(row["name"], dict(row))

        await in_schemas(tx, EVERY_SCHEMA, read)
    return sorted(found.values(), key=lambda row: (row["role"], row["name"]))


async def show(operator: Operator, name: str) -> dict[str, Any]:
    """One of them; raises `PublisherError` when there is none."""
    async with operator.database() as tx:
        return await _claim(tx, operator.tenant, name, also_revoked=True)


async def queues(database_url: str, tenants: Sequence[str]) -> list[topology.Topology]:
    """What the publishers and teams of these cities need on the broker, for one that has lost it."""
    found = []
    for tenant in tenants:
        for row in await listed(Operator(database_url, "", "", tenant)):
            if row["has_queue"] and row["revoked_at"] is None:
                found.append(KINDS[row["role"]].topology(tenant, row["name"], row["queue_length"]))
    return found


async def _found(tx: Transaction, tenant: str, name: str) -> dict[str, Any] | None:
    """The first row of this name in any schema, held; the search path stays there."""
    for schema in EVERY_SCHEMA:
        await tx.execute(f'set local search_path to "{schema}"')
        row = await queries.claim_principal(tx, tenant=tenant, name=name)
        if row is not None:
            return dict(row)
    return None


async def _claim(tx: Transaction, tenant: str, name: str, *, also_revoked: bool = False) -> dict[str, Any]:
    row = await _found(tx, tenant, name)
    if row is None:
        raise PublisherError(f"nobody is called {name} in {tenant}", hint="`peduli publisher list` shows the names")
    if row["revoked_at"] is not None and not also_revoked:
        raise PublisherError(f"{name} was revoked", hint="a name is not given twice: add another")
    return row


async def _city_with(operator: Operator, units: Sequence[str]) -> Reference:
    """The city as it is loaded; raises `PublisherError` when there is none, or when it has not these units."""
    cities = {city.tenant: city for city in await loaded_cities(operator.database_url)}
    if operator.tenant not in cities:
        raise PublisherError(
            f"the city {operator.tenant} is not loaded", hint="`peduli city list` shows those that are"
        )
    city = cities[operator.tenant]
    unknown = [unit for unit in units if not unit.endswith("*") and unit not in city.units.keys() | city.regions.keys()]
    if unknown:
        raise PublisherError(
            f"unknown units: {', '.join(unknown)}", hint="codes as in units.csv, a beginning with *, or *"
        )
    return city

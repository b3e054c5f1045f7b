"""Brings a broker and a database to what the services expect: schemas, migrations, roles, topology."""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path

import services.distribution.tables as distribution
import services.purchases.cli.registry as registry_cli
import services.purchases.tables as purchases
import services.reporting.cli as reporting_cli
import services.reporting.tables as reporting
from shared.access import store as access
from shared.database import migrate, roles
from shared.database.pool import connect
from shared.messaging import topology
from shared.reference import store
from shared.reference.load import load
from shared.reference.model import Reference
from shared.reference.store import Cities

SHARED_MIGRATIONS = tuple(
    Path(file).parent / "migrations" for file in (topology.__file__, store.__file__, access.__file__)
)
SERVICES = {
    purchases.SCHEMA: purchases.MIGRATIONS,
    distribution.SCHEMA: distribution.MIGRATIONS,
    reporting.SCHEMA: reporting.MIGRATIONS,
}

REPORTING_MIGRATIONS = (*SHARED_MIGRATIONS, reporting.MIGRATIONS)
CITY_SCHEMAS = (distribution.SCHEMA, reporting.SCHEMA, purchases.SCHEMA)  # the door opens when all behind it are ready


async def prepare_database(admin_url: str, tenant: str, passwords: dict[str, str] | None = None) -> list[str]:
    """Apply each service's migrations in its schema; with `passwords` (by schema) also make its login role.

    Then load the city `tenant` from the data that comes with the code. Returns the files applied now. Harmless when
    everything is there already.
    """
    applied: list[str] = []
    for schema, folder in SERVICES.items():
        applied += [
            f"{schema}/{name}" for name in await migrate.migrate(admin_url, schema, [*SHARED_MIGRATIONS, folder])
        ]
        if schema == reporting.SCHEMA:
            await reporting_cli.publish_views(admin_url, "".join(file.read_text() for file in reporting.VIEWS))
        if passwords:
            await roles.ensure(
                admin_url,
                f"peduli_{schema}",
                passwords[schema],
                schema,
                reads=["reporting"] if schema == reporting.SCHEMA else [],
                logs=[purchases.SCHEMA, distribution.SCHEMA] if schema == reporting.SCHEMA else [],
            )
    await load_city(admin_url, load(tenant))
    return applied


async def load_city(admin_url: str, city: Reference) -> None:
    """Add a city, or bring its reference data to a new state, in the schema of every service. They need no restart."""
    for schema in CITY_SCHEMAS:
        connection = await connect(admin_url, schema)
        try:
            async with connection.transaction():
                if schema == purchases.SCHEMA:
                    await registry_cli.load_city(connection, city)
                else:
                    await store.save(connection, city)
        finally:
            await connection.close()


async def loaded_cities(admin_url: str) -> list[Reference]:
    """The cities that purchases are taken for."""
    connection = await connect(admin_url, purchases.SCHEMA)
    try:
        async with connection.transaction(isolation="repeatable_read", readonly=True):
            cities = Cities()
            await cities.refresh(connection)
            return cities.all()
    finally:
        await connection.close()


async def declare(amqp_url: str, cities: Sequence[Reference], *, shards: int) -> topology.Topology:
    """Declare every exchange, queue and binding of these cities; returns them. Those of others stay.

    `shards` is the setting: as many queues of events as the services consume.
    """
    made = topology.build({city.tenant: city.kelurahan for city in cities}, shards=shards)
    await topology.apply(amqp_url, made)
    return made


async def prepare_broker(amqp_url: str, *tenants: str, shards: int = 1) -> topology.Topology:
    """Declare what cities need whose data comes with the code."""
    return await declare(amqp_url, [load(tenant) for tenant in tenants], shards=shards)

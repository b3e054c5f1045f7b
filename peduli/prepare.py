"""Brings a broker and a database to what the services expect: schemas, migrations, roles, topology."""

from __future__ import annotations

from pathlib import Path

import services.distribution.app as distribution
import services.purchases.app as purchases
import services.reporting.app as reporting
import services.reporting.cli as reporting_cli
from shared.database import migrate, roles
from shared.messaging import topology
from shared.reference.load import load

SHARED_MIGRATIONS = Path(topology.__file__).parent / "migrations"
SERVICES = {
    purchases.SCHEMA: purchases.MIGRATIONS,
    distribution.SCHEMA: distribution.MIGRATIONS,
    reporting.SCHEMA: reporting.MIGRATIONS,
}

REPORTING_MIGRATIONS = (SHARED_MIGRATIONS, reporting.MIGRATIONS)


async def prepare_database(admin_url: str, tenant: str, passwords: dict[str, str] | None = None) -> list[str]:
    """Apply each service's migrations in its schema; with `passwords` (by schema) also make its login role.

    Returns the files applied now. Harmless when everything is there already.
    """
    applied: list[str] = []
    for schema, folder in SERVICES.items():
        applied += [
            f"{schema}/{name}" for name in await migrate.migrate(admin_url, schema, [SHARED_MIGRATIONS, folder])
        ]
        if schema == reporting.SCHEMA:
            await reporting_cli.publish_views(admin_url, tenant, reporting.VIEWS.read_text())
        if passwords:
            await roles.ensure(
                admin_url,
                f"peduli_{schema}",
                passwords[schema],
                schema,
                reads=["reporting"] if schema == reporting.SCHEMA else [],
            )
    return applied


async def prepare_broker(amqp_url: str, tenant: str) -> topology.Topology:
    """Declare every exchange, queue and binding of a city; returns them."""
    reference = load(tenant)
    kelurahan = [code for code, region in reference.regions.items() if region.level == "kelurahan"]
    made = topology.build(tenant, sorted(kelurahan))
    await topology.apply(amqp_url, made)
    return made

"""The terminal door of the distribution service: coordinators, and how they come in."""

from __future__ import annotations

import secrets

from services.distribution.usecases import coordinators
from shared.access import seats
from shared.clock import now
from shared.database.pool import Transaction
from shared.reference.model import Reference
from shared.reference.terminal import act_within

SERVICE = "distribution"


def add_coordinator(database_url: str, tenant: str, name: str, place: str) -> None:
    """Add a coordinator, or give him another place."""
    act_within(database_url, SERVICE, tenant, lambda tx, city: coordinators.add(tx, city, name, place))


def make_link(database_url: str, tenant: str, name: str) -> str:
    """The token of a one-time link for one device of a coordinator."""

    async def make(tx: Transaction, city: Reference) -> str:
        return await seats.make_link(tx, await coordinators.seat(tx, city, name), now=now())

    return act_within(database_url, SERVICE, tenant, make)


def set_pin(database_url: str, tenant: str, name: str, pin: str) -> str:
    """Give a coordinator this PIN, or one that is drawn; returns it."""
    given = pin or f"{secrets.randbelow(10**6):06}"

    async def give(tx: Transaction, city: Reference) -> None:
        await seats.set_pin(tx, await coordinators.seat(tx, city, name), given, now=now())

    act_within(database_url, SERVICE, tenant, give)
    return given


def revoke(database_url: str, tenant: str, name: str) -> None:
    """End every session, PIN and link of a coordinator."""

    async def end(tx: Transaction, city: Reference) -> None:
        await seats.revoke(tx, await coordinators.seat(tx, city, name), now=now())

    act_within(database_url, SERVICE, tenant, end)

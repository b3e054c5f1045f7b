"""The terminal door of the distribution service: teams that work with the field page."""

from __future__ import annotations

from collections.abc import Awaitable, Callable
from typing import Any, TypeVar
from uuid import UUID

from services.distribution.usecases import teams
from shared.clock import now
from shared.database.pool import Transaction
from shared.reference.model import Reference
from shared.reference.terminal import act_within

T = TypeVar("T")


def add_team(database_url: str, tenant: str, team: str, place: str, capacity: int) -> None:
    """Add a team, or give it another place or capacity."""
    _within(database_url, tenant, lambda tx, city: teams.add(tx, city, team, place, capacity))


def kelurahan_of(database_url: str, tenant: str, team: str) -> str:
    """The kelurahan whose queue a program of this team reads."""
    return _within(database_url, tenant, lambda tx, city: teams.kelurahan_of(tx, city, team))


def make_link(database_url: str, tenant: str, team: str) -> str:
    """The token of a one-time link for one device of a team."""
    return _within(database_url, tenant, lambda tx, city: teams.make_link(tx, city, team, now=now()))


def list_devices(database_url: str, tenant: str, team: str) -> list[dict[str, Any]]:
    """The devices of a team that are signed in, or can be with their own PIN."""
    rows = _within(database_url, tenant, lambda tx, city: teams.devices(tx, city, team, now=now()))
    return [dict(row) for row in rows]


def revoke(database_url: str, tenant: str, team: str, device: UUID | None) -> bool:
    """Cut off one device, or all of a team; False when there is no such device."""
    return _within(database_url, tenant, lambda tx, city: teams.revoke(tx, city, team, device, now=now()))


def _within(database_url: str, tenant: str, act: Callable[[Transaction, Reference], Awaitable[T]]) -> T:
    """`act` in a transaction of the service's database, with the city as it is loaded there."""
    return act_within(database_url, "distribution", tenant, act)

"""What publishers and field teams with a login have at the broker, by their role: a queue, keys and rights."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass

from shared.access.model import Role, Scope
from shared.messaging import topology, users
from shared.messaging.topology import Topology
from shared.messaging.users import Rights
from shared.reference.model import Reference


@dataclass(frozen=True)
class Kind:
    """One role's way to the broker. `reads` is whether the login also takes the tasks of its kelurahan."""

    service: str
    queue: Callable[[str, str], str]
    topology: Callable[[str, str, int], Topology]
    user: Callable[[str, str, int], str]
    tells: tuple[str, ...]
    reads: bool

    def keys(self, tenant: str, name: str) -> tuple[str, ...]:
        """The routing keys under which it speaks."""
        return tuple(f"{tenant}.{kind}.v1.{name}" for kind in self.tells)

    def rights(self, city: Reference, name: str, units: Sequence[str]) -> Rights:
        """What its login may do, for patterns of units as it has them."""
        if not self.reads:
            return users.of_publisher(city.tenant, name)
        return users.of_team(city.tenant, name, kelurahan_within(city, units))


def kelurahan_within(city: Reference, units: Sequence[str]) -> list[str]:
    """The kelurahan of a city that patterns of units mean."""
    scope = Scope((), tuple(units))
    return [code for code in city.kelurahan if scope.has_unit(code)]


KINDS: dict[Role, Kind] = {
    "publisher": Kind(
        service="purchases",
        queue=topology.publisher_queue,
        topology=topology.of_publisher,
        user=users.publisher_user,
        tells=("purchase.submitted", "purchase.correction_submitted", "purchase.void_submitted", "pledge.submitted"),
        reads=False,
    ),
    "team": Kind(
        service="distribution",
        queue=topology.team_queue,
        topology=topology.of_team,
        user=users.team_user,
        tells=tuple(f"task.{step}_submitted" for step in ("accept", "delivery", "handover", "failure", "return")),
        reads=True,
    ),
}

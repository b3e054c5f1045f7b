"""Who may speak at the doors, and of what: pure values."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Literal, get_args

from shared.contracts.reasons import Reason

Role = Literal["publisher", "puskesmas", "team", "warehouse", "reader"]
ROLES: tuple[Role, ...] = get_args(Role)


@dataclass(frozen=True)
class Scope:
    """What somebody may tell of. A pattern is an exact name, or a beginning with `*` behind it.

    `sources` are the names under which it speaks (for a field team: the name of the team), `units` are unit codes.
    """

    sources: tuple[str, ...]
    units: tuple[str, ...]

    def has_source(self, source: str) -> bool:
        return _matches(self.sources, source)

    def has_unit(self, unit: str) -> bool:
        return _matches(self.units, unit)

    @property
    def only_source(self) -> str:
        """The one name under which it speaks; empty when it must say which."""
        return self.sources[0] if len(self.sources) == 1 and not self.sources[0].endswith("*") else ""

    def outside(self, source: str, unit: object) -> list[Reason]:
        """Every reason why this is not its to tell; a unit that is no text is wrong in its form, and not here."""
        reasons = [] if self.has_source(source) else [Reason.of("SOURCE_NOT_YOURS", "source")]
        if isinstance(unit, str) and not self.has_unit(unit):
            reasons.append(Reason.of("UNIT_NOT_YOURS", "unit_code"))
        return reasons


EVERYTHING = Scope(("*",), ("*",))


@dataclass(frozen=True)
class Principal:
    """Somebody with a token. `generation` counts its logins at the broker; limits are per minute and process.

    `purchases_per_minute` are a field team's reports over the broker.
    """

    tenant: str
    name: str
    role: Role
    scope: Scope
    requests_per_minute: int
    purchases_per_minute: int
    generation: int
    has_queue: bool

    @property
    def key(self) -> tuple[str, str]:
        """Its name for ever: a name is one city's, and never given twice."""
        return self.tenant, self.name


def _matches(patterns: Sequence[str], name: str) -> bool:
    return any(name.startswith(pattern[:-1]) if pattern.endswith("*") else name == pattern for pattern in patterns)

"""Moral help: notes that anybody writes and a person reads first, calls to households, the protocol that was read.

Notes are shown; of calls and of the protocol only counts are told. Material help, packets, is counted apart.
"""

from __future__ import annotations

from dataclasses import dataclass
from datetime import date, datetime
from uuid import UUID

from services.distribution.domain.moral import MOST_WAITING, objection
from services.distribution.store.moral import queries
from services.distribution.usecases.coordinators import Coordinator
from services.distribution.usecases.teams import Team
from shared.database.pool import Transaction
from shared.ids import derived_id
from shared.reference.model import Reference


async def write(tx: Transaction, city: Reference, text: str, *, now: datetime) -> str:
    """Keep a note until a person reads it; answers the code of why not, else nothing. Of its writer nothing is kept."""
    plain = " ".join(text.split())
    refused = objection(plain)
    if refused:
        return refused
    note_id = derived_id("note", city.tenant, plain.casefold())
    of = {"tenant": city.tenant, "note_id": note_id, "text": plain}
    kept = await queries.append_note(tx, **of, most=MOST_WAITING, now=now)
    return "" if kept else "TOO_MANY"


async def decide(tx: Transaction, who: Coordinator, note_id: UUID, *, is_shown: bool, now: datetime) -> bool:
    """Show a note to households, or to nobody; False when it was read before."""
    of = {"tenant": who.tenant, "note_id": note_id, "decided_by": who.name}
    return await queries.save_read(tx, **of, is_shown=is_shown, now=now) is not None


@dataclass(frozen=True)
class Protocol:
    """What volunteers acknowledge on a day: the city's rule in that version; none in force is version 0."""

    day: date
    period: str
    version: int

    @property
    def stamp(self) -> str:
        """What a device remembers of it."""
        return f"{self.day.isoformat()}.{self.period}.{self.version}"


def protocol_of(city: Reference, now: datetime) -> Protocol:
    """The protocol of today."""
    ppkm = city.ppkm_at(now)
    return Protocol(city.date_of(now), ppkm.period if ppkm else "", ppkm.version if ppkm else 0)


async def acknowledge(tx: Transaction, team: Team, told: Protocol) -> None:
    """Count that the protocol was acknowledged in a team's place; of whom, nothing is kept."""
    of = {"tenant": team.tenant, "place": team.place, "day": told.day}
    await queries.append_acknowledgement(tx, **of, period=told.period, version=told.version)

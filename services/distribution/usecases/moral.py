"""Notes for households: anybody writes one, a word list and then a person reads it, and a household sees it."""

from __future__ import annotations

from datetime import datetime
from uuid import UUID

from services.distribution.domain.moral import MOST_WAITING, objection
from services.distribution.store.moral import queries
from services.distribution.usecases.coordinators import Coordinator
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

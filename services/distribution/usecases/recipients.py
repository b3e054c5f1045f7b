"""Once a week it is told how much came to warga and how much to aparatur; of a household nobody is told."""

from __future__ import annotations

from datetime import datetime, timedelta

from services.distribution.domain.recipients import count
from services.distribution.store.recipients import load_uncounted, queries
from services.distribution.usecases.telling import Book
from shared.contracts.recipients import RecipientsCounted
from shared.database.pool import Transaction
from shared.ids import derived_id
from shared.reference.model import Reference
from shared.reference.week import round_of

GRACE = timedelta(hours=1)  # a report that came before midnight may still be in its transaction


async def count_recipients(tx: Transaction, *, city: Reference, now: datetime) -> int:
    """Tell of the weeks that are over, of every programme, where the groups are large enough; how many counts."""
    if not await queries.claim_counting(tx, tenant=city.tenant):
        return 0
    book, today = Book(city.tenant, now), city.date_of(now - GRACE)
    for programme in sorted(city.programmes):
        of = {"tenant": city.tenant, "programme": programme}
        for found in count(await load_uncounted(tx, city, programme, round_of(today)), today):
            count_id = derived_id("recipients", city.tenant, programme, found.first.isoformat())
            await queries.append_count(tx, **of, first=found.first, last=found.last, count_id=count_id, now=now)
            told = RecipientsCounted(count_id=count_id, programme=programme, **found._asdict())
            book.tell(told, count_id, 1, count_id)
    counts = len(book.events)
    await book.write(tx)
    return counts

"""What nobody asks for any more goes, a little at a time; the log of events stays."""

from __future__ import annotations

from datetime import datetime, timedelta

from shared.database.pool import Pool
from shared.messaging import inbox, parking

KEEP = timedelta(days=90)  # so long a resend is known by its id; by its version for ever
STEP = 1000  # rows in one transaction


async def prune(pool: Pool, now: datetime) -> bool:
    """Delete at most `STEP` rows each of the inbox and of settled parked messages; True when there may be more."""
    before = now - KEEP
    applied = await inbox.queries.delete_old_events(pool, before=before, most=STEP)
    settled = await parking.queries.delete_old(pool, before=before, most=STEP)
    return bool(max(applied, settled) == STEP)

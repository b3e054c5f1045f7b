"""Tries parked messages again when they are due, each in a transaction of its own (messaging.md §5.5)."""

from __future__ import annotations

import asyncio
from uuid import UUID

import structlog

from shared.database.pool import Row
from shared.messaging import inbox, parking
from shared.messaging.applier import Applier, read, reason_of

log = structlog.get_logger()
EVERY_SECONDS = 1.0


class Retrier:
    """The second way into a lane: its parked messages."""

    def __init__(self, applier: Applier) -> None:
        self._applier = applier

    async def run(self, stop: asyncio.Event) -> None:
        """Look for due messages each second until `stop`; an outage only delays them."""
        while not stop.is_set():
            try:
                more = await self.run_once()
            except Exception as error:
                more = 0
                log.warning("retrier_interrupted", queue=self._applier.lane.queue, error=type(error).__name__)
            if not more:
                try:
                    await asyncio.wait_for(stop.wait(), EVERY_SECONDS)
                except TimeoutError:
                    continue

    async def run_once(self) -> int:
        """Try what is due now; returns how many were settled."""
        applier = self._applier
        due = await parking.queries.list_due(applier.pool, queue=applier.lane.queue, now=applier.clock())
        return sum([await self._try(row) for row in due])

    async def _try(self, row: Row) -> bool:
        """One try, written down before it begins: a message that ends the process, or always fails, has its turn and
        no more than that. True when it is settled.
        """
        pool, clock = self._applier.pool, self._applier.clock
        parked_id, attempts = row["parked_id"], row["attempts"] + 1
        later = parking.next_try(row["reason"], attempts, clock(), str(parked_id))
        if not await parking.queries.claim_try(pool, parked_id=parked_id, attempts=row["attempts"], retry_at=later):
            return False
        try:
            reason = await self._settle(parked_id)
        except Exception as error:  # without the database `save_failed` raises too, and the try written down stands
            reason = reason_of(error)
        if reason:
            due = parking.due_at(reason, attempts, clock(), str(parked_id))
            await parking.queries.save_failed(pool, parked_id=parked_id, retry_at=due, reason=reason)
        return not reason

    async def _settle(self, parked_id: UUID) -> str:
        """Apply a parked message and say so in its row, in one transaction; returns why it cannot be, or nothing."""
        lane = self._applier.lane
        async with self._applier.pool.acquire() as tx, tx.transaction():
            if lane.ordered:  # the lane's lock, then the row, as a discard does
                await inbox.queries.claim_queue(tx, queue=lane.queue)
            row = await parking.queries.claim_parked(tx, parked_id=parked_id)
            if row is None:  # discarded a moment ago
                return ""
            opened = parking.reopen(row, self._applier.seal_key)
            message = read(opened.routing_key, opened.headers, opened.content_type, opened.body)
            if fault := self._applier.fault(message):
                return fault
            if await self._applier.effect(tx, [message]):
                return parking.WAITING
            await parking.queries.save_applied(tx, parked_id=parked_id)
            return ""

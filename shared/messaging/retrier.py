"""Tries parked messages again when they are due, each in a transaction of its own (messaging.md §5.5)."""

from __future__ import annotations

import asyncio

import structlog

from shared.clock import now
from shared.database.pool import Row, Transaction
from shared.database.transient import is_transient
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
        """Try what is due now; returns how many were applied."""
        queue, applied = self._applier.lane.queue, 0
        async with self._applier.pool.acquire() as connection:
            if not await parking.queries.has_due(connection, queue=queue, now=now()):
                return 0  # without a lock: the lane is not to wait for nothing
            async with connection.transaction():
                if self._applier.lane.ordered:  # the lane's lock, then its rows: the lane wakes them in this order too
                    await inbox.queries.claim_queue(connection, queue=queue)
                for row in await parking.queries.claim_due(connection, queue=queue, now=now()):
                    applied += await self._try(connection, row)
        return applied

    async def _try(self, tx: Transaction, row: Row) -> int:
        try:
            opened = parking.reopen(row, self._applier.seal_key)
            message = read(opened.routing_key, opened.headers, opened.content_type, opened.body)
            reason = self._applier.fault(message)
            if not reason:
                async with tx.transaction():
                    if not await self._applier.effect(tx, [message]):
                        await parking.queries.save_applied(tx, parked_id=row["parked_id"])
                        return 1
                    reason = parking.WAITING
        except Exception as error:
            if is_transient(error):
                raise
            reason = reason_of(error)
        retry_at = (
            parking.first_try(reason, now(), "")
            if reason in (parking.WAITING, parking.UNREADABLE, parking.WRONG_TENANT)
            else parking.next_try(row["attempts"] + 1, now(), str(row["parked_id"]))
        )
        await parking.queries.save_tried(tx, parked_id=row["parked_id"], retry_at=retry_at, reason=reason)
        return 0

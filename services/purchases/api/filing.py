"""The hand that works on uploaded files, beside the requests: reads in a thread, judges in turns, records in parts."""

from __future__ import annotations

import asyncio
from collections.abc import Callable, Sequence
from datetime import datetime

import structlog

from services.purchases.usecases import files
from services.purchases.usecases.files import Told, Work
from services.purchases.usecases.judging import Keys, Verdict
from services.purchases.usecases.receive import Answer, Sent
from shared.database.pool import Pool
from shared.database.transient import is_transient
from shared.reference.store import Cities
from shared.sheets.faults import Wrong
from shared.web.grouping import Grouper

log = structlog.get_logger()


class Filing:
    """Brings files on, one after the other; whatever step a kill met is done again, and has its effect once."""

    def __init__(
        self, cities: Cities, keys: Keys, grouper: Grouper[Sent, Answer], clock: Callable[[], datetime]
    ) -> None:
        self._cities = cities
        self._keys = keys
        self._grouper = grouper
        self._now = clock

    async def once(self, pool: Pool) -> bool:
        """Bring one file a step further: read, judge or record it; False when none has work to do."""
        async with pool.acquire() as connection:  # one statement: nearly always there is nothing
            claimed = await files.claim(connection, self._now())
        if claimed is None:
            return False
        work, sealed = claimed
        try:
            if work.status == "received":
                await self._read(pool, work, sealed)
            elif work.status == "read":
                await self._judge(pool, work)
            else:
                await self._record(pool, work)
        except Exception as error:
            if is_transient(error):
                raise  # its lease ends, and then it is tried again
            log.error("file_given_up", file=str(work.file_id), error=type(error).__name__)
            async with pool.acquire() as tx, tx.transaction():
                await files.give_up(tx, work)
        else:
            async with pool.acquire() as tx, tx.transaction():
                await files.lay_down(tx, work, self._now())
        return True

    async def _read(self, pool: Pool, work: Work, sealed: bytes) -> None:
        city = self._cities[work.tenant]
        contents = await asyncio.to_thread(files.open_contents, work, sealed, city, self._keys)
        async with pool.acquire() as tx, tx.transaction():
            await files.keep(tx, work, contents)

    async def _judge(self, pool: Pool, work: Work) -> None:
        part: list[tuple[Told, Verdict | None, list[Wrong]]] = []
        async with pool.acquire() as reader, reader.transaction(isolation="repeatable_read", readonly=True):
            async for judged in files.judge(reader, work, cities=self._cities, keys=self._keys, now=self._now()):
                part.append(judged)
                if len(part) == files.PART:
                    await self._note(pool, work, part)
                    part = []
        await self._note(pool, work, part)
        async with pool.acquire() as tx, tx.transaction():
            await files.finish(tx, work, "read", "previewed")

    async def _note(self, pool: Pool, work: Work, part: Sequence[tuple[Told, Verdict | None, list[Wrong]]]) -> None:
        async with pool.acquire() as tx, tx.transaction():
            await files.note_preview(tx, work, part, self._cities[work.tenant], self._now())

    async def _record(self, pool: Pool, work: Work) -> None:
        """While a part is recorded, the next one is fetched, and what became of the last one is written down."""
        answered: list[tuple[Told, Answer]] = []
        due = await self._due(pool, work, after=0)
        while due or answered:
            recorded, following, _ = await asyncio.gather(
                asyncio.gather(*(self._tell(lane) for lane in files.lanes(due))),
                self._due(pool, work, after=(due or answered)[-1][0].number),
                self._note_results(pool, work, answered),
            )
            answered = sorted((each for lane in recorded for each in lane), key=lambda each: each[0].number)
            due = following
        async with pool.acquire() as tx, tx.transaction():
            await files.finish(tx, work, "accepting", "accepted")

    async def _tell(self, lane: Sequence[tuple[Told, Sent]]) -> list[tuple[Told, Answer]]:
        answers = await self._grouper.ask([sent for _, sent in lane])
        return [(told, answer) for (told, _), answer in zip(lane, answers, strict=True)]

    async def _due(self, pool: Pool, work: Work, *, after: int) -> list[tuple[Told, Sent]]:
        async with pool.acquire() as tx:
            return await files.list_due(tx, work, self._keys, after=after)

    async def _note_results(self, pool: Pool, work: Work, answered: Sequence[tuple[Told, Answer]]) -> None:
        async with pool.acquire() as tx, tx.transaction():
            await files.note_results(tx, work, answered, self._now())

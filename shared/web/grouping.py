"""Group commit: requests that come within a few milliseconds share a transaction, and each is answered after it.

While one transaction commits, those who come meanwhile are the next one; the first of them lingers for a moment. Those
who were answered together come again together: hands that are free share them, for in one transaction all of them would
wait for the database, and nobody would have work.
"""

from __future__ import annotations

import asyncio
import math
from collections import deque
from collections.abc import Awaitable, Callable, Iterable, Sequence
from dataclasses import dataclass
from typing import Generic, TypeVar

import structlog

from shared.database.pool import Pool, Transaction
from shared.database.transient import StoppingError, is_race, is_transient

log = structlog.get_logger()
Item = TypeVar("Item")
Answer = TypeVar("Answer")

MOST = 1000  # items of one transaction
LINGER_SECONDS = 0.003  # half a commit: with twice the company, an item costs a third less
TRIES = 4  # of a group that another transaction was faster than


@dataclass(frozen=True)
class _Waiting(Generic[Item, Answer]):
    item: Item
    answer: asyncio.Future[Answer]


class Grouper(Generic[Item, Answer]):
    """Brings items of many requests to one use case, `act`, in the order in which they came.

    `refuse` answers an item that fails whatever is tried: it must not fail its neighbours.
    """

    def __init__(
        self,
        act: Callable[[Transaction, Sequence[Item]], Awaitable[Sequence[Answer]]],
        refuse: Callable[[Item], Answer],
    ) -> None:
        self._act = act
        self._refuse = refuse
        self._queue: deque[list[_Waiting[Item, Answer]]] = deque()  # of each request its items
        self._came = asyncio.Event()
        self._free = 0  # hands: runs that have no group
        self._stopped = False

    async def ask(self, items: Sequence[Item]) -> list[Answer]:
        """The answers to `items`, in order, each after its commit. Who stops waiting takes nothing back.

        Raises `StoppingError`, or another transient error of the database: then nothing is told of these items, and
        they may be sent again.
        """
        if self._stopped:
            raise StoppingError
        loop = asyncio.get_running_loop()
        waiting = [_Waiting[Item, Answer](item, loop.create_future()) for item in items]
        self._queue.append(waiting)
        self._came.set()
        if len(waiting) == 1:
            return [await waiting[0].answer]
        found = await asyncio.gather(*(each.answer for each in waiting), return_exceptions=True)
        for answer in found:
            if isinstance(answer, BaseException):
                raise answer
        return found  # type: ignore[return-value]  # no exception is left among them

    async def run(self, pool: Pool, stop: asyncio.Event) -> None:
        """Serve until `stop`, then those who wait already; who comes later is told to come again. Several may run."""
        waker = asyncio.create_task(stop.wait())
        waker.add_done_callback(lambda _: self._came.set())
        self._free += 1
        try:
            while self._queue or not stop.is_set():
                if not self._queue:
                    self._came.clear()
                    await self._came.wait()
                    continue
                if not stop.is_set():
                    await asyncio.sleep(LINGER_SECONDS)
                if group := self._share():
                    self._free -= 1
                    try:
                        await self._settle(pool, group)
                    finally:
                        self._free += 1
        finally:
            self._free -= 1
            self._stopped = True
            waker.cancel()
            for waiting in self._queue:
                _fail(waiting, StoppingError())
            self._queue.clear()

    def _share(self) -> list[_Waiting[Item, Answer]]:
        """A free hand's share of those who wait; the items of one request stay together, and in their order."""
        most = min(MOST, math.ceil(sum(map(len, self._queue)) / self._free))
        group: list[_Waiting[Item, Answer]] = []
        while self._queue and (not group or len(group) + len(self._queue[0]) <= most):
            group += self._queue.popleft()
        return group

    async def _settle(self, pool: Pool, group: Sequence[_Waiting[Item, Answer]]) -> None:
        """Answer every item of the group, halving it until one that fails by itself stands alone."""
        try:
            answers = await self._commit(pool, [each.item for each in group])
        except asyncio.CancelledError:
            _fail(group, StoppingError())
            raise
        except Exception as error:
            if is_transient(error):
                _fail(group, error)
            elif len(group) == 1:
                log.error("item_refused", error=type(error).__name__)
                _answer(group, [self._refuse(group[0].item)])
            else:
                middle = len(group) // 2
                await self._settle(pool, group[:middle])
                await self._settle(pool, group[middle:])
        else:
            _answer(group, answers)

    async def _commit(self, pool: Pool, items: Sequence[Item]) -> Sequence[Answer]:
        for left in reversed(range(TRIES)):
            try:
                async with pool.acquire() as tx, tx.transaction():
                    return await self._act(tx, items)
            except Exception as error:
                if not (left and is_race(error)):
                    raise
        raise AssertionError  # the last try returns or raises


def _answer(group: Sequence[_Waiting[Item, Answer]], answers: Sequence[Answer]) -> None:
    for each, answer in zip(group, answers, strict=True):
        if not each.answer.done():  # its request may have gone
            each.answer.set_result(answer)


def _fail(group: Iterable[_Waiting[Item, Answer]], error: Exception) -> None:
    for each in group:
        if not each.answer.done():
            each.answer.set_exception(error)

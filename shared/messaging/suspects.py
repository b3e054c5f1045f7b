"""Messages that may have killed their process: how many of them run at once, and when one is given up (ADR 6).

What came again was in hand when a process ended. It is written down before it runs once more, and struck out when it
is done: so whoever is still written down then was in hand at that death too, and runs among fewer.
"""

from __future__ import annotations

import itertools
from collections.abc import Callable, Iterator, Sequence
from typing import TypeVar

Item = TypeVar("Item")

FEW = 50  # a killer hides among them for one more death; four thousand innocents cost eighty transactions, not 4,000
ALONE_AFTER, PARK_AFTER = 2, 7  # a process may die of other things, and on a quiet queue a message is alone by nature


def groups(items: Sequence[Item], attempts: Callable[[Item], int]) -> Iterator[Sequence[Item]]:
    """What runs together, in order; `attempts` says at how many deaths an item was written down."""
    for width, run in itertools.groupby(items, key=lambda item: _width(attempts(item), len(items))):
        together = list(run)
        for start in range(0, len(together), width):
            yield together[start : start + width]


def _width(attempts: int, whole: int) -> int:
    if attempts >= ALONE_AFTER:
        return 1
    return FEW if attempts else whole

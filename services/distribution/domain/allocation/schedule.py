"""Who can wait: with goods that are expected, those whose last chance comes first go first, and more are reached.

Scheduling with deadlines: households are accepted in the order of their persons as long as all that are accepted can
still be served before their last chance, from what is in stock and what the last days brought a day. The accepted are
served by their deadline. It is a matroid too, so what is accepted has the most persons that this supply can serve.
Larger households that will fall ill meanwhile are counted as if they were there: they would come before a smaller one.
"""

from __future__ import annotations

from collections.abc import Sequence
from datetime import datetime, timedelta

from services.distribution.domain.allocation.packing import Draft
from services.distribution.domain.allocation.snapshot import Rules

HORIZON = 14  # days; no isolation of 2021 is longer
LARGEST = 8  # households of more persons count as of so many
LEARNS_FROM = timedelta(days=7)
DAY = timedelta(days=1)


def a_day(packets: int, first: datetime | None, now: datetime) -> float:
    """What a day brings, by the packets of the last week, the earliest of them made at `first`.

    A call of three days is judged by three days, not by a week: else those who can wait would be taken for lost.
    """
    return packets / (max(DAY, min(now - first, LEARNS_FROM)) / DAY) if first is not None else 0.0


def schedule(drafts: Sequence[Draft], pieces: int, packets_a_day: float, rules: Rules, now: datetime) -> None:
    """Mark the drafts of households that have nothing; without an expected supply nobody is asked to wait.

    `pieces` are in stock; `is_within_reach` and `last_chance` (days from now) are set.
    """
    if packets_a_day <= 0:
        return
    net = [packets_a_day - newcomers for newcomers in _newcomers(drafts, now)]
    ride = timedelta(hours=rules.same_kelurahan_hours)
    taken = [0] * HORIZON  # by each day
    first = [draft for draft in drafts if draft.household.has_nothing]
    for draft in sorted(first, key=lambda draft: (-draft.household.size, draft.tie)):
        size = min(draft.household.size, LARGEST)
        left = (draft.household.isolation_until - ride - now) // DAY
        last = min(max(left, 0), HORIZON - 1)
        if all(taken[day] < pieces + net[size] * day for day in range(last, HORIZON)):
            taken[last:] = [count + 1 for count in taken[last:]]
            draft.is_within_reach, draft.last_chance = True, last


def _newcomers(drafts: Sequence[Draft], now: datetime) -> list[float]:
    """Households a day that begin their isolation with so many persons or more, in the last week: they come first."""
    counts = [0] * (LARGEST + 1)
    for draft in drafts:
        if now - draft.household.isolation_from <= LEARNS_FROM:
            counts[min(draft.household.size, LARGEST)] += 1
    return [sum(counts[size:]) / LEARNS_FROM.days for size in range(LARGEST + 1)]

"""Where a unit stands among units of its kind, and what would lift it."""

from __future__ import annotations

from collections.abc import Sequence
from typing import NamedTuple


class Standing(NamedTuple):
    """Buyers among the ASN of a unit."""

    buyers: int
    headcount: int

    def is_below(self, other: Standing) -> bool:
        """True when the other's share is larger; shares are compared as fractions, without rounding."""
        return self.buyers * other.headcount < other.buyers * self.headcount


def buyers_to_rise(mine: Standing, others: Sequence[Standing]) -> int | None:
    """How many more ASN must buy to pass the next better unit, or to draw level with one where everybody bought.

    None when nobody is better, or the unit has no ASN.
    """
    better = [other for other in others if other.headcount and mine.is_below(other)]
    if not better or not mine.headcount:
        return None
    following = min(better, key=lambda other: other.buyers / other.headcount)
    passing = following.buyers * mine.headcount // following.headcount + 1
    return min(passing, mine.headcount) - mine.buyers

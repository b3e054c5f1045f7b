"""Small counts stay hidden: few packets in a place are few households, and somebody knows them.

The published views hide them (`facts.shown`), for whoever reads. Only reports that were issued before hold every count:
`hide_small_in` hides theirs when they are written again.
"""

from __future__ import annotations

from collections.abc import Sequence
from typing import NamedTuple

from shared.contracts.recipients import FEWEST


class Shown(NamedTuple):
    """Counts as they may be shown beside their total; None is hidden."""

    cells: list[int | None]
    total: int | None


def sum_of(cells: Sequence[int | None]) -> int | None:
    """The sum of cells as a view shows them; hidden as soon as one of them is."""
    return None if None in cells else sum(cell or 0 for cell in cells)


def hide_small(counts: Sequence[int]) -> Shown:
    """Hide every count from 1 to 4, and so many of the next larger ones that the total gives none away.

    A zero is shown: it is about nobody. The total is hidden where it is small itself.
    """
    hidden = {place for place, count in enumerate(counts) if 0 < count < FEWEST}
    if len(hidden) == 1:
        others = [place for place, count in enumerate(counts) if count >= FEWEST]
        hidden.update(sorted(others, key=lambda place: counts[place])[:1])
    total = sum(counts)
    return Shown(
        [None if place in hidden else count for place, count in enumerate(counts)],
        None if 0 < total < FEWEST else total,
    )


def hide_small_in(groups: Sequence[Sequence[int]]) -> list[Shown]:
    """The same for the places of each group, where the total of all groups is known as well.

    Where one total alone is hidden, the next larger one is hidden with it, and a place below it.
    """
    shown = [hide_small(counts) for counts in groups]
    others = [place for place, group in enumerate(shown) if group.total]
    if sum(group.total is None for group in shown) == 1 and others:
        least = min(others, key=lambda place: shown[place].total or 0)
        cells = list(shown[least].cells)
        if None not in cells:
            cells[min((place for place, cell in enumerate(cells) if cell), key=lambda place: cells[place] or 0)] = None
        shown[least] = Shown(cells, None)
    return shown

"""Small counts stay hidden: few packets in a place are few households, and somebody knows them."""

from __future__ import annotations

from collections.abc import Sequence
from typing import NamedTuple

FEWEST = 5  # households that a number may be about


class Shown(NamedTuple):
    """Counts as they may be shown beside their total; None is hidden."""

    cells: list[int | None]
    total: int | None


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

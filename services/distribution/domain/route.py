"""In which order a team walks its doors: by RW, within an RW to the nearest next one, and a house in one trip."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from itertools import groupby
from uuid import UUID

from services.distribution.domain.distance import kilometres

REACH_KM = 5  # from the centre of the nearest kelurahan: farther is no door of the city


@dataclass(frozen=True)
class Stop:
    """A door. `position`: WGS 84 degrees (lat, lon), where somebody told it; `house` is equal for families who live in
    one, and empty where it is not known.
    """

    task_id: UUID
    rw: int | None
    position: tuple[float, float] | None = None
    house: str = ""


def is_outside(position: tuple[float, float], centres: Iterable[tuple[float, float]]) -> bool:
    """Whether a position is out of the city, which is told by the centres of its kelurahan."""
    return all(kilometres(position, centre) > REACH_KM for centre in centres)


def in_order(stops: Iterable[Stop]) -> list[Stop]:
    """The doors as they are walked: RW by RW (those without one last), each from where the last one ended.

    The families of a house come one after the other, whatever RW each of them told, so that one trip serves them.
    Doors without a position come after the others of their RW, in a fixed order.
    """
    walked: list[Stop] = []
    for _, group in groupby(sorted(_houses(stops), key=_rank), key=_rank):
        left = list(group)
        while left:
            here = _position(walked[::-1])
            nearest = min(left, key=lambda house: (*_distance(here, _position(house)), house[0].task_id))
            left.remove(nearest)
            walked += nearest
    return walked


def _houses(stops: Iterable[Stop]) -> list[list[Stop]]:
    """The doors of each house, in a fixed order; a door of no known house is one by itself."""
    found: defaultdict[str | UUID, list[Stop]] = defaultdict(list)
    for stop in sorted(stops, key=lambda stop: stop.task_id):
        found[stop.house or stop.task_id].append(stop)
    return list(found.values())


def _rank(house: Sequence[Stop]) -> tuple[bool, int]:
    return min((stop.rw is None, stop.rw or 0) for stop in house)


def _position(stops: Iterable[Stop]) -> tuple[float, float] | None:
    """Where the first of these doors is that has a position."""
    return next((stop.position for stop in stops if stop.position), None)


def _distance(here: tuple[float, float] | None, there: tuple[float, float] | None) -> tuple[bool, float]:
    """Kilometres as the crow flies; without two positions there is no distance."""
    if there is None:
        return True, 0.0
    if here is None:
        return False, 0.0
    return False, kilometres(here, there)

"""In which order a team walks its doors: by RW, and within an RW to the nearest next one."""

from __future__ import annotations

import math
from collections.abc import Iterable
from dataclasses import dataclass
from itertools import groupby
from uuid import UUID

KM_OF_A_DEGREE = 111.2


@dataclass(frozen=True)
class Stop:
    """A door. `position`: WGS 84 degrees (lat, lon), where somebody told it."""

    task_id: UUID
    rw: int | None
    position: tuple[float, float] | None = None


def in_order(stops: Iterable[Stop]) -> list[Stop]:
    """The doors as they are walked: RW by RW (those without one last), each from where the last one ended.

    Doors without a position come after the others of their RW, in a fixed order.
    """
    walked: list[Stop] = []
    for _, group in groupby(sorted(stops, key=_rank), key=lambda stop: stop.rw):
        left = list(group)
        while left:
            here = next((stop.position for stop in reversed(walked) if stop.position), None)
            nearest = min(left, key=lambda stop: (*_distance(here, stop.position), stop.task_id))
            left.remove(nearest)
            walked.append(nearest)
    return walked


def _rank(stop: Stop) -> tuple[bool, int]:
    return stop.rw is None, stop.rw or 0


def _distance(here: tuple[float, float] | None, there: tuple[float, float] | None) -> tuple[bool, float]:
    """Kilometres as the crow flies, good within a city; without two positions there is no distance."""
    if there is None:
        return True, 0.0
    if here is None:
        return False, 0.0
    north = (there[0] - here[0]) * KM_OF_A_DEGREE
    east = (there[1] - here[1]) * KM_OF_A_DEGREE * math.cos(math.radians(here[0]))
    return False, math.hypot(north, east)

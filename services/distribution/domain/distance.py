"""How far two points of one city are from each other."""

from __future__ import annotations

from math import cos, hypot, radians

KM_PER_DEGREE = 111.2


def kilometres(a: tuple[float, float], b: tuple[float, float]) -> float:
    """Between two (lat, lon) in degrees of WGS 84, as the crow flies; good within a city."""
    return KM_PER_DEGREE * hypot((a[1] - b[1]) * cos(radians(a[0])), a[0] - b[0])

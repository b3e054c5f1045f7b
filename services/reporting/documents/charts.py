"""Charts as inline SVG: every axis begins at zero, units are written, and colour is never the only sign.

Colours come from classes of the style sheet, so that dark mode and print have their own. See ADR 13 for why not a
library.
"""

from __future__ import annotations

import math
from collections.abc import Mapping, Sequence
from datetime import date, timedelta
from typing import NamedTuple

from markupsafe import Markup

from shared.web.formats import MONTHS, number

WIDTH, HEIGHT = 340, 170  # of a column chart, in its own units: at this width its letters are 11 px high
LEFT, TOP, BOTTOM = 46, 20, 18
MAP_SIZE, MAP_EDGE = 340, 20
LARGEST, SMALLEST = 16.0, 2.5  # radius of a bubble
ON_PAPER = """text { font: 11px "Libertinus Serif"; fill: #333 } .fill { fill: #196bcd } .grid { stroke: #ccc }
.map .fill { fill-opacity: .75; stroke: #fff } .none { fill: none; stroke: #777; stroke-width: 1.5 }"""


class Column(NamedTuple):
    """One column: the word below it, and its height."""

    label: str
    value: int


class Place(NamedTuple):
    """A kelurahan on the map in WGS 84 degrees, and its value; None is hidden, because it is about few."""

    name: str
    lat: float
    lon: float
    value: int | None


def gauge(value: float, whole: float) -> Markup:
    """A bar from zero: `value` of `whole`. It stands beside its number, so it is silent for who listens."""
    share = 100 * min(max(value / whole, 0), 1) if whole else 0
    return Markup(
        '<svg class="gauge" aria-hidden="true"><rect class="track" width="100%" height="100%"/>'
        '<rect class="fill" width="{:.1f}%" height="100%"/></svg>'
    ).format(share)


def ceiling(value: int) -> int:
    """The end of an axis: a round number that is not below, and whose half can be written."""
    if value <= 2:
        return 2
    power = 10 ** int(math.log10(value))
    return int(next(step * power for step in (1, 2, 4, 5, 8, 10) if step * power >= value))


def axis_word(value: int) -> str:
    """A number on an axis: `2,5 jt` for 2,500,000."""
    for size, word in ((1_000_000_000, "M"), (1_000_000, "jt"), (1_000, "rb")):
        if value >= size:
            return f"{value / size:g} {word}".replace(".", ",")
    return number(value)


def columns(title: str, unit: str, points: Sequence[Column]) -> Markup:
    """Columns over time; the first, the middle and the last are named below, the largest is told in words."""
    top = ceiling(max((point.value for point in points), default=0))
    plain = HEIGHT - TOP - BOTTOM
    step = (WIDTH - LEFT) / max(len(points), 1)
    parts = [Markup('<text class="unit" x="0" y="10">{}</text>').format(unit)]
    for level in (0, top // 2, top):
        y = TOP + plain * (1 - level / top)
        parts.append(Markup('<line class="grid" x1="{0}" x2="{1}" y1="{2:.1f}" y2="{2:.1f}"/>').format(LEFT, WIDTH, y))
        parts.append(
            Markup('<text x="{}" y="{:.1f}" text-anchor="end">{}</text>').format(LEFT - 5, y + 4, axis_word(level))
        )
    named = {0, len(points) // 2, len(points) - 1} if len(points) > 2 else set(range(len(points)))
    for place, point in enumerate(points):
        x, tall = LEFT + step * place, plain * point.value / top
        parts.append(
            Markup('<rect class="fill" x="{:.1f}" y="{:.1f}" width="{:.1f}" height="{:.1f}"/>').format(
                x + step * 0.12, TOP + plain - tall, min(step * 0.76, 40), tall
            )
        )
        if place in named:
            parts.append(_below(point.label, x + step * 0.12, place, len(points)))
    return _figure("columns", _told(title, unit, points), WIDTH, HEIGHT, parts)


def of_days(values: Mapping[date, int], first: date, last: date) -> list[Column]:
    """A column for each day from `first` to `last`: a day without a value is a zero, not a gap."""
    days = [first + timedelta(days=n) for n in range((last - first).days + 1)]
    return [Column(f"{day.day} {MONTHS[day.month - 1][:3]}", values.get(day, 0)) for day in days]


def on_paper(chart: Markup) -> str:
    """A chart that stands alone, with colours of its own instead of a page's style sheet."""
    begin, _, rest = str(chart).partition(">")
    return f'{begin} xmlns="http://www.w3.org/2000/svg"><style>{ON_PAPER}</style>{rest}'


def bubbles(title: str, unit: str, places: Sequence[Place]) -> Markup:
    """A map: the area of each circle is its value; a ring is zero, a point is hidden. North is up."""
    projection = _Projection(places)
    most = max((place.value or 0 for place in places), default=0)
    parts: list[Markup] = []
    for place in sorted(places, key=lambda place: -(place.value or 0)):  # small ones above large ones
        x, y = projection.point(place)
        kind = "none" if place.value == 0 else "fill"
        radius = max(SMALLEST, LARGEST * math.sqrt((place.value or 0) / most)) if most else SMALLEST
        said = "disembunyikan" if place.value is None else f"{number(place.value)} {unit}"
        parts.append(
            Markup('<circle class="{}" cx="{:.1f}" cy="{:.1f}" r="{:.1f}"><title>{}: {}</title></circle>').format(
                kind, x, y, radius, place.name, said
            )
        )
    points = [Column(place.name, place.value) for place in places if place.value is not None]
    return _figure("map", _told(title, unit, points), MAP_SIZE, projection.height, parts)


def _below(word: str, x: float, place: int, count: int) -> Markup:
    anchor = "start" if place == 0 else "end" if place == count - 1 and count > 2 else "middle"
    x = {"start": x, "middle": x + 10, "end": float(WIDTH)}[anchor]
    return Markup('<text x="{:.1f}" y="{}" text-anchor="{}">{}</text>').format(x, HEIGHT - 4, anchor, word)


class _Projection:
    """Degrees to a picture with an edge; a degree of longitude is shortened by the cosine of the latitude."""

    def __init__(self, places: Sequence[Place]) -> None:
        lats, lons = [place.lat for place in places] or [0.0], [place.lon for place in places] or [0.0]
        self._north, self._west = max(lats), min(lons)
        self._shrink = math.cos(math.radians(self._north))
        tall, wide = self._north - min(lats), (max(lons) - self._west) * self._shrink
        self._scale = (MAP_SIZE - 2 * MAP_EDGE) / (max(tall, wide) or 1)
        self._indent = (MAP_SIZE - wide * self._scale) / 2
        self.height = round(tall * self._scale) + 2 * MAP_EDGE

    def point(self, place: Place) -> tuple[float, float]:
        """Its x and y."""
        x = self._indent + (place.lon - self._west) * self._shrink * self._scale
        return x, MAP_EDGE + (self._north - place.lat) * self._scale


def _told(title: str, unit: str, points: Sequence[Column]) -> str:
    """What the picture says, in a sentence."""
    if not any(point.value for point in points):
        return f"{title}: belum ada."
    most = max(points, key=lambda point: point.value)
    return f"{title}, terbanyak {most.label}: {number(most.value)} {unit}."


def _figure(kind: str, told: str, width: int, height: int, parts: Sequence[Markup]) -> Markup:
    return Markup('<svg class="chart {}" viewBox="0 0 {} {}" role="img" aria-label="{}">{}</svg>').format(
        kind, width, height, told, Markup("").join(parts)
    )

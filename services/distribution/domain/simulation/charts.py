"""Charts of a simulation as SVG: one drawing, one statement, readable without colour. Pure text."""

from __future__ import annotations

from collections.abc import Sequence
from html import escape

from services.distribution.domain.simulation.measures import Figures

WIDTH, HEIGHT, LEFT, TOP, FOOT = 720, 360, 56, 48, 96
NAMES = {
    "ours": "Peduli",
    "ours, improved": "Peduli, rencana diperbaiki",
    "first come, first served": "siapa cepat dia dapat",
    "equal numbers per kelurahan": "sama banyak tiap kelurahan",
}
COLOURS = ("#0b6e4f", "#5aa17f", "#b3541e", "#6b5b95")
DASHES = ("", "8 4", "2 3", "10 3 2 3")


def charts(found: Sequence[Figures], hindsight: int | None) -> dict[str, str]:
    """File names with their drawings."""
    most = max([hindsight or 0, *(one.persons_reached for one in found), 1])
    reached = [(NAMES[one.policy], [float(count) for count in one.reached_by_day]) for one in found]
    by_place = [(NAMES[one.policy], sorted(value for _, value in one.by_kelurahan)) for one in found]
    highest = max((value for _, values in by_place for value in values), default=1.0) or 1.0
    persons = f"{most:,}".replace(",", ".")
    return {
        "reached.svg": _lines(f"Orang yang terjangkau tepat waktu, menurut hari (dari {persons})", reached, most),
        "kelurahan.svg": _lines(
            f"Cakupan tiap kelurahan, dari yang terendah (0–{_percent(highest)})", by_place, highest
        ),
        "shares.svg": _bars(
            "Bagian dari yang dapat dijangkau, bila semua diketahui lebih dulu",
            [(NAMES[one.policy], one.persons_reached / most) for one in found],
        ),
    }


def _percent(share: float) -> str:
    return f"{100 * share:.1f} %".replace(".", ",")


def _lines(title: str, series: Sequence[tuple[str, Sequence[float]]], highest: float) -> str:
    """A line for each series, over an axis from 0 to `highest`."""
    wide, high = WIDTH - LEFT - 16, HEIGHT - TOP - FOOT
    parts = [
        f'<line x1="{LEFT}" y1="{TOP + high}" x2="{WIDTH - 16}" y2="{TOP + high}" stroke="#444"/>',
    ]
    for number, (name, values) in enumerate(series):
        step = wide / max(1, len(values) - 1)
        points = " ".join(f"{LEFT + i * step:.1f},{TOP + high * (1 - v / highest):.1f}" for i, v in enumerate(values))
        colour, dash = COLOURS[number % len(COLOURS)], DASHES[number % len(DASHES)]
        style = f'fill="none" stroke="{colour}" stroke-width="2" stroke-dasharray="{dash}"'
        parts.append(f'<polyline points="{points}" {style}/>')
        x, y = LEFT + (number % 2) * 320, HEIGHT - FOOT + 36 + (number // 2) * 24
        parts.append(f'<polyline points="{x},{y - 4} {x + 40},{y - 4}" {style}/>')
        parts.append(f'<text x="{x + 48}" y="{y}">{escape(name)}</text>')
    return _drawing(title, parts)


def _bars(title: str, rows: Sequence[tuple[str, float]]) -> str:
    """A bar for each row, of a share of 0 to 1."""
    parts = []
    for number, (name, share) in enumerate(rows):
        y, long = TOP + number * 64, (WIDTH - 96) * share
        parts.append(f'<text x="16" y="{y + 14}">{escape(name)}</text>')
        parts.append(f'<rect x="16" y="{y + 22}" width="{long:.1f}" height="22" fill="{COLOURS[number % 4]}"/>')
        parts.append(f'<text x="{24 + long:.1f}" y="{y + 38}">{_percent(share)}</text>')
    return _drawing(title, parts)


def _drawing(title: str, parts: Sequence[str]) -> str:
    head = (
        f'<svg xmlns="http://www.w3.org/2000/svg" viewBox="0 0 {WIDTH} {HEIGHT}" role="img" '
        f'font-family="system-ui, sans-serif" font-size="14"><title>{escape(title)}</title>'
        f'<rect width="{WIDTH}" height="{HEIGHT}" fill="#fff"/>'
        f'<text x="16" y="22" font-weight="700">{escape(title)}</text>'
    )
    return "\n".join([head, *parts, "</svg>\n"])

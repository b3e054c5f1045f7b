"""Charts of a simulation as SVG: one drawing, one statement, readable without colour. Pure text."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from html import escape

from services.distribution.domain.simulation.measures import Figures

WIDTH, HEIGHT, LEFT, TOP, FOOT = 720, 360, 56, 48, 96
PANEL_WIDTH, PANEL_HEIGHT, NAME_WIDTH, BAR_LENGTH, BAR_STEP = 356, 124, 184, 96, 22
Unit = Callable[[float], str]
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
    measures: list[tuple[str, list[float], Unit]] = [
        ("Terjangkau, dari yang mungkin dijangkau", [one.persons_reached / most for one in found], _percent),
        ("Cakupan kebutuhan", [one.coverage for one in found], _percent),
        ("Jam sampai paket pertama (nilai tengah)", [one.hours_to_first for one in found], _tenth),
        ("Keadilan antarkelurahan (indeks Jain)", [one.jain_kelurahan for one in found], _thousandth),
        ("Barang basi", [one.expired for one in found], _percent),
        ("Paket yang datang sesudah isolasi selesai", [one.late for one in found], _percent),
        ("Km dari barang ke pintu", [one.km for one in found], _tenth),
        ("Paket yang diubah sebelum diambil tim", [one.churn for one in found], _percent),
    ]
    return {
        "reached.svg": _lines(f"Orang yang terjangkau tepat waktu, menurut hari (dari {persons})", reached, most),
        "kelurahan.svg": _lines(
            f"Cakupan tiap kelurahan, dari yang terendah (0–{_percent(highest)})", by_place, highest
        ),
        "measures.svg": _panels("Delapan ukuran, satu kota yang sama", [NAMES[one.policy] for one in found], measures),
    }


def _percent(share: float) -> str:
    return f"{100 * share:.1f} %".replace(".", ",")


def _tenth(value: float) -> str:
    return f"{value:.1f}".replace(".", ",")


def _thousandth(value: float) -> str:
    return f"{value:.3f}".replace(".", ",")


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


def _panels(title: str, names: Sequence[str], measures: Sequence[tuple[str, Sequence[float], Unit]]) -> str:
    """A panel of bars for each measure, two beside each other; a bar for each name, the longest of a panel is full."""
    parts = []
    for number, (measure, values, unit) in enumerate(measures):
        left, top = 16 + number % 2 * PANEL_WIDTH, TOP + number // 2 * PANEL_HEIGHT
        parts.append(f'<text x="{left}" y="{top + 14}" font-weight="700" font-size="13">{escape(measure)}</text>')
        highest = max(values, default=0.0) or 1.0
        for row, (name, value) in enumerate(zip(names, values, strict=True)):
            y, long = top + 22 + row * BAR_STEP, BAR_LENGTH * value / highest
            parts.append(f'<text x="{left}" y="{y + 13}" font-size="12">{escape(name)}</text>')
            fill = COLOURS[row % len(COLOURS)]
            parts.append(f'<rect x="{left + NAME_WIDTH}" y="{y}" width="{long:.1f}" height="16" fill="{fill}"/>')
            x = left + NAME_WIDTH + 6 + long
            parts.append(f'<text x="{x:.1f}" y="{y + 13}" font-size="12">{unit(value)}</text>')
    return _drawing(title, parts, TOP + (len(measures) + 1) // 2 * PANEL_HEIGHT)


def _drawing(title: str, parts: Sequence[str], high: int = HEIGHT) -> str:
    head = (
        f'<svg xmlns="http://www.w3.org/2000/svg" viewBox="0 0 {WIDTH} {high}" role="img" '
        f'font-family="system-ui, sans-serif" font-size="14"><title>{escape(title)}</title>'
        f'<rect width="{WIDTH}" height="{high}" fill="#fff"/>'
        f'<text x="16" y="22" font-weight="700">{escape(title)}</text>'
    )
    return "\n".join([head, *parts, "</svg>\n"])

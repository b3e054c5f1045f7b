"""The plan of a week: which unit carries how many packets to which kecamatan (D'SabR, the weekly rhythm of 2021).

Every kecamatan gets packets in proportion to its persons in need; a unit of a kecamatan serves its own first; the
others carry their packets whole where they can, to the nearest kecamatan that still needs so many. Pure.
"""

from __future__ import annotations

from collections import Counter, defaultdict
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from datetime import date, datetime, time, timedelta
from zoneinfo import ZoneInfo

from services.distribution.domain.distance import kilometres
from shared.errors import PeduliError
from shared.reference.model import Reference
from shared.reference.week import plans_at, round_of

SATURDAY = 5
LEAVES_LUMBUNG = time(8)  # of Saturday, in the city's own time: the packets must be in the kecamatan by then

TEXTS = {
    "OWN_KECAMATAN": "wilayah kerja sendiri",
    "NEAREST_WHOLE": "terdekat yang masih memerlukan semuanya, {0} km",
    "LARGEST_GAP": "kekurangan terbesar saat itu, {0} paket",
    "CHANGED": "diubah petugas",
}


class RoundError(PeduliError):
    """The plan of this round cannot be changed so."""


@dataclass(frozen=True)
class Place:
    """Where a unit is: its kecamatan, empty when it works for the whole city, and (lat, lon) in degrees."""

    kecamatan: str
    point: tuple[float, float]


@dataclass(frozen=True)
class Move:
    """A person's change: `packets` of a unit go to `target` instead of `source` (empty: out of the plan)."""

    unit: str
    source: str
    target: str
    packets: int


@dataclass(frozen=True)
class Line:
    """Packets of a unit for a kecamatan, and the codes of why."""

    unit: str
    kecamatan: str
    packets: int
    why: tuple[str, ...]


@dataclass(frozen=True)
class Pledged:
    """What a round plans: packets by unit, persons in need by kecamatan, where both are, and what people changed."""

    packets: Mapping[str, int]
    needs: Mapping[str, int]
    units: Mapping[str, Place]
    kecamatan: Mapping[str, tuple[float, float]]
    moves: Sequence[Move] = ()


def plan_round(pledged: Pledged) -> list[Line]:
    """The lines of the plan, by unit and kecamatan; none when nobody is in need. The same input, the same plan."""
    return list(_Round(pledged).lines())


def shares(total: int, needs: Mapping[str, int]) -> dict[str, int]:
    """`total` packets in proportion to the needs, in whole packets by the largest remainder."""
    whole = sum(needs.values())
    if not whole:
        return dict.fromkeys(needs, 0)
    found = {place: total * need // whole for place, need in needs.items()}
    by_remainder = sorted(needs, key=lambda place: (-(total * needs[place] % whole), place))
    for place in by_remainder[: total - sum(found.values())]:
        found[place] += 1
    return found


class _Round:
    def __init__(self, pledged: Pledged) -> None:
        self._pledged = pledged
        self._left = Counter({unit: packets for unit, packets in pledged.packets.items() if packets > 0})
        needed = sum(pledged.needs.values()) > 0
        self._gap = shares(self._left.total(), pledged.needs) if needed else {}
        self._given: defaultdict[tuple[str, str], int] = defaultdict(int)
        self._why: defaultdict[tuple[str, str], list[str]] = defaultdict(list)

    def lines(self) -> Iterator[Line]:
        if self._gap:
            self._keep_moves()
            self._serve_own()
            for unit in sorted(self._left, key=lambda unit: (-self._left[unit], unit)):
                while self._left[unit] > 0:
                    self._carry(unit)
        for (unit, place), packets in sorted(self._given.items()):
            if packets:
                yield Line(unit, place, packets, tuple(dict.fromkeys(self._why[unit, place])))

    def _keep_moves(self) -> None:
        """What a person decided stays: first the net of the changes, then the rule for the rest."""
        net: Counter[tuple[str, str]] = Counter()
        for move in self._pledged.moves:
            net[move.unit, move.target] += move.packets
            net[move.unit, move.source] -= min(move.packets, max(0, net[move.unit, move.source]))
        for (unit, place), packets in sorted(net.items()):
            if place in self._gap:
                self._give(unit, place, min(packets, self._left[unit]), "CHANGED")

    def _serve_own(self) -> None:
        for unit in sorted(self._left):
            place = self._pledged.units[unit].kecamatan if unit in self._pledged.units else ""
            if place in self._gap:
                self._give(unit, place, max(0, min(self._left[unit], self._gap[place])), "OWN_KECAMATAN")

    def _carry(self, unit: str) -> None:
        packets, here = self._left[unit], self._pledged.units.get(unit)
        closed = {move.source for move in self._pledged.moves if move.unit == unit}  # a person took it from there
        gaps = {place: gap for place, gap in self._gap.items() if place not in closed} or self._gap

        def far(place: str) -> tuple[float, str]:
            return (kilometres(here.point, self._pledged.kecamatan[place]) if here else 0.0), place

        whole = [place for place, gap in gaps.items() if gap >= packets]
        if whole:
            nearest = min(whole, key=far)
            self._give(unit, nearest, packets, f"NEAREST_WHOLE:{far(nearest)[0]:.1f}")
        else:
            largest = min(gaps, key=lambda place: (-gaps[place], far(place)))
            gap = gaps[largest]
            self._give(unit, largest, min(packets, gap) if gap > 0 else packets, f"LARGEST_GAP:{max(0, gap)}")

    def _give(self, unit: str, place: str, packets: int, why: str) -> None:
        if packets > 0:
            self._left[unit] -= packets
            self._gap[place] -= packets
            self._given[unit, place] += packets
            self._why[unit, place].append(why)


def explain_line(why: Sequence[str]) -> str:
    """Why a unit carries its packets there, in Bahasa Indonesia."""
    told = []
    for code in why:
        name, *figures = code.split(":")
        told.append(TEXTS[name].format(*(figure.replace(".", ",") for figure in figures), "?"))
    return "; ".join(told)


def carry_before(round_: date, zone: ZoneInfo) -> datetime:
    """When the packets of a round must be in their kecamatan."""
    return datetime.combine(round_ + timedelta(days=SATURDAY), LEAVES_LUMBUNG, zone)


def due_round(now: datetime, zone: ZoneInfo) -> date | None:
    """The round whose plan is to be made now: from Friday morning until its packets must be there."""
    round_ = round_of(now.astimezone(zone).date())
    return round_ if plans_at(round_, zone) <= now < carry_before(round_, zone) else None


def places_of(city: Reference) -> tuple[dict[str, Place], dict[str, tuple[float, float]]]:
    """Where the units and the kecamatan of a city are."""
    regions = city.regions
    units = {}
    for code, unit in city.units.items():
        region = regions[unit.region_code]
        kecamatan = "" if region.level in ("kota", "kabupaten") else region.kecamatan_code or region.code
        units[code] = Place(kecamatan, (region.lat, region.lon))
    found = {code: (region.lat, region.lon) for code, region in regions.items() if region.level == "kecamatan"}
    return units, found


def moved(lines: Sequence[Line], move: Move) -> list[Line]:
    """The lines after a person's change; raises `RoundError` when there are not so many packets to move."""
    packets = {(line.unit, line.kecamatan): line for line in lines}
    source = packets.get((move.unit, move.source))
    if source is None or source.packets < move.packets or move.packets <= 0 or move.source == move.target:
        has = source.packets if source else 0
        raise RoundError(f"{move.unit} carries {has} packets to {move.source}, not {move.packets}")
    before = packets.get((move.unit, move.target), Line(move.unit, move.target, 0, ()))
    packets[move.unit, move.source] = Line(move.unit, move.source, source.packets - move.packets, source.why)
    why = tuple(dict.fromkeys([*before.why, "CHANGED"]))
    packets[move.unit, move.target] = Line(move.unit, move.target, before.packets + move.packets, why)
    return [line for _, line in sorted(packets.items()) if line.packets]

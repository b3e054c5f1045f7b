"""`peduli simulate`: a city's summer of 2021 again, with other ways to hand goods out."""

from __future__ import annotations

import csv
from collections.abc import Callable, Sequence
from datetime import date, datetime
from functools import partial
from pathlib import Path
from time import process_time
from typing import TypeVar

from services.distribution.domain.allocation.flow import solver
from services.distribution.domain.allocation.snapshot import Packet, Rules, Snapshot
from services.distribution.domain.rounds import Line, plan_round
from services.distribution.domain.simulation import week
from services.distribution.domain.simulation.charts import charts
from services.distribution.domain.simulation.hindsight import Bound, hindsight
from services.distribution.domain.simulation.measures import Figures, measure
from services.distribution.domain.simulation.play import play
from services.distribution.domain.simulation.policies import policies
from services.distribution.domain.simulation.week import Carried, WeekFigures
from services.distribution.domain.simulation.world import History, World, build
from shared.errors import PeduliError
from shared.reference.load import CITIES, load

__all__ = ["Bound", "Figures", "WeekFigures", "charts", "policies", "replay", "simulate"]
Found = TypeVar("Found")
FEWEST_DOORS = 2  # of a team in a day, however small a part of the city is played


def simulate(
    tenant: str,
    *,
    begin: date,
    days: int,
    seed: int,
    scale: float,
    goods: str,
    say: Callable[[str], None],
    on_day: Callable[[str], None] = lambda name: None,
) -> tuple[list[Figures], Bound | None]:
    """The figures of every policy in one world, and what is possible there at best (None: no OR-tools).

    `scale` is the part of the city that is played, 0 to 1. `on_day` is told the policy of which a day was played.
    Raises `PeduliError` for a city without a history.
    """
    city, history = load(tenant), _history(tenant)
    rules = Rules(doors_a_day=max(FEWEST_DOORS, round(Rules().doors_a_day * scale)))
    world = build(city, history, begin=begin, days=days, scale=scale, goods=goods, seed=seed)
    say(f"{scale:.1%} of {city.name}: {len(world.households)} households, {len(world.purchases)} lots; hindsight first")
    best, found = hindsight(world, rules), []
    for name, (policy, improves) in policies().items():
        outcome = play(world, policy, rules, solver() if improves else None, partial(on_day, name))
        found.append(measure(world, name, outcome, best.persons if best else None))
    return found, best


def replay(tenant: str, round_: date, seed: int) -> tuple[list[Line], list[WeekFigures]]:
    """The plan of a week of 2021 for what its units had, and the figures of it beside the same number everywhere.

    The whole city is played. Raises `PeduliError` for a week of which no pledges are known.
    """
    city, history = load(tenant), _history(tenant)
    packets = read_pledges(tenant, round_)
    bare = week.week_of(city, history, round_, seed)
    asked = week.pledged(bare, round_, packets)
    lines, planning = _timed(lambda: plan_round(asked))
    hundreds, by_hundreds = _timed(lambda: week.by_hundreds(city, packets, seed))
    equal, by_equal = _timed(lambda: week.by_equal_numbers(city, packets, seed))
    carried = ((week.by_plan(city, lines), planning), (hundreds, by_hundreds), (equal, by_equal))
    return lines, [_handed_out(bare, round_, way, *told) for way, told in zip(week.WAYS, carried, strict=True)]


def read_pledges(tenant: str, round_: date) -> dict[str, int]:
    """The packets of each unit in a week of 2021; raises `PeduliError` when it is not known."""
    weeks: dict[str, dict[str, int]] = {}
    for row in _rows(CITIES / tenant / "history" / "pledges.csv"):
        weeks.setdefault(row["round"], {})[row["unit_code"]] = int(row["packets"])
    if round_.isoformat() not in weeks:
        raise PeduliError(f"no pledges of the week {round_} are known", hint=f"known: {', '.join(sorted(weeks))}")
    return weeks[round_.isoformat()]


def _handed_out(bare: World, round_: date, way: str, carried: Sequence[Carried], carry_ms: float) -> WeekFigures:
    doors_ms = [0.0]

    def policy(snapshot: Snapshot, rules: Rules, now: datetime, seed: str) -> Sequence[Packet]:
        made, taken = _timed(lambda: week.WAYS[way](snapshot, rules, now, seed))
        doors_ms.append(taken)
        return made

    world = week.with_goods(bare, round_, carried)
    outcome = play(world, policy, Rules(), None)
    return week.measured(world, way, carried, outcome, carry_ms=carry_ms, doors_ms=max(doors_ms))


def _timed(work: Callable[[], Found]) -> tuple[Found, float]:
    """What it gives, and the milliseconds of CPU that it took."""
    begun = process_time()
    return work(), 1000 * (process_time() - begun)


def _history(tenant: str) -> History:
    folder = CITIES / tenant / "history"
    if not folder.is_dir():
        raise PeduliError(f"no history of {tenant} is known", hint="the simulation can play 3276, Kota Depok")
    return History(_days(folder / "epidemic.csv", "new_cases"), _days(folder / "packets.csv", "packets"))


def _rows(path: Path) -> list[dict[str, str]]:
    with path.open(encoding="utf-8", newline="") as file:
        return list(csv.DictReader(file))


def _days(path: Path, column: str) -> dict[date, int]:
    """A column of a history by its day; a day without a number counts nothing."""
    return {date.fromisoformat(row["date"]): int(row[column] or 0) for row in _rows(path)}

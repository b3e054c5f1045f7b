"""`peduli simulate`: a city's summer of 2021 again, with other ways to hand goods out."""

from __future__ import annotations

import csv
from collections.abc import Callable
from datetime import date
from pathlib import Path

from services.distribution.domain.allocation.flow import solver
from services.distribution.domain.allocation.snapshot import Rules
from services.distribution.domain.simulation.charts import charts
from services.distribution.domain.simulation.hindsight import Bound, hindsight
from services.distribution.domain.simulation.measures import Figures, measure
from services.distribution.domain.simulation.play import play
from services.distribution.domain.simulation.policies import policies
from services.distribution.domain.simulation.world import History, build
from shared.errors import PeduliError
from shared.reference.load import CITIES, load

__all__ = ["Figures", "charts", "simulate"]
FEWEST_DOORS = 2  # of a team in a day, however small a part of the city is played


def simulate(
    tenant: str, *, begin: date, days: int, seed: int, scale: float, goods: str, say: Callable[[str], None]
) -> tuple[list[Figures], Bound | None]:
    """The figures of every policy in one world, and what is possible there at best (None: no OR-tools).

    `scale` is the part of the city that is played, 0 to 1. Raises `PeduliError` for a city without a history.
    """
    folder = CITIES / tenant / "history"
    if not folder.is_dir():
        raise PeduliError(f"no history of {tenant} is known", hint="the simulation can play 3276, Kota Depok")
    city, rules = load(tenant), Rules(doors_a_day=max(FEWEST_DOORS, round(Rules().doors_a_day * scale)))
    history = History(_days(folder / "epidemic.csv", "new_cases"), _days(folder / "packets.csv", "packets"))
    world = build(city, history, begin=begin, days=days, scale=scale, goods=goods, seed=seed)
    say(f"{len(world.households)} households, {len(world.purchases)} lots")
    best, found = hindsight(world, rules), []
    for name, (policy, improves) in policies().items():
        say(name)
        outcome = play(world, policy, rules, solver() if improves else None)
        found.append(measure(world, name, outcome, best.persons if best else None))
    return found, best


def _days(path: Path, column: str) -> dict[date, int]:
    """A column of a history by its day; a day without a number counts nothing."""
    with path.open(encoding="utf-8", newline="") as file:
        return {date.fromisoformat(row["date"]): int(row[column] or 0) for row in csv.DictReader(file)}

"""What a policy achieved, in figures that can be compared. Coverage is met ÷ needed servings of a household."""

from __future__ import annotations

from collections import Counter, defaultdict
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import timedelta
from statistics import fmean, median

from services.distribution.domain.household import need
from services.distribution.domain.simulation.play import Outcome
from services.distribution.domain.simulation.world import Isolated, World

HOUR = timedelta(hours=1)


@dataclass(frozen=True)
class Figures:
    """One policy in one world. Shares are 0 to 1, hours medians. `km` is the mean from goods to their door, as the crow
    flies from the middle of a kelurahan to that of another.
    """

    policy: str
    persons_reached: int
    of_hindsight: float | None
    coverage: float
    lowest_decile: float
    lowest_decile_kelurahan: float
    jain_kelurahan: float
    hours_to_first: float
    hours_purchase_to_door: float
    expired: float
    late: float
    planned_late: int
    km: float
    churn: float
    most_churn: float
    packets: int
    reached_by_day: tuple[int, ...]
    by_kelurahan: tuple[tuple[str, float], ...]


def measure(world: World, policy: str, outcome: Outcome, hindsight: int | None) -> Figures:
    """The figures of an outcome, over the households whom goods could have met."""
    begins = min((at for at, _ in world.purchases), default=world.end)
    counted = [one for one in world.households if one.ends_at > begins]
    covered = {one.household.household_id: _coverage(one, outcome) for one in counted}
    places: defaultdict[str, list[Isolated]] = defaultdict(list)
    for one in counted:
        places[one.household.kelurahan].append(one)
    by_place = {place: fmean(covered[one.household.household_id] for one in there) for place, there in places.items()}
    delivered = len(outcome.door_hours)
    persons = sum(one.household.size for one in counted if one.household.household_id in outcome.first_at)
    waited = [
        (outcome.first_at[one.household.household_id] - one.registered_at) / HOUR
        for one in counted
        if one.household.household_id in outcome.first_at
    ]
    return Figures(
        policy=policy,
        persons_reached=persons,
        of_hindsight=persons / hindsight if hindsight else None,
        coverage=fmean(covered.values()) if covered else 0.0,
        lowest_decile=_lowest_decile(list(covered.values())),
        lowest_decile_kelurahan=_lowest_decile(list(by_place.values())),
        jain_kelurahan=jain(list(by_place.values())),
        hours_to_first=median(waited) if waited else 0.0,
        hours_purchase_to_door=median(outcome.door_hours) if delivered else 0.0,
        expired=outcome.expired / outcome.pieces if outcome.pieces else 0.0,
        late=outcome.late / (delivered + outcome.late) if delivered + outcome.late else 0.0,
        planned_late=outcome.planned_late,
        km=fmean(outcome.km) if outcome.km else 0.0,
        churn=outcome.changed / outcome.packets if outcome.packets else 0.0,
        most_churn=outcome.most_changed,
        packets=outcome.packets,
        reached_by_day=_by_day(world, counted, outcome),
        by_kelurahan=tuple(sorted(by_place.items())),
    )


def jain(values: Sequence[float]) -> float:
    """Jain's index of fairness: 1 when all are equal, 1 ÷ n when one has everything; 1 of nothing at all."""
    squares = sum(value * value for value in values)
    return sum(values) ** 2 / (len(values) * squares) if squares else 1.0


def _coverage(one: Isolated, outcome: Outcome) -> float:
    needed = need(one.household, one.registered_at)
    helped = outcome.helped.get(one.household.household_id, Counter())
    met = sum(min(helped.get(group, 0), wanted) for group, wanted in needed.items())
    return met / sum(needed.values()) if sum(needed.values()) else 1.0


def _lowest_decile(values: list[float]) -> float:
    """The mean of the lowest tenth."""
    lowest = sorted(values)[: max(1, len(values) // 10)]
    return fmean(lowest) if lowest else 0.0


def _by_day(world: World, counted: Sequence[Isolated], outcome: Outcome) -> tuple[int, ...]:
    """Persons reached until the end of each day."""
    days = (world.end - world.begin) // timedelta(days=1)
    found = [0] * days
    for one in counted:
        at = outcome.first_at.get(one.household.household_id)
        if at is not None:
            found[min(days - 1, (at - world.begin) // timedelta(days=1))] += one.household.size
    return tuple(sum(found[: day + 1]) for day in range(days))

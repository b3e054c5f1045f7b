"""A household in isolation: its window, its need, and how much of it is met."""

from __future__ import annotations

import math
from collections import Counter
from collections.abc import Mapping
from dataclasses import dataclass, field, replace
from datetime import datetime, timedelta
from uuid import UUID

from shared.reference.model import FIRST_PROGRAMME, NEED_GROUPS, Product

GROUPS = NEED_GROUPS
DAY = timedelta(days=1)
SERVINGS_PER_DAY = {"food": 3, "protein": 2, "hygiene": 1, "baby": 3, "medicine": 1}
SERVINGS_WITHOUT_PORTIONS = 10  # a bar of soap or a strip of vitamins lasts ten person-days
AID = {  # what other aid meets; money buys food first
    "parcel": ("food", "protein"),
    "meals": ("food", "protein"),
    "cash": ("food",),
    "hygiene": ("hygiene",),
    "baby": ("baby",),
    "medicine": ("medicine",),
}
AID_DAYS = 3  # days that it lasts: as long as a packet of ours, for nobody weighs what others brought


@dataclass(frozen=True, order=True)
class Aid:
    """What a household got from elsewhere: its kind (a key of `AID`) and when."""

    kind: str
    at: datetime


@dataclass(frozen=True)
class Household:
    """`size` persons; `met` servings per group delivered or on the way; `packets` of them so far, `has_open` now.

    `house` is equal for families behind one door; `other_aid` is what others brought (`helped` counts it as met).
    Goods come from its `programme`; of another than isoman, the isolation is the time of that need. `version` is that
    of the facts that were read.
    """

    household_id: UUID
    kelurahan: str
    rw: int | None
    size: int
    groups: frozenset[str]
    allergens: frozenset[str]
    isolation_from: datetime
    isolation_until: datetime
    met: Mapping[str, int] = field(default_factory=dict)
    packets: int = 0
    has_open: bool = False
    house: str = ""
    other_aid: tuple[Aid, ...] = ()
    programme: str = FIRST_PROGRAMME
    version: int = 0

    @property
    def has_nothing(self) -> bool:
        """True while neither we nor anybody else brought something: such a door goes before one with aid."""
        return not self.packets and not self.other_aid


def servings(product: Product) -> int:
    """One-person servings that a piece gives."""
    return product.portions or SERVINGS_WITHOUT_PORTIONS


def gives(product: Product) -> tuple[int, ...]:
    """The servings of a piece by GROUPS."""
    return tuple(servings(product) * (group in product.need_groups) for group in GROUPS)


def need(household: Household, now: datetime) -> dict[str, int]:
    """Servings per group from now (or the begin) to the end of isolation, before anything is met."""
    needed = servings_for(household.size, "infant" in household.groups, days_left(household, now))
    return dict(zip(GROUPS, needed, strict=True))


def days_left(household: Household, now: datetime) -> int:
    """Days for which help is needed; one that has begun counts."""
    return max(0, math.ceil((household.isolation_until - max(now, household.isolation_from)) / DAY))


def servings_for(size: int, has_infant: bool, days: int) -> tuple[int, ...]:
    """What so many persons need in so many days, in the order of GROUPS."""
    persons = {group: int(has_infant) if group == "baby" else size for group in GROUPS}
    return tuple(persons[group] * days * SERVINGS_PER_DAY[group] for group in GROUPS)


def helped(household: Household, now: datetime) -> Household:
    """The household with what is left of other aid counted as met, in half of a group's need at most.

    So aid lowers the need and never ends it: nobody here knows how much it was.
    """
    needed, aid = need(household, now), Counter[str]()
    for one in household.other_aid:
        left = min(timedelta(days=AID_DAYS), one.at + timedelta(days=AID_DAYS) - now)
        days = max(0, math.ceil(left / timedelta(days=1)))
        for group in AID.get(one.kind, ()):
            persons = 1 if group == "baby" else household.size
            aid[group] += persons * days * SERVINGS_PER_DAY[group]
    met = Counter(household.met)
    met.update({group: min(count, needed[group] // 2) for group, count in aid.items()})
    return replace(household, met=met)


def coverage(needed: Mapping[str, int], met: Mapping[str, int]) -> float:
    """The met part of what is needed, 0 to 1, over all groups; 1 when nothing is needed."""
    total = sum(needed.values())
    return sum(min(met.get(group, 0), wanted) for group, wanted in needed.items()) / total if total else 1.0

"""A household in isolation: its window, its need, and how much of it is met."""

from __future__ import annotations

import math
from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from uuid import UUID

from shared.reference.model import NEED_GROUPS, Product

GROUPS = NEED_GROUPS
SERVINGS_PER_DAY = {"food": 3, "protein": 2, "hygiene": 1, "baby": 3, "medicine": 1}
SERVINGS_WITHOUT_PORTIONS = 10  # a bar of soap or a strip of vitamins lasts ten person-days


@dataclass(frozen=True)
class Household:
    """`size` persons; `met` servings per group delivered or on the way; `packets` of them so far, `has_open` now."""

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


def servings(product: Product) -> int:
    """One-person servings that a piece gives."""
    return product.portions or SERVINGS_WITHOUT_PORTIONS


def need(household: Household, now: datetime) -> dict[str, int]:
    """Servings per group from now (or the begin) to the end of isolation, before anything is met."""
    left = household.isolation_until - max(now, household.isolation_from)
    days = max(0, math.ceil(left / timedelta(days=1)))
    infants = 1 if "infant" in household.groups else 0
    persons = {group: infants if group == "baby" else household.size for group in GROUPS}
    return {group: persons[group] * days * SERVINGS_PER_DAY[group] for group in GROUPS}


def coverage(needed: Mapping[str, int], met: Mapping[str, int]) -> float:
    """The met part of what is needed, 0 to 1, over all groups; 1 when nothing is needed."""
    total = sum(needed.values())
    return sum(min(met.get(group, 0), wanted) for group, wanted in needed.items()) / total if total else 1.0

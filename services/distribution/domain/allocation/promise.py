"""The waiting list: why each household waits, and from what is known, when its packet will come."""

from __future__ import annotations

import math
from collections import Counter
from datetime import datetime, timedelta
from uuid import UUID

from services.distribution.domain.allocation.packing import Draft, Kind, Shelves
from services.distribution.domain.allocation.snapshot import Rules, Snapshot, Waiting
from services.distribution.domain.household import Household

DAY = timedelta(days=1)


class Waiters:
    """Those who get nothing now, in the order of the plan."""

    def __init__(self, snapshot: Snapshot, rules: Rules, shelves: Shelves, now: datetime) -> None:
        self._snapshot, self._rules, self._shelves, self._now = snapshot, rules, shelves, now
        self._found: dict[UUID, Waiting] = {}
        self._line: list[tuple[Draft, str | None]] = []
        self._because: dict[Kind, str] = {}
        self._left: set[str] = set()

    def rest(self, household: Household, code: str) -> None:
        """One that needs no packet now."""
        self._found[household.household_id] = Waiting(code)

    def add(self, draft: Draft, code: str | None) -> None:
        """One that needs a packet; without a code the goods are what is missing."""
        self._line.append((draft, code))

    def promised(self) -> dict[UUID, Waiting]:
        """All of them, once the plan is made, each with its reason and promise."""
        shelves = self._shelves
        self._left = {lot.sku for lot, left in zip(shelves.lots, shelves.left, strict=True) if left}
        in_kelurahan: Counter[str] = Counter()
        for_goods = 0
        for draft, told in self._line:
            home = draft.household
            if told is not None:
                days = in_kelurahan[home.kelurahan] // self._rules.doors_a_day
                in_kelurahan[home.kelurahan] += 1
                self._found[home.household_id] = Waiting(told, self._promise(home, days))
            else:
                for_goods += 1
                a_day = self._snapshot.packets_a_day
                when = self._promise(home, math.ceil(for_goods / a_day) - 1) if a_day > 0 else None
                self._found[home.household_id] = Waiting(self._reason(draft), when)
        return self._found

    def _promise(self, home: Household, days: int) -> datetime | None:
        """The team's shift after `days` more days and a ride; None when that is too late, or no shift is known."""
        begins = self._snapshot.next_shift
        if begins is None:
            return None
        when = begins + days * DAY + timedelta(hours=self._rules.same_kelurahan_hours)
        return when if when < home.isolation_until else None

    def _reason(self, draft: Draft) -> str:
        """Whether there are no goods, none that suit, or none that come in time: of what is left."""
        kind = self._shelves.kind(draft)
        if kind not in self._because:
            fits, groups = self._shelves.fits(draft.household), set(draft.opening)
            needed = [sku for sku in self._left if groups & set(self._shelves.groups_of(sku))]
            suits = any(fits[sku] for sku in needed)
            self._because[kind] = "NOT_IN_TIME" if suits else "NOTHING_SUITS" if needed else "NO_GOODS"
        return self._because[kind]

"""How much came to warga and how much to aparatur, told of groups so large that no household is seen in them. Pure."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterable, Sequence
from datetime import date
from typing import NamedTuple
from uuid import UUID

from shared.contracts.recipients import FEWEST, Received
from shared.reference.week import round_of, sunday_of


class Delivery(NamedTuple):
    """What a household got on a day of its city: packets, and the pieces in them."""

    household_id: UUID
    is_aparatur: bool
    day: date
    packets: int
    pieces: int


class Count(NamedTuple):
    """What both groups got from a Monday to a Sunday, both included."""

    first: date
    last: date
    warga: Received
    aparatur: Received


def count(deliveries: Iterable[Delivery], today: date) -> list[Count]:
    """Counts of the weeks before `today`'s that may be told. A week that may not waits for those that follow.

    A count that grew by one household would tell of it, so no delivery is in two counts and none is told again.
    """
    weeks: defaultdict[date, list[Delivery]] = defaultdict(list)
    for delivery in deliveries:
        weeks[round_of(delivery.day)].append(delivery)
    told: list[Count] = []
    waiting: list[Delivery] = []
    for monday in sorted(week for week in weeks if week < round_of(today)):
        waiting += weeks[monday]
        counted = _counted(waiting, monday)
        if may_be_told(counted):
            told.append(counted)
            waiting = []
    return told


def may_be_told(counted: Count) -> bool:
    """Whether each group is one in which nobody is seen. Aparatur alone would be known by their packets' days."""
    return counted.warga.households >= FEWEST and not 0 < counted.aparatur.households < FEWEST


def _counted(deliveries: Sequence[Delivery], last_monday: date) -> Count:
    first = round_of(min(delivery.day for delivery in deliveries))
    aparatur = _received(delivery for delivery in deliveries if delivery.is_aparatur)
    warga = _received(delivery for delivery in deliveries if not delivery.is_aparatur)
    return Count(first, sunday_of(last_monday), warga, aparatur)


def _received(deliveries: Iterable[Delivery]) -> Received:
    group = list(deliveries)
    return Received(
        households=len({delivery.household_id for delivery in group}),
        packets=sum(delivery.packets for delivery in group),
        pieces=sum(delivery.pieces for delivery in group),
    )

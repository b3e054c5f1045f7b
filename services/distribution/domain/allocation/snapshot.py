"""What an allocation sees and what it answers: plain values."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field, replace
from datetime import datetime
from typing import NamedTuple
from uuid import UUID

from services.distribution.domain.household import Household
from services.distribution.domain.stock import Lot
from shared.reference.model import FIRST_PROGRAMME, Product


@dataclass(frozen=True)
class Rules:
    """The city's figures: hours to a door by class of distance, what a packet holds, what a team can do in a day."""

    same_kelurahan_hours: int = 4
    same_kecamatan_hours: int = 8
    city_hours: int = 24
    chill_hours: int = 4  # out of the cold; what is frozen thaws first
    frozen_hours: int = 6
    packet_grams: int = 12_000
    packet_days: int = 3  # days of need that one packet meets at most, so that scarce goods reach more doors
    doors_a_day: int = 60  # of one kelurahan's team
    doors_an_hour: int = 12  # so fast does the queue of a team shrink


class Reached(NamedTuple):
    """Persons of a kelurahan that had a packet, of all that are in isolation there."""

    persons: int
    of: int


@dataclass(frozen=True)
class Snapshot:
    """What is known at one moment. All mappings but `products` (by sku) are by kelurahan; what is left out is zero.

    `points` are (lat, lon) in degrees; `door_hours` the learned 90th percentile from assignment to door;
    `done_today` doors that a team has served today, which count to its day; `reached` is reckoned from `households`
    where it is left out. `next_shift` is when the teams begin their next day, `packets_a_day` how many doors a day the
    goods of the last week served: both only serve the promises to those who wait.
    """

    lots: Sequence[Lot]
    households: Sequence[Household]
    products: Mapping[str, Product]
    kecamatan: Mapping[str, str]
    points: Mapping[str, tuple[float, float]] = field(default_factory=dict)
    open_tasks: Mapping[str, int] = field(default_factory=dict)
    done_today: Mapping[str, int] = field(default_factory=dict)
    door_hours: Mapping[str, float] = field(default_factory=dict)
    reached: Mapping[str, Reached] | None = None
    next_shift: datetime | None = None
    packets_a_day: float = 0


def by_programme(snapshot: Snapshot) -> dict[str, Snapshot]:
    """The snapshot of each programme, in the order of their names: its own goods and households."""
    programmes = sorted({one.programme for ones in (snapshot.lots, snapshot.households) for one in ones})
    if len(programmes) <= 1:
        return dict.fromkeys(programmes or [FIRST_PROGRAMME], snapshot)
    return {
        programme: replace(
            snapshot,
            lots=[lot for lot in snapshot.lots if lot.programme == programme],
            households=[home for home in snapshot.households if home.programme == programme],
        )
        for programme in programmes
    }


@dataclass(frozen=True)
class Packet:
    """Pieces of lots for one household, with the codes of why it and not another; `arrives_at` is reckoned."""

    household: Household
    lines: tuple[tuple[Lot, int], ...]
    deliver_before: datetime
    why: tuple[str, ...]
    arrives_at: datetime


@dataclass(frozen=True)
class Waiting:
    """Why a household waits, as a code, and the moment that it may count on; None when nothing can be promised."""

    code: str
    promised_at: datetime | None = None


@dataclass(frozen=True)
class Plan:
    """Packets to make, who waits, pieces that stay in stock by lot, and pieces that leave their kecamatan."""

    packets: tuple[Packet, ...]
    waiting: Mapping[UUID, Waiting]
    idle: Mapping[UUID, int] = field(default_factory=dict)
    spilled: int = 0

"""Cities of odd goods and households, for the properties of an allocation."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from datetime import UTC, datetime, timedelta
from uuid import UUID

from hypothesis import strategies as st

from services.distribution.domain.allocation.plan import allocate
from services.distribution.domain.allocation.snapshot import Plan, Reached, Rules, Snapshot
from services.distribution.domain.household import Household
from services.distribution.domain.stock import Lot
from shared.reference.load import load

NOW = datetime(2021, 7, 22, 3, tzinfo=UTC)
REFERENCE = load("3276")
KECAMATAN = {code: REFERENCE.regions[code].kecamatan_code for code in REFERENCE.kelurahan}
POINTS = {code: (REFERENCE.regions[code].lat, REFERENCE.regions[code].lon) for code in REFERENCE.kelurahan}
KELURAHAN = REFERENCE.kelurahan[:8]
BANDUNG = "32.73.01.1001"  # outside of the city
SKUS = sorted(REFERENCE.products)
KIT = "KIT-SEMBAKO-ISOMAN"

lots = st.builds(
    lambda number, sku, place, pieces, hours: Lot(
        UUID(int=number), UUID(int=number), 1, sku, place, pieces, NOW + timedelta(hours=hours), {"available": pieces}
    ),
    st.integers(1, 10**6),
    st.sampled_from(SKUS),
    st.sampled_from([*KELURAHAN, BANDUNG]),
    st.integers(1, 20),
    st.integers(1, 300),
)
households = st.builds(
    lambda number, place, size, groups, allergens, days, packets, has_open: Household(
        UUID(int=number),
        place,
        1,
        size,
        frozenset(groups),
        frozenset(allergens),
        NOW - timedelta(days=1),
        NOW + timedelta(days=days),
        {"food": 6 * packets},
        packets,
        has_open,
    ),
    st.integers(1, 10**6),
    st.sampled_from(KELURAHAN),
    st.integers(1, 7),
    st.sets(st.sampled_from(["infant", "elderly", "diabetic", "no_cook", "alone"])),
    st.sets(st.sampled_from(["egg", "milk", "fish"])),
    st.integers(0, 10),
    st.integers(0, 2),
    st.booleans(),
)
stocks = st.lists(lots, max_size=12, unique_by=lambda lot: lot.lot_id)
homes = st.lists(households, max_size=12, unique_by=lambda home: home.household_id)


def home(number: int, size: int = 2, packets: int = 0, place: str = KELURAHAN[0], days: int = 6) -> Household:
    """A plain household."""
    begin, end = NOW - timedelta(days=1), NOW + timedelta(days=days)
    return Household(UUID(int=number), place, 1, size, frozenset(), frozenset(), begin, end, {}, packets)


def goods(pieces: int, hours: float = 200, number: int = 1, place: str = KELURAHAN[0], sku: str = "BERAS-5KG") -> Lot:
    """A lot of one product."""
    until = NOW + timedelta(hours=hours)
    return Lot(UUID(int=number), UUID(int=9), 1, sku, place, pieces, until, {"available": pieces})


def seen(stock: Sequence[Lot], people: Sequence[Household], reached: Mapping[str, Reached] | None = None) -> Snapshot:
    """A snapshot of a city."""
    return Snapshot(stock, people, REFERENCE.products, KECAMATAN, POINTS, reached=reached)


def plan(stock: Sequence[Lot], people: Sequence[Household], rules: Rules | None = None) -> Plan:
    """The plan for a city."""
    return allocate(seen(stock, people), rules or Rules(), NOW, "seed")

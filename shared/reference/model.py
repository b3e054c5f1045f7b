"""The reference data of one city as one immutable value: its programmes, regions, units, sellers, products."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import date, datetime
from functools import cached_property
from typing import Literal, NamedTuple
from zoneinfo import ZoneInfo

from shared.reference.folding import fold

NEED_GROUPS = ("food", "protein", "hygiene", "baby", "medicine")
Storage = Literal["ambient", "chill", "frozen"]
FIRST_PROGRAMME = "isoman"  # the cause that is meant where none is named
ANY_RECIPIENT = "penerima bantuan"  # what pages call those whom no word of a programme names
SINCE_EVER = date.min  # the first day of what nobody dated


@dataclass(frozen=True)
class Programme:
    """A cause that a city calls for. `hashtags` are as the city writes them, without `#`; dates are days of its zone.

    `starts_on` is the day of the call; a receipt counts from `earliest_purchase_on` to `ends_on` (None: no end yet).

    Who may receive: households of these `places` (kecamatan and kelurahan) with one of these `groups` (empty: all),
    until the day `helps_until`. Without `has_isolation` they need not isolate. `called` is how pages call them, behind
    a noun: keluarga `isoman`, warga `terdampak banjir`.
    """

    programme: str
    name: str
    basis: str
    hashtags: frozenset[str]
    channels: frozenset[str]
    starts_on: date
    ends_on: date | None
    earliest_purchase_on: date
    has_isolation: bool = True
    groups: frozenset[str] = frozenset()
    places: frozenset[str] = frozenset()
    helps_until: date | None = None
    called: str = ""

    @cached_property
    def folded_hashtags(self) -> frozenset[str]:
        """The hashtags as they are compared."""
        return frozenset(fold(tag) for tag in self.hashtags)


@dataclass(frozen=True)
class PpkmPeriod:
    """Days, the first and the last, on which a city is under PPKM, and the rule in its own words.

    `version` is one more each time the city changes it. `stays_in_city`: nobody travels out of the city.
    """

    period: str
    version: int
    name: str
    starts_on: date
    ends_on: date
    text: str
    stays_in_city: bool


@dataclass(frozen=True)
class Region:
    """The city, a kecamatan or a kelurahan, by its dotted code of Kemendagri. `lat`, `lon`: WGS 84 degrees.

    `by_chair`: whether in this kelurahan the chair of an RT or RW may be a packet's last hand.
    """

    code: str
    level: Literal["kota", "kabupaten", "kecamatan", "kelurahan", "desa"]
    name: str
    parent_code: str
    kecamatan_code: str
    lat: float
    lon: float
    population: int | None
    by_chair: bool = False

    @property
    def is_kelurahan(self) -> bool:
        """True for the places where goods and households are: a kelurahan, or a desa in its stead."""
        return self.level in ("kelurahan", "desa")


class Headcount(NamedTuple):
    """Civil servants of a unit from a day on, until the next headcount (an estimate in the cities that we ship)."""

    valid_from: date
    asn_count: int


class Dated:
    """What can be retired: from `retired_from` on, a day of its city's zone, nothing can be bought with it."""

    retired_from: date | None

    def is_active_on(self, day: date) -> bool:
        """Whether it is in use on this day."""
        return self.retired_from is None or day < self.retired_from


@dataclass(frozen=True)
class Unit(Dated):
    """A unit kerja with its headcounts, at least one, the oldest first."""

    unit_code: str
    kind: Literal["opd", "kecamatan", "kelurahan"]
    name: str
    short_name: str
    parent_code: str
    region_code: str
    headcounts: tuple[Headcount, ...]
    retired_from: date | None = None

    @property
    def asn_count(self) -> int:
        """The headcount that was told for the latest day."""
        return self.headcounts[-1].asn_count

    def asn_count_on(self, day: date) -> int:
        """The headcount of a day; before the first one it is that."""
        held = [headcount for headcount in self.headcounts if headcount.valid_from <= day]
        return (held[-1] if held else self.headcounts[0]).asn_count


@dataclass(frozen=True)
class Seller(Dated):
    """A UMKM or koperasi with its channel and its place. Its code is unique in its city only."""

    seller_code: str
    name: str
    channel: str
    kecamatan_code: str
    kelurahan_code: str
    fostering_unit_code: str
    retired_from: date | None = None


@dataclass(frozen=True)
class Product(Dated):
    """An item: `weight_g` grams, `shelf_life_hours` from purchase, `portions` one-person servings a piece gives.

    Its sku is unique in its city only. `contents` (`SKU:2`: sku and pieces) make it a kit; `merged_into` makes it
    another name of that sku: what these two are follows from others (`shared.reference.kits.resolved`).
    """

    sku: str
    name: str
    category: str
    price_idr: int
    shelf_life_hours: int
    storage: Storage
    weight_g: int
    portions: int
    need_groups: frozenset[str]
    halal: bool
    infant: bool
    soft: bool
    diabetic_friendly: bool
    allergens: frozenset[str]
    contents: frozenset[str] = frozenset()
    merged_into: str = ""
    retired_from: date | None = None


Item = Unit | Seller | Product
SellerOrder = Literal["name", "least_sold"]


@dataclass(frozen=True)
class Reference:
    """Everything known about one city; each mapping is keyed by the code of its rows.

    `seller_order`: how pages list sellers, by name or those first who sold least. `teams_per_slot`: how many field
    teams fetch packets at a lumbung in the same quarter of an hour.
    """

    tenant: str
    name: str
    zone: ZoneInfo
    language: str
    programmes: Mapping[str, Programme]
    regions: Mapping[str, Region]
    units: Mapping[str, Unit]
    sellers: Mapping[str, Seller]
    products: Mapping[str, Product]
    seller_order: SellerOrder = "name"
    teams_per_slot: int = 4
    ppkm_periods: Mapping[str, PpkmPeriod] = field(default_factory=dict)

    def date_of(self, at: datetime) -> date:
        """The calendar day of `at` in the city: 23:30 WIB on 31 July is July, whatever UTC says."""
        return at.astimezone(self.zone).date()

    def ppkm_at(self, at: datetime) -> PpkmPeriod | None:
        """The PPKM period in force; of two, that which began last."""
        day = self.date_of(at)
        held = [period for period in self.ppkm_periods.values() if period.starts_on <= day <= period.ends_on]
        return max(held, key=lambda period: (period.starts_on, period.period), default=None)

    @property
    def called(self) -> str:
        """How pages call those who receive, whatever the programme: the word of the only one, else one for all."""
        words = {programme.called for programme in self.programmes.values()}
        return words.pop() if len(words) == 1 else ANY_RECIPIENT

    @property
    def kelurahan(self) -> list[str]:
        """The codes of its kelurahan (and desa), sorted."""
        return sorted(code for code, region in self.regions.items() if region.is_kelurahan)

    def kelurahan_of(self, place: str) -> list[str]:
        """The codes of kelurahan in a place: itself, or those of a kecamatan; none of an unknown one."""
        return [code for code in self.kelurahan if place in (code, self.regions[code].kecamatan_code)]

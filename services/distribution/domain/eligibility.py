"""Who may receive of a programme, as its city's data say: in which places, with which groups, and for how long."""

from __future__ import annotations

from collections.abc import Iterator
from datetime import datetime, time, timedelta
from zoneinfo import ZoneInfo

from shared.contracts.reasons import Reason
from shared.reference.model import Programme, Reference

GROUPS = {
    "infant": "bayi",
    "elderly": "lansia",
    "pregnant": "ibu hamil",
    "diabetic": "penderita diabetes",
    "no_cook": "orang yang tidak bisa memasak",
    "alone": "orang yang tinggal sendirian",
}


def refusals(programme: Programme, kelurahan: str, groups: frozenset[str], city: Reference) -> Iterator[Reason]:
    """Why a household of this place with these groups gets nothing of a programme; none where it may."""
    region = city.regions.get(kelurahan)
    if programme.places and region and not programme.places & {region.code, region.kecamatan_code}:
        yield Reason.of("OUTSIDE_THE_PROGRAMME", "kelurahan")
    if programme.groups and not programme.groups & groups:
        yield Reason.of("NOT_OF_THE_PROGRAMME", "groups")


def days_of(programme: Programme, zone: ZoneInfo) -> tuple[datetime, datetime | None]:
    """From when until when a programme helps; None: no end yet."""
    begins = datetime.combine(programme.starts_on, time.min, zone)
    last = programme.helps_until
    return begins, None if last is None else datetime.combine(last + timedelta(days=1), time.min, zone)


def is_over(programme: Programme, at: datetime, zone: ZoneInfo) -> bool:
    """Whether a programme no longer helps at this moment."""
    _, over = days_of(programme, zone)
    return over is not None and at >= over


def within(programme: Programme, ends: datetime, zone: ZoneInfo) -> datetime:
    """The end of a household's need, or that of the help where it is sooner."""
    _, over = days_of(programme, zone)
    return min(ends, over) if over else ends


def in_words(programme: Programme, city: Reference) -> str:
    """Who may receive of a programme, in Bahasa Indonesia, for those who register."""
    who = "keluarga yang isolasi" if programme.has_isolation else "keluarga"
    groups = " atau ".join(word for group, word in GROUPS.items() if group in programme.groups)
    places = ", ".join(_place(city, code) for code in sorted(programme.places))
    until = f"{programme.helps_until:%d/%m/%Y}" if programme.helps_until else ""
    limits = (("dengan", groups), ("di", places), ("sampai", until))
    return " ".join([who, *(f"{word} {limit}" for word, limit in limits if limit)])


def _place(city: Reference, code: str) -> str:
    region = city.regions[code]
    return region.name if region.is_kelurahan else f"Kecamatan {region.name}"

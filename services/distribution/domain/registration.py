"""What a report says of a household, what is wrong with it, and what it changes."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass, replace
from datetime import UTC, datetime, timedelta
from typing import Literal

from services.distribution.domain.eligibility import days_of, is_over, refusals, within
from services.distribution.domain.household import Aid
from services.distribution.domain.identity import is_nik
from services.distribution.domain.isolation import window
from shared.access.model import Scope
from shared.contracts.field import HouseholdReport, OtherAid, Release
from shared.contracts.reasons import Reason
from shared.reference.model import FIRST_PROGRAMME, Programme, Reference

KEEP = timedelta(days=30)  # personal data after the release, or after an isolation whose end nobody told
LONGEST = timedelta(days=120)  # of an isolation: members fall ill one after the other; beyond it a date is a slip
Told = Literal["registered", "changed", "released"]


@dataclass(frozen=True)
class State:
    """All that is known of a household beside its people; `house` is a keyed hash of its address."""

    kelurahan: str
    rw: int | None
    size: int
    groups: frozenset[str]
    allergens: frozenset[str]
    isolation_from: datetime
    isolation_until: datetime
    released: str | None = None
    is_aparatur: bool = False
    other_aid: tuple[Aid, ...] = ()
    house: str | None = None
    programme: str = FIRST_PROGRAMME


@dataclass(frozen=True)
class Amendment:
    """What a registrar changes of a household that is known; what is None stays, and `aid` comes to what there is."""

    isolation_until: datetime | None = None
    released: Release | None = None
    kelurahan: str | None = None
    rw: int | None = None
    address: str | None = None
    aid: OtherAid | None = None


def read_report(
    report: HouseholdReport, house: str, city: Reference, scope: Scope, now: datetime
) -> State | list[Reason]:
    """The state that a report of a sender of this scope tells, or every reason against it."""
    reasons, found = list(_broken_rules(report, city, scope, now)), _window(report, city)
    if isinstance(found, list):
        return [*reasons, *found]
    if reasons:
        return reasons
    begins, ends = found
    return State(
        kelurahan=report.kelurahan,
        rw=report.rw,
        size=report.size,
        groups=frozenset(report.groups),
        allergens=frozenset(report.allergens),
        isolation_from=begins.astimezone(UTC),
        isolation_until=ends.astimezone(UTC),
        released=report.released,
        is_aparatur=report.is_aparatur,
        other_aid=tuple(sorted({_aid(aid) for aid in report.other_aid})),
        house=house,
        programme=report.programme,
    )


def _window(report: HouseholdReport, city: Reference) -> tuple[datetime, datetime] | list[Reason]:
    """From when until when a household needs help: as told, else as its cases tell, else as long as a programme helps
    that asks for no isolation; never longer than that.
    """
    programme, begins, ends = city.programmes.get(report.programme), report.isolation_from, report.isolation_until
    reckoned: tuple[datetime | None, datetime | None] = (None, None)
    if programme is not None and not programme.has_isolation:
        reckoned = days_of(programme, city.zone)
    elif report.cases and (begins is None or ends is None):
        try:
            reckoned = window(report.cases, city.zone)
        except OverflowError:
            return [Reason.of("TIME_OUT_OF_RANGE", "cases")]
    begins, ends = begins or reckoned[0], ends or reckoned[1]
    if begins is None or ends is None:
        missing = (("isolation_from", begins), ("isolation_until", ends))
        return [Reason.of("MISSING_FIELD", name) for name, at in missing if at is None]
    if programme is not None and report.released is None:
        if is_over(programme, begins, city.zone):
            return [Reason.of("PROGRAMME_IS_OVER", "isolation_from")]
        ends = within(programme, ends, city.zone)
    return _wrong_window(begins, ends, programme) or (begins, ends)


def read_amendment(before: State, change: Amendment, city: Reference) -> State | list[Reason]:
    """The state after a change (without its new house), or every reason against it; an RW belongs to its kelurahan."""
    place, ends = change.kelurahan or before.kelurahan, change.isolation_until or before.isolation_until
    programme = city.programmes.get(before.programme)
    reasons = [*_wrong_place(place, city), *_wrong_window(before.isolation_from, ends, programme)]
    if programme is not None and not reasons and not change.released:
        if place != before.kelurahan:
            reasons += refusals(programme, place, before.groups, city)
        if change.isolation_until and (ends := within(programme, ends, city.zone)) <= before.isolation_from:
            reasons.append(Reason.of("PROGRAMME_IS_OVER", "isolation_until"))
    aid = before.other_aid
    if change.aid is not None:
        reasons += _wrong_aid(change.aid, "other_aid")
        aid = (*aid, _aid(change.aid)) if not reasons else aid
    if reasons:
        return reasons
    return replace(
        before,
        kelurahan=place,
        rw=change.rw if change.rw or place != before.kelurahan else before.rw,
        isolation_until=ends.astimezone(UTC),
        released=change.released or before.released,
        other_aid=tuple(sorted(set(aid))),
    )


def _wrong_window(begins: datetime, ends: datetime, programme: Programme | None) -> list[Reason]:
    is_long = (programme is None or programme.has_isolation) and ends - begins > LONGEST
    if not 2000 <= begins.year <= 2100 or not 2000 <= ends.year <= 2100 or is_long:
        return [Reason.of("TIME_OUT_OF_RANGE", "isolation_until")]
    if ends <= begins:
        return [Reason.of("ENDS_BEFORE_IT_BEGINS", "isolation_until")]
    return []


def decide(before: State | None, after: State) -> Told | None:
    """What is to be told of a household that was `before` and is `after`; None when nothing is new."""
    if before == after:
        return None
    if after.released is not None:
        return "released"
    return "registered" if before is None else "changed"


def leaves_door(before: State | None, after: State) -> bool:
    """Whether nothing can be brought any more to the door where the household was."""
    if after.released is not None:
        return True
    if before is None or before.house is None:  # a row from before houses were told apart
        return before is not None and before.kelurahan != after.kelurahan
    return (before.kelurahan, before.house) != (after.kelurahan, after.house)


def helped_elsewhere(before: State, after: State, now: datetime) -> bool:
    """Whether a household still gets help by another programme than it is told for now."""
    is_open = before.released is None and before.isolation_until > now
    return is_open and after.released is None and before.programme != after.programme


def _broken_rules(report: HouseholdReport, city: Reference, scope: Scope, now: datetime) -> Iterator[Reason]:
    if unknown := _wrong_place(report.kelurahan, city):
        yield from unknown
    elif not scope.has_unit(report.kelurahan):
        yield Reason.of("KELURAHAN_NOT_YOURS", "kelurahan")
    if report.people.nik and not is_nik(report.people.nik, city.date_of(now)):
        yield Reason.of("INVALID_NIK", "people.nik")
    programme = city.programmes.get(report.programme)
    if programme is None:
        yield Reason.of("UNKNOWN_PROGRAMME", "programme")
    elif report.released is None:  # who no longer may receive must still be let go
        yield from refusals(programme, report.kelurahan, frozenset(report.groups), city)
    for number, aid in enumerate(report.other_aid):
        yield from _wrong_aid(aid, f"other_aid.{number}")


def _wrong_place(kelurahan: str, city: Reference) -> list[Reason]:
    region = city.regions.get(kelurahan)
    return [] if region and region.is_kelurahan else [Reason.of("UNKNOWN_KELURAHAN", "kelurahan")]


def _wrong_aid(aid: OtherAid, path: str) -> list[Reason]:
    return [] if 2000 <= aid.at.year <= 2100 else [Reason.of("TIME_OUT_OF_RANGE", f"{path}.at")]


def _aid(told: OtherAid) -> Aid:
    return Aid(told.kind, told.at.astimezone(UTC))

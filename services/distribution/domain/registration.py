"""What a report says of a household, what is wrong with it, and what it changes."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass, replace
from datetime import UTC, datetime, timedelta
from typing import Literal

from services.distribution.domain.household import Aid
from services.distribution.domain.identity import is_nik
from services.distribution.domain.isolation import window
from shared.access.model import Scope
from shared.contracts.field import HouseholdReport
from shared.contracts.reasons import Reason
from shared.reference.model import Reference

KEEP = timedelta(days=30)  # personal data after the release, or after an isolation whose end nobody told
LONGEST = timedelta(days=120)  # members fall ill one after the other; beyond it a date is a slip
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

    def with_changes(
        self, *, until: datetime | None, released: str | None, kelurahan: str | None, rw: int | None
    ) -> State:
        """The state after what a registrar said of it; what is None stays, but an RW belongs to its kelurahan."""
        has_moved = kelurahan not in (None, self.kelurahan)
        return replace(
            self,
            isolation_until=until or self.isolation_until,
            released=released or self.released,
            kelurahan=kelurahan or self.kelurahan,
            rw=rw if rw or has_moved else self.rw,
        )


def read_report(
    report: HouseholdReport, house: str, city: Reference, scope: Scope, now: datetime
) -> State | list[Reason]:
    """The state that a report of a sender of this scope tells, or every reason against it."""
    reasons = list(_broken_rules(report, city, scope, now))
    begins, ends = report.isolation_from, report.isolation_until
    if report.cases and (begins is None or ends is None):
        try:
            reckoned = window(report.cases, city.zone)
        except OverflowError:
            return [*reasons, Reason.of("TIME_OUT_OF_RANGE", "cases")]
        begins, ends = begins or reckoned[0], ends or reckoned[1]
    missing = [name for name, at in (("isolation_from", begins), ("isolation_until", ends)) if at is None]
    reasons += [Reason.of("MISSING_FIELD", name) for name in missing]
    if begins is not None and ends is not None:
        reasons += wrong_window(begins, ends)
    if reasons or begins is None or ends is None:
        return reasons
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
        other_aid=tuple(sorted(Aid(aid.kind, aid.at.astimezone(UTC)) for aid in report.other_aid)),
        house=house,
    )


def wrong_window(begins: datetime, ends: datetime) -> list[Reason]:
    """What is wrong with an isolation from `begins` until `ends`."""
    if not 2000 <= begins.year <= 2100 or not 2000 <= ends.year <= 2100 or ends - begins > LONGEST:
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


def _broken_rules(report: HouseholdReport, city: Reference, scope: Scope, now: datetime) -> Iterator[Reason]:
    region = city.regions.get(report.kelurahan)
    if region is None or not region.is_kelurahan:
        yield Reason.of("UNKNOWN_KELURAHAN", "kelurahan")
    elif not scope.has_unit(report.kelurahan):
        yield Reason.of("KELURAHAN_NOT_YOURS", "kelurahan")
    if report.people.nik and not is_nik(report.people.nik, city.date_of(now)):
        yield Reason.of("INVALID_NIK", "people.nik")
    for number, aid in enumerate(report.other_aid):
        if not 2000 <= aid.at.year <= 2100:
            yield Reason.of("TIME_OUT_OF_RANGE", f"other_aid.{number}.at")

"""A unit's pledge for a round: what it will collect, said by Thursday 16.00 (the weekly rhythm of D'SabR, 2021)."""

from __future__ import annotations

from dataclasses import dataclass, replace
from datetime import date, datetime, timedelta
from typing import Any
from zoneinfo import ZoneInfo

from pydantic import ValidationError

from services.purchases.domain.submission import unfit
from shared.contracts.reasons import Reason, reasons_of_form
from shared.contracts.submissions import PledgeSubmission
from shared.reference.model import Reference
from shared.reference.week import MONDAY, closes_at, reminds_at

AHEAD = timedelta(weeks=4)  # a later round is a slip of the year or the month


@dataclass(frozen=True)
class Pledge:
    """A pledge as it stands, as its last word said it at `said_at`.

    `is_late` tells of the first word: who was on time may still correct the sum.
    """

    version: int
    sum_idr: int
    packets: int
    is_late: bool
    said_at: datetime


def read_pledge(raw: dict[str, Any], reference: Reference, now: datetime) -> PledgeSubmission | list[Reason]:
    """The pledge, or every reason against it."""
    if fault := unfit(raw):
        return [Reason.of(fault)]
    try:
        pledge = PledgeSubmission.model_validate(raw)
    except ValidationError as error:
        return reasons_of_form(error)
    reasons = []
    if pledge.programme not in reference.programmes:
        reasons.append(Reason.of("UNKNOWN_PROGRAMME", "programme"))
    unit = reference.units.get(pledge.unit_code)
    if unit is None or not unit.is_active_on(pledge.round):
        reasons.append(Reason.of("UNKNOWN_UNIT", "unit_code"))
    if pledge.round.weekday() != MONDAY or pledge.round > now.date() + AHEAD:
        reasons.append(Reason.of("UNKNOWN_ROUND", "round"))
    return reasons or pledge


def is_missed(pledge: Pledge | None, round_: date, now: datetime, zone: ZoneInfo) -> bool:
    """Whether to say "belum": nothing was pledged by Thursday 15.30 of the round."""
    return pledge is None and now >= reminds_at(round_, zone)


def decide(pledge: Pledge | None, said: PledgeSubmission, arrived_at: datetime, zone: ZoneInfo) -> Pledge:
    """The pledge after what was said: the same one when it says nothing new.

    Words count in the order in which they reached our doors; one that waited in a queue may be read behind a later one.
    """
    is_late = arrived_at >= closes_at(said.round, zone)
    if pledge is None:
        return Pledge(1, said.sum_idr, said.packets, is_late, arrived_at)
    last = said if arrived_at >= pledge.said_at else pledge
    after = replace(pledge, sum_idr=last.sum_idr, packets=last.packets, is_late=pledge.is_late and is_late)
    if after == pledge:
        return pledge
    return replace(after, version=pledge.version + 1, said_at=max(arrived_at, pledge.said_at))

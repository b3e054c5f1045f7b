"""The weekly plan: pledges come in, needs are told or counted, a plan is made, a person changes it, all can read it."""

from __future__ import annotations

from collections import Counter
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import date, datetime
from typing import Any

import structlog

from services.distribution.domain.rounds import (
    Line,
    Move,
    Pledged,
    RoundError,
    carry_before,
    due_round,
    explain_line,
    moved,
    places_of,
    plan_round,
)
from services.distribution.store import rounds as store
from services.distribution.store.rounds import Key
from shared.contracts.envelope import Envelope
from shared.contracts.pledges import PledgeRecorded
from shared.database.pool import Transaction
from shared.ids import new_id
from shared.reference.model import Reference
from shared.reference.week import MONDAY

log = structlog.get_logger()


@dataclass(frozen=True)
class Sheet:
    """A round for its readers: what was pledged, the plan, persons in need, and the changes by people."""

    key: Key
    version: int
    planned_at: datetime
    carry_before: datetime
    pledged: Mapping[str, int]
    needs: Mapping[str, int]
    lines: Sequence[Line]
    changes: Sequence[Mapping[str, Any]]


async def take_pledges(tx: Transaction, events: Sequence[Envelope]) -> None:
    """Keep what units promise; of one pledge the last word in the batch counts. Other events are ignored."""
    last = {}
    for event in events:
        if event.type == PledgeRecorded.TYPE:
            pledge = PledgeRecorded.model_validate(event.data)
            last[pledge.pledge_id] = event.tenant, event.version, pledge
    await store.save_pledges(tx, list(last.values()))


async def tell_needs(
    tx: Transaction, city: Reference, programme: str, round_: date, needs: Mapping[str, int], *, now: datetime
) -> None:
    """Persons in need as the kecamatan report them on Thursday; they count instead of what the households say.

    Raises `RoundError` for a code that is no kecamatan of the city.
    """
    key = _key(city, programme, round_)
    unknown = sorted(set(needs) - set(places_of(city)[1]))
    if unknown or min(needs.values(), default=0) < 0:
        raise RoundError(f"no kecamatan of {city.name}, or less than nobody: {', '.join(unknown)}")
    await store.queries.claim_round(tx, now=now, **key.columns)
    await store.save_needs(tx, key, needs, is_told=True)


async def make_plan(
    tx: Transaction, city: Reference, programme: str, round_: date, *, now: datetime
) -> tuple[Sheet, list[tuple[Line | None, Line | None]]]:
    """Plan a round anew and save it; returns it with (before, after) of every line that differs.

    What a person changed stays. The version grows only when something differs.
    """
    key = _key(city, programme, round_)
    units, kecamatan = places_of(city)
    await store.queries.claim_round(tx, now=now, **key.columns)
    counted = Counter(dict.fromkeys(kecamatan, 0))
    of = {"tenant": city.tenant, "programme": programme}
    for row in await store.queries.count_in_need(tx, after=carry_before(round_, city.zone), **of):
        counted[city.regions[row["kelurahan"]].kecamatan_code] += row["persons"]
    await store.save_needs(tx, key, counted, is_told=False)
    needs, moves = await store.load_needs(tx, key), await store.load_moves(tx, key)
    pledged = Pledged(await store.load_pledged(tx, key), needs, units, kecamatan, moves)
    before, after = await store.load_lines(tx, key), plan_round(pledged)
    if before != after:
        await store.save_lines(tx, key, after, carry_before(round_, city.zone), now)
    return await read_sheet(tx, city, programme, round_), differing(before, after)


async def plan_due(tx: Transaction, city: Reference, *, now: datetime) -> int:
    """On Friday morning make the plan of each programme of the city for which units pledged, once; returns how many.

    A plan that a person made before stays, as does whatever people change afterwards: this one is never made again.
    """
    round_ = due_round(now, city.zone)
    if round_ is None:
        return 0
    made = 0
    for row in await store.queries.list_unplanned(tx, tenant=city.tenant, round=round_):
        key = Key(city.tenant, row["programme"], round_)
        if key.programme in city.programmes and await store.queries.claim_unplanned(tx, now=now, **key.columns):
            sheet, _ = await make_plan(tx, city, key.programme, round_, now=now)
            packets = sum(line.packets for line in sheet.lines)
            log.info("round_planned", tenant=city.tenant, programme=key.programme, round=str(round_), packets=packets)
            made += 1
    return made


async def change_plan(
    tx: Transaction,
    city: Reference,
    programme: str,
    round_: date,
    move: Move,
    *,
    reason: str,
    changed_by: str,
    now: datetime,
) -> Sheet:
    """Move packets of a unit to another kecamatan, because a person says so; the reason is kept and must be given."""
    key = _key(city, programme, round_)
    if not reason.strip() or not changed_by.strip():
        raise RoundError("a change needs its reason and who makes it")
    if move.target not in places_of(city)[1]:
        raise RoundError(f"{move.target} is no kecamatan of {city.name}")
    await store.queries.claim_round(tx, now=now, **key.columns)
    lines = moved(await store.load_lines(tx, key), move)
    await store.queries.append_change(
        tx,
        change_id=new_id(),
        unit=move.unit,
        source=move.source,
        target=move.target,
        packets=move.packets,
        reason=reason.strip(),
        changed_by=changed_by.strip(),
        now=now,
        **key.columns,
    )
    await store.save_lines(tx, key, lines, carry_before(round_, city.zone), now)
    return await read_sheet(tx, city, programme, round_)


async def read_sheet(tx: Transaction, city: Reference, programme: str, round_: date) -> Sheet:
    """A round as it stands; raises `RoundError` when it was never planned."""
    key = _key(city, programme, round_)
    found = await store.queries.find_round(tx, **key.columns)
    if found is None:
        raise RoundError(f"no round {round_} of {programme} is planned", hint="`peduli allocate round plan` makes it")
    changes = [dict(row) for row in await store.queries.load_changes(tx, **key.columns)]
    return Sheet(
        key,
        found["version"],
        found["planned_at"],
        carry_before(round_, city.zone),
        await store.load_pledged(tx, key),
        await store.load_needs(tx, key),
        await store.load_lines(tx, key),
        changes,
    )


def in_words(sheet: Sheet, city: Reference) -> dict[str, Any]:
    """A round with the names of its units and kecamatan."""
    return {
        "programme": sheet.key.programme,
        "round": sheet.key.round,
        "version": sheet.version,
        "planned_at": sheet.planned_at,
        "carry_before": sheet.carry_before,
        "lines": [
            {
                "unit_code": line.unit,
                "unit": city.units[line.unit].name if line.unit in city.units else line.unit,
                "kecamatan_code": line.kecamatan,
                "kecamatan": city.regions[line.kecamatan].name,
                "packets": line.packets,
                "why": line.why,
                "text": explain_line(line.why),
            }
            for line in sheet.lines
        ],
        "kecamatan": [
            {
                "kecamatan_code": code,
                "kecamatan": city.regions[code].name,
                "persons": persons,
                "packets": sum(line.packets for line in sheet.lines if line.kecamatan == code),
            }
            for code, persons in sheet.needs.items()
        ],
        "changes": [
            {
                **change,
                "from": city.regions[change["from_kecamatan"]].name,
                "to": city.regions[change["to_kecamatan"]].name,
            }
            for change in sheet.changes
        ],
    }


def differing(before: Sequence[Line], after: Sequence[Line]) -> list[tuple[Line | None, Line | None]]:
    """(before, after) of each unit and kecamatan whose packets differ."""
    old = {(line.unit, line.kecamatan): line for line in before}
    new = {(line.unit, line.kecamatan): line for line in after}
    pairs = [(old.get(at), new.get(at)) for at in sorted(old.keys() | new.keys())]
    return [(a, b) for a, b in pairs if (a.packets if a else 0) != (b.packets if b else 0)]


def _key(city: Reference, programme: str, round_: date) -> Key:
    if programme not in city.programmes:
        known = ", ".join(sorted(city.programmes))
        raise RoundError(f"{city.name} has no programme {programme}", hint=f"one of: {known}")
    if round_.weekday() != MONDAY:
        raise RoundError(f"{round_} is no Monday: a round is named by its first day")
    return Key(city.tenant, programme, round_)

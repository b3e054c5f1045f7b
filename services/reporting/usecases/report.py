"""Issuing a report to the Mayor: its numbers are gathered once and kept, and every file is made from what was kept."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from datetime import date, datetime
from typing import Any, NamedTuple

import orjson

from services.reporting.documents.report import CARRIED, Report
from services.reporting.domain.suppression import sum_of
from services.reporting.store.reports import queries
from shared.contracts.recipients import FEWEST
from shared.database.pool import Row, Transaction
from shared.errors import PeduliError
from shared.reference.model import Reference


class UnknownReportError(PeduliError):
    """No report of this city has this number."""


class UnknownUnitError(PeduliError):
    """The city has no unit with this code."""


class Draft(NamedTuple):
    """What a report will say: days of the city, up to when its numbers go, and the numbers."""

    first: date
    last: date
    as_of: datetime | None
    content: dict[str, Any]


async def draft(tx: Transaction, city: Reference, first: date, last: date, unit: str = "") -> Draft:
    """The numbers of a period; with `unit` of it and all units below it. Run in a repeatable-read transaction.

    Raises `UnknownUnitError`.
    """
    as_of = await queries.load_as_of(tx, tenant=city.tenant)
    return Draft(first, last, as_of, await gather(tx, city, first, last, unit))


async def issue(tx: Transaction, city: Reference, made: Draft, now: datetime) -> Report:
    """Keep a draft under the city's next number. Run in a read-committed transaction: it must see who issued before."""
    await queries.claim_number(tx, tenant=city.tenant)
    number = await queries.issue_report(
        tx,
        tenant=city.tenant,
        first=made.first,
        last=made.last,
        issued_at=now,
        as_of_at=made.as_of,
        content=orjson.dumps(made.content).decode(),
    )
    return await find(tx, city, number)


async def find(tx: Transaction, city: Reference, number: int) -> Report:
    """A report that was issued; raises `UnknownReportError`."""
    row = await queries.find_report(tx, tenant=city.tenant, number=number)
    if row is None:
        raise UnknownReportError(f"{city.name} has no report number {number}")
    content = orjson.loads(row["content"])
    return Report(city.name, number, row["first_date"], row["last_date"], row["issued_at"], row["as_of_at"], content)


async def gather(tx: Transaction, city: Reference, first: date, last: date, unit: str = "") -> dict[str, Any]:
    """Every number of a period, as the published views have it on its last day. Raises `UnknownUnitError`."""
    if unit and unit not in city.units:
        raise UnknownUnitError(f"{city.name} has no unit {unit}")
    period = {"tenant": city.tenant, "first": first, "last": last}
    units = _tree(city, unit) if unit else None
    pledges = await queries.load_pledges_between(tx, **period, units=units)
    days = await queries.list_days_between(tx, **period, units=units)
    kecamatan = _by_kecamatan(city, _places(city, unit), await queries.list_places_between(tx, **period))
    taking = [dict(row) for row in await queries.list_units_between(tx, **period, units=units)]
    carried = _carried(kecamatan) if unit else dict(await queries.load_packets_between(tx, **period) or {})
    return {
        "unit": {"code": unit, "name": city.units[unit].name} if unit else None,
        "units": taking,
        "days": [[row["local_date"].isoformat(), row["spend_idr"]] for row in days],
        "channels": [] if unit else _channels(city, await queries.list_channels_between(tx, **period)),
        "kecamatan": [part | {"units": _within(city, part["code"], taking)} for part in kecamatan],
        "packets": carried,
        **({} if unit else _recipients(await queries.list_recipients_between(tx, **period), carried["delivered"])),
        "pledges": dict(pledges) if pledges else {},
        "hashtags": sorted({tag for programme in city.programmes.values() for tag in programme.hashtags}),
        "called": city.called,
        "basis": sorted({programme.basis for programme in city.programmes.values()}),
        "zone": city.zone.key,
    }


def _tree(city: Reference, unit: str) -> list[str]:
    """A unit and all below it, at any depth."""
    found = [unit]
    for above in found:  # it grows while it is read
        found += [code for code, below in city.units.items() if below.parent_code == above]
    return found


def _places(city: Reference, unit: str) -> list[str]:
    """The kelurahan that a report is about: none for a unit of the whole city."""
    return city.kelurahan_of(city.units[unit].region_code) if unit else city.kelurahan


def _carried(kecamatan: Sequence[Mapping[str, Any]]) -> dict[str, int | None]:
    """Packets of all these kelurahan together; None where one is hidden."""
    return {name: sum_of([row[name] for part in kecamatan for row in part["rows"]]) for name in CARRIED}


def _recipients(rows: Sequence[Row], delivered: int | None) -> dict[str, Any]:
    """Packets and pieces to warga and to aparatur, and the weeks that they are of; the rest is of no group yet.

    None is told where the rest, beside `delivered` of the whole period, would be so few that it is a secret.
    """
    groups = {name: [row for row in rows if row["recipients"] == name] for name in ("warga", "aparatur")}
    told = {
        name: {what: sum(row[what] for row in group) for what in ("packets", "pieces")}
        for name, group in groups.items()
    }
    rest = None if delivered is None else delivered - sum(group["packets"] for group in told.values())
    if rest is None or not (rest == 0 or rest >= FEWEST):
        return {"recipients": {"weeks": [], "rest": None}}
    weeks = sorted({(row["first_date"].isoformat(), row["last_date"].isoformat()) for row in rows})
    return {"recipients": {"weeks": weeks, "rest": rest, **told}}


def _channels(city: Reference, rows: Sequence[Row]) -> list[dict[str, Any]]:
    """Every channel that the city's programmes name, also one that nobody bought by."""
    bought = {row["channel"]: dict(row) for row in rows}
    named = {channel for programme in city.programmes.values() for channel in programme.channels}
    nothing = {"purchases": 0, "pieces": 0, "spend_idr": 0}
    return [{**nothing, **bought.get(code, {}), "channel": code} for code in sorted(named | bought.keys())]


def _by_kecamatan(city: Reference, places: Sequence[str], rows: Sequence[Row]) -> list[dict[str, Any]]:
    """The kecamatan of `places` with all of these, also those where nothing came; None is hidden."""
    known = {row["kelurahan"]: dict(row) for row in rows}
    nothing = {"assigned": 0, "delivered": 0, "failed": 0, "returned": 0, "pieces": 0}
    grouped: dict[str, list[dict[str, Any]]] = {}
    for code in places:
        region = city.regions[code]
        where = {"kelurahan": code, "name": region.name, "lat": region.lat, "lon": region.lon}
        grouped.setdefault(region.kecamatan_code, []).append(nothing | known.get(code, {}) | where)
    named = [{"code": code, "name": city.regions[code].name, "rows": rows} for code, rows in grouped.items()]
    return sorted(named, key=lambda part: str(part["name"]))


def _within(city: Reference, kecamatan: str, units: Sequence[Mapping[str, Any]]) -> list[str]:
    """Those of `units` that work for a kecamatan or a part of it; an OPD works for the whole city."""
    places = {kecamatan, *city.kelurahan_of(kecamatan)}
    return [unit["unit_code"] for unit in units if city.units[unit["unit_code"]].region_code in places]

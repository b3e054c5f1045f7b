"""Issuing a report to the Mayor: its numbers are gathered once and kept, and every file is made from what was kept."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import date, datetime
from typing import Any

import orjson

from services.reporting.documents.report import Report
from services.reporting.store.reports import queries
from shared.database.pool import Row, Transaction
from shared.errors import PeduliError
from shared.reference.model import Reference


class UnknownReportError(PeduliError):
    """No report of this city has this number."""


async def issue(tx: Transaction, city: Reference, first: date, last: date, now: datetime) -> Report:
    """Gather the numbers of a period and keep them under the next number."""
    as_of = await queries.load_as_of(tx, tenant=city.tenant)
    kept = orjson.dumps(await gather(tx, city, first, last)).decode()
    number = await queries.issue_report(
        tx, tenant=city.tenant, first=first, last=last, issued_at=now, as_of_at=as_of, content=kept
    )
    return await find(tx, city, number)


async def find(tx: Transaction, city: Reference, number: int) -> Report:
    """A report that was issued; raises `UnknownReportError`."""
    row = await queries.find_report(tx, tenant=city.tenant, number=number)
    if row is None:
        raise UnknownReportError(f"{city.name} has no report number {number}")
    content = orjson.loads(row["content"])
    return Report(city.name, number, row["first_date"], row["last_date"], row["issued_at"], row["as_of_at"], content)


async def gather(tx: Transaction, city: Reference, first: date, last: date) -> dict[str, Any]:
    """Every number of a period, from the published views."""
    period = {"tenant": city.tenant, "first": first, "last": last}
    channels = {row["channel"]: dict(row) for row in await queries.list_channels_between(tx, **period)}
    named = {channel for programme in city.programmes.values() for channel in programme.channels}
    nothing = {"purchases": 0, "pieces": 0, "spend_idr": 0}
    pledges = await queries.load_pledges_between(tx, **period)
    return {
        "units": [dict(row) for row in await queries.list_units_between(tx, **period)],
        "channels": [
            {**nothing, **channels.get(code, {}), "channel": code} for code in sorted(named | channels.keys())
        ],
        "kecamatan": _by_kecamatan(city, await queries.list_places_between(tx, **period)),
        "pledges": dict(pledges) if pledges else {},
        "hashtags": sorted({tag for programme in city.programmes.values() for tag in programme.hashtags}),
        "basis": sorted({programme.basis for programme in city.programmes.values()}),
        "zone": city.zone.key,
    }


def _by_kecamatan(city: Reference, rows: Sequence[Row]) -> list[dict[str, Any]]:
    """Every kecamatan with all its kelurahan, also those where nothing came."""
    known = {row["kelurahan"]: dict(row) for row in rows}
    nothing = {"assigned": 0, "delivered": 0, "failed": 0, "returned": 0, "pieces": 0}
    grouped: dict[str, list[dict[str, Any]]] = {}
    for code in city.kelurahan:
        region = city.regions[code]
        row = {**nothing, **known.get(code, {}), "kelurahan": code, "name": region.name}
        grouped.setdefault(city.regions[region.kecamatan_code].name, []).append(row)
    return [{"name": name, "rows": members} for name, members in sorted(grouped.items())]

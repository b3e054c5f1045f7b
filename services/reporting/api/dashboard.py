"""The dashboard: a city, its units, its kelurahan and its UMKM. Counts only, never a name."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from datetime import timedelta
from typing import Any

from fastapi import APIRouter
from fastapi.responses import Response

from services.reporting.api.desk import Desk
from services.reporting.documents.charts import Column, Place, of_days
from services.reporting.domain.standing import Standing, buyers_to_rise
from services.reporting.domain.suppression import sum_of
from services.reporting.store.dashboard import queries
from shared.database.pool import Row
from shared.reference.model import Reference
from shared.reference.week import sunday_of
from shared.web.caller import PageReader
from shared.web.problems import NotFoundError

DAYS_SHOWN = 28
FIRST_UNITS = 5  # on the city's page
PACKETS = ("assigned", "delivered", "failed", "returned")  # what became of them
KINDS = {"opd": "Perangkat daerah", "kecamatan": "Kecamatan", "kelurahan": "Kelurahan"}


def routes(desk: Desk) -> APIRouter:
    """The pages; none of them is part of the API that programs use."""
    found = APIRouter(include_in_schema=False)

    @found.get("/")
    async def overview(reader: PageReader) -> Response:
        city = reader.city
        async with desk.reading() as tx:
            units = await queries.list_units(tx, tenant=city.tenant)
            places = await queries.list_kelurahan(tx, tenant=city.tenant)
            packets = await queries.load_packets(tx, tenant=city.tenant)
            return await desk.show(
                tx,
                city,
                "city.html",
                menu="/",
                total=await queries.load_city(tx, tenant=city.tenant),
                packets=packets or dict.fromkeys(PACKETS, 0),
                channels=await _channels(tx, city),
                days=_columns(await queries.list_city_days(tx, tenant=city.tenant), "spend_idr"),
                best=[unit for unit in units if unit["kind"] == "opd" and unit["purchases"]][:FIRST_UNITS],
                silent=[unit for unit in units if not unit["purchases"]],
                places=_on_map(city, _by_kecamatan(city, places)),
                reached=sum(1 for place in places if place["delivered"] != 0),
            )

    @found.get("/unit")
    async def units(reader: PageReader, jenis: str = "opd") -> Response:
        async with desk.reading() as tx:
            rows = await queries.list_units(tx, tenant=reader.city.tenant)
            shown = [row for row in rows if row["kind"] == jenis]
            return await desk.show(tx, reader.city, "units.html", menu="/unit", kinds=KINDS, kind=jenis, units=shown)

    @found.get("/unit/{code}")
    async def unit(reader: PageReader, code: str) -> Response:
        city = reader.city
        async with desk.reading() as tx:
            row = await queries.find_unit(tx, tenant=city.tenant, unit_code=code)
            if row is None:
                raise NotFoundError
            rows = await queries.list_units(tx, tenant=city.tenant)
            peers = [peer for peer in rows if peer["kind"] == row["kind"]]
            return await desk.show(
                tx,
                city,
                "unit.html",
                menu="/unit",
                unit=row,
                kind=KINDS[row["kind"]],
                peers=len(peers),
                to_rise=buyers_to_rise(_standing(row), [_standing(peer) for peer in peers]),
                days=_columns(await queries.list_unit_days(tx, tenant=city.tenant, unit_code=code), "spend_idr"),
                rounds=await queries.list_unit_rounds(tx, tenant=city.tenant, unit_code=code),
                sunday_of=sunday_of,
            )

    @found.get("/kelurahan")
    async def all_kelurahan(reader: PageReader) -> Response:
        city = reader.city
        async with desk.reading() as tx:
            places = await queries.list_kelurahan(tx, tenant=city.tenant)
            listed = _by_kecamatan(city, places)
            return await desk.show(
                tx, city, "places.html", menu="/kelurahan", listed=listed, places=_on_map(city, listed)
            )

    @found.get("/kelurahan/{code}")
    async def one_kelurahan(reader: PageReader, code: str) -> Response:
        city = reader.city
        region = city.regions.get(code)
        if region is None or not region.is_kelurahan:
            raise NotFoundError
        async with desk.reading() as tx:
            rows = await queries.list_kelurahan(tx, tenant=city.tenant)
            counts = next(row for part in _by_kecamatan(city, rows) for row in part["rows"] if row["code"] == code)
            days = await queries.list_kelurahan_days(tx, tenant=city.tenant, kelurahan=code)
            return await desk.show(
                tx,
                city,
                "place.html",
                menu="/kelurahan",
                region=region,
                kecamatan=city.regions[region.kecamatan_code],
                place=next((row for row in rows if row["kelurahan"] == code), None),
                counts=counts,
                table=days,
                days=_columns(days, "delivered"),
            )

    @found.get("/umkm")
    async def umkm(reader: PageReader) -> Response:
        city = reader.city
        async with desk.reading() as tx:
            return await desk.show(
                tx,
                city,
                "umkm.html",
                menu="/umkm",
                channels=await _channels(tx, city),
                days=_columns(await queries.list_city_days(tx, tenant=city.tenant), "spend_idr"),
                sellers=await queries.list_sellers(tx, tenant=city.tenant),
                spread=await queries.load_concentration(tx, tenant=city.tenant),
            )

    return found


async def _channels(tx: Any, city: Reference) -> list[dict[str, Any]]:
    """Every channel that the city's programmes name, also one that nobody bought by."""
    bought = {row["channel"]: dict(row) for row in await queries.list_channels(tx, tenant=city.tenant)}
    named = {channel for programme in city.programmes.values() for channel in programme.channels}
    nothing = {"purchases": 0, "items": 0, "spend_idr": 0}
    rows = [{**nothing, **bought.get(code, {}), "channel": code} for code in sorted(named | bought.keys())]
    return sorted(rows, key=lambda row: -row["spend_idr"])


def _columns(rows: Sequence[Mapping[str, Any]], name: str) -> list[Column]:
    """The last days of a table that ends with its last day."""
    if not rows:
        return []
    last = rows[-1]["local_date"]
    first = max(rows[0]["local_date"], last - timedelta(days=DAYS_SHOWN - 1))
    return of_days({row["local_date"]: int(row[name] or 0) for row in rows}, first, last)


def _standing(row: Row) -> Standing:
    return Standing(row["buyers"], row["headcount"])


def _on_map(city: Reference, listed: Sequence[Mapping[str, Any]]) -> list[Place]:
    """Every kelurahan of the city with its delivered packets."""
    rows = [(city.regions[row["code"]], row["delivered"]) for part in listed for row in part["rows"]]
    return [Place(region.name, region.lat, region.lon, delivered) for region, delivered in rows]


def _by_kecamatan(city: Reference, rows: Sequence[Row]) -> list[dict[str, Any]]:
    """Every kecamatan with its sums and all its kelurahan, also those where nothing came yet; None is hidden."""
    known = {row["kelurahan"]: row for row in rows}
    nothing = dict.fromkeys(PACKETS, 0)
    grouped: dict[str, list[dict[str, Any]]] = {}
    for code in city.kelurahan:
        counts = known.get(code, nothing)
        row = {"code": code, "name": city.regions[code].name} | {name: counts[name] for name in PACKETS}
        grouped.setdefault(city.regions[city.regions[code].kecamatan_code].name, []).append(row)
    return [
        {"name": name, "rows": members} | {count: sum_of([row[count] for row in members]) for count in PACKETS}
        for name, members in sorted(grouped.items())
    ]

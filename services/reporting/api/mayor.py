"""One screen for the Mayor: money, packets, doors in time, who has not reported, unmet need; each with its as-of."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from datetime import date, datetime
from typing import Any, NamedTuple

from fastapi import APIRouter
from fastapi.responses import Response

from services.reporting.api.desk import Desk
from services.reporting.api.pledges import Day
from services.reporting.store import reports
from services.reporting.store.dashboard import queries
from shared.database.pool import Transaction
from shared.reference.model import Reference
from shared.reference.week import WEEK, closes_at, reminds_at, round_of, sunday_of
from shared.web.caller import PageReader

CARDS = {  # and the kinds of events that each is of
    "uang": ("pledge", "purchase"),
    "paket": ("task",),
    "tepat": ("task",),
    "perlu": ("household", "task"),
    "belum": ("pledge",),
}
FIRST_PLACES = 5  # those where most households wait


class InTime(NamedTuple):
    """Packets at their doors before the isolation ended, of those on days with enough households to tell of."""

    packets: int
    in_time: int


def routes(desk: Desk) -> APIRouter:
    """`/ringkas`."""
    found = APIRouter(include_in_schema=False)

    @found.get("/ringkas")
    async def brief(reader: PageReader, putaran: Day = None) -> Response:
        city, moment = reader.city, desk.clock()
        begins = round_of(putaran or city.date_of(moment))
        sunday = sunday_of(begins)
        async with desk.reading() as tx:
            units = await queries.list_round_pledges(tx, tenant=city.tenant, round=begins)
            need = await queries.list_need(tx, tenant=city.tenant)
            return await desk.show(
                tx,
                city,
                "mayor.html",
                menu="/ringkas",
                begins=begins,
                sunday=sunday,
                week=WEEK,
                closes=closes_at(begins, city.zone),
                is_due=moment >= reminds_at(begins, city.zone),
                round=await queries.load_round(tx, tenant=city.tenant, round=begins),
                packets=await reports.queries.load_packets_between(tx, tenant=city.tenant, first=begins, last=sunday),
                timely=await _timely(tx, city, begins, sunday),
                units=units,
                silent=[row for row in units if row["pledged_idr"] is None],
                told=_told(await queries.list_topics(tx, tenant=city.tenant)),
                **_unmet(need),
            )

    return found


async def _timely(tx: Transaction, city: Reference, first: date, last: date) -> InTime:
    rows = await queries.list_city_speed(tx, tenant=city.tenant, first=first)
    shown = [row for row in rows if row["local_date"] <= last and not row["is_suppressed"]]
    return InTime(
        sum(row["delivered"] for row in shown),
        sum(round(row["delivered"] * row["in_time_percent"] / 100) for row in shown),
    )


def _told(topics: Sequence[Mapping[str, Any]]) -> dict[str, datetime | None]:
    """Up to when each card goes; None: nothing came yet."""
    times = {row["topic"]: row["last_applied_at"] for row in topics}
    return {card: max((times[topic] for topic in of if topic in times), default=None) for card, of in CARDS.items()}


def _unmet(need: Sequence[Mapping[str, Any]]) -> dict[str, Any]:
    """Households that wait for their first packet: of all places that may be told of, and where most wait."""
    told = [row for row in need if row["unmet"] is not None]
    return {
        "unmet": sum(row["unmet"] for row in told),
        "households": sum(row["households"] for row in told),
        "untold": len(need) - len(told),
        "waiting": [row for row in told if row["unmet"]][:FIRST_PLACES],
    }

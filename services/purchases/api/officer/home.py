"""The unit's week at a glance, and its pledge."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import UTC, date, datetime, time
from typing import Any
from urllib.parse import urlencode

from fastapi import APIRouter, Request
from fastapi.responses import Response

from services.purchases.api.officer.desk import Desk, Officer, programme_of
from services.purchases.api.officer.words import errors_of
from services.purchases.domain.draft import rupiah_of, whole_of
from services.purchases.domain.pledge import Pledge, is_missed
from services.purchases.store import book, drafts
from services.purchases.store.pledges import queries as pledges
from services.purchases.usecases.pledges import IncomingPledge, pledge, pledge_id, standing
from shared.ids import new_id
from shared.reference.model import Reference
from shared.reference.week import WEEK, closes_at, round_of, sunday_of
from shared.web.pages import see_other


@dataclass(frozen=True)
class Round:
    """A week of the unit: what was pledged for it, what was bought in it, and whether to say "belum"."""

    begins: date
    programme: str
    closes: datetime
    pledge: Pledge | None
    pledged_at: datetime | None
    is_missed: bool
    bought: dict[str, Any]

    @property
    def last_day(self) -> date:
        """Its Sunday."""
        return sunday_of(self.begins)


def routes(desk: Desk) -> APIRouter:
    """`/beranda` and `/janji`."""
    found = APIRouter(include_in_schema=False)

    @found.get("/")
    async def start() -> Response:
        return see_other("/beranda")

    @found.get("/beranda")
    async def home(request: Request, program: str = "") -> Response:
        officer = await desk.officer(request)
        seat, programme = officer.seat, programme_of(officer.city, program)
        async with desk.transaction() as tx:
            week = await _round(desk, tx, officer, programme, _this_round(desk, officer.city))
            ever = await _bought(
                tx, officer, programme, officer.city.programmes[programme].earliest_purchase_on, date.max
            )
            counts = await book.queries.count_reports(tx, tenant=seat.tenant, source=seat.source)
            begun = await drafts.listed(tx, tenant=seat.tenant, unit_code=seat.unit_code, seal_key=desk.keys.seal_key)
        return desk.show(
            officer,
            "home.html",
            menu="beranda",
            programme=officer.city.programmes[programme],
            week=week,
            ever=ever,
            counts={row["state"]: row["count"] for row in counts},
            drafts=begun,
        )

    @found.get("/janji")
    async def pledge_page(request: Request, putaran: str = "", program: str = "") -> Response:
        officer = await desk.officer(request)
        this = _this_round(desk, officer.city)
        chosen = this + WEEK if putaran == (this + WEEK).isoformat() else this
        told = request.query_params.get("hasil", "")
        return await _pledge_page(desk, officer, programme_of(officer.city, program), chosen, told=told)

    @found.post("/janji")
    async def promise(request: Request) -> Response:
        officer = await desk.officer(request)
        form = await desk.form(request, officer)
        programme = programme_of(officer.city, form["program"])
        raw = {
            "round": form["putaran"],
            "unit_code": officer.seat.unit_code,
            "programme": programme,
            "sum_idr": rupiah_of(form["jumlah"]),
            "packets": whole_of(form["paket"]),
        }
        moment = desk.clock()
        item = IncomingPledge(new_id(), officer.seat.tenant, officer.seat.source, raw, arrived_at=moment)
        async with desk.transaction() as tx:
            verdict = (await pledge(tx, [item], cities=desk.cities, now=moment))[0]
        if verdict.outcome != "rejected":
            where = {"putaran": form["putaran"], "program": programme, "hasil": verdict.outcome}
            return see_other(f"/janji?{urlencode(where)}")
        errors, labels = errors_of(verdict.reasons)
        typed = {"jumlah": form["jumlah"], "paket": form["paket"]}
        this = _this_round(desk, officer.city)
        return await _pledge_page(desk, officer, programme, this, status=422, errors=errors, labels=labels, typed=typed)

    return found


async def _pledge_page(
    desk: Desk, officer: Officer, programme: str, begins: date, *, status: int = 200, told: str = "", **refused: Any
) -> Response:
    """The pledge of a round beside what was bought, the form as it was typed or stands, and what was pledged before."""
    this, seat = _this_round(desk, officer.city), officer.seat
    async with desk.transaction() as tx:
        week = await _round(desk, tx, officer, programme, begins)
        told_before = await pledges.list_pledges(tx, tenant=seat.tenant, unit_code=seat.unit_code)
    stands = week.pledge
    typed = {"jumlah": f"{stands.sum_idr}" if stands else "", "paket": f"{stands.packets}" if stands else ""}
    return desk.show(
        officer,
        "pledge.html",
        status,
        menu="janji",
        week=week,
        rounds=[this, this + WEEK],
        own_source=seat.source,
        sunday_of=sunday_of,
        past=[row for row in told_before if row["round"] < this],
        told=told,
        **{"typed": typed, **refused},
    )


async def _round(desk: Desk, tx: Any, officer: Officer, programme: str, begins: date) -> Round:
    city, seat, now = officer.city, officer.seat, desk.clock()
    row = await pledges.find_pledge(tx, pledge_id=pledge_id(seat.tenant, seat.unit_code, programme, begins))
    stands = standing(row) if row else None
    return Round(
        begins,
        programme,
        closes_at(begins, city.zone),
        stands,
        row["pledged_at"] if row else None,
        is_missed(stands, begins, now, city.zone),
        await _bought(tx, officer, programme, begins, begins + WEEK),
    )


async def _bought(tx: Any, officer: Officer, programme: str, begins: date, ends: date) -> dict[str, Any]:
    row = await book.queries.find_bought(
        tx,
        tenant=officer.seat.tenant,
        unit_code=officer.seat.unit_code,
        source=officer.seat.source,
        programme=programme,
        begins=_utc_text(begins, officer.city),
        ends=_utc_text(ends, officer.city),
        kits=[sku for sku, product in officer.city.products.items() if product.contents],
    )
    return dict(row)


def _utc_text(day: date, city: Reference) -> str:
    """The begin of a day as content writes moments, without its Z: text is then compared as time."""
    if day == date.max:
        return "9999"
    return datetime.combine(day, time.min, city.zone).astimezone(UTC).strftime("%Y-%m-%dT%H:%M:%S")


def _this_round(desk: Desk, city: Reference) -> date:
    return round_of(city.date_of(desk.clock()))

"""`/koordinator/kertas`: what a team wrote on its printed list is typed in, a line for each door. Plain forms."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import UTC, datetime
from typing import Any
from urllib.parse import quote

from fastapi import APIRouter, Request
from fastapi.responses import Response
from pydantic import ValidationError

from services.distribution.api.report_form import MODELS, are_parts, number, parts_of
from services.distribution.api.signing import COORDINATORS, Entrance, Guest
from services.distribution.domain import words
from services.distribution.usecases import paper
from services.distribution.usecases.coordinating import ElsewhereError
from services.distribution.usecases.coordinators import Coordinator
from services.distribution.usecases.paper import Line
from shared.ids import derived_id
from shared.web.forms import Form
from shared.web.pages import see_other
from shared.web.problems import NotFoundError

SHEET = f"{COORDINATORS.home}/kertas"
FIELDS = ("hasil", "kode", "jam", "catatan")  # of a line; each with the door's task behind it
TASK_LENGTH = 36  # of a task's id in the name of a field; what is behind it is a lot's
Desk = Entrance[Coordinator]


def address_of(base: str, team: str) -> str:
    """Where the list of a team is typed in: what the QR code on its paper says."""
    return f"{base.rstrip('/')}{SHEET}?tim={quote(team)}"


def routes(desk: Desk) -> APIRouter:
    """`/koordinator/kertas`."""
    found = APIRouter(include_in_schema=False)

    @found.get(SHEET)
    async def sheet(request: Request, tim: str = "", kabar: str = "") -> Response:
        guest = await desk.guest(request)
        return await _page(desk, guest, tim, Form({}), news=words.decided(kabar))

    @found.post(SHEET)
    async def type_in(request: Request) -> Response:
        guest = await desk.guest(request)
        form = await desk.form(request, guest)
        named = (name.partition("-") for name in form.fields if form[name])
        told = dict.fromkeys(task for field, _, task in named if field in FIELDS)
        if not told:
            return see_other(f"{address_of('', form['tim'])}&kabar=EMPTY_SHEET")
        refused = {task: why for task in told if (why := _lacks(form, task, guest))}
        lines = [
            Line(_report(form, task, guest), when)
            for task in told
            if task not in refused and (when := _time(form, task, guest))
        ]
        try:
            async with desk.pool.acquire() as tx, tx.transaction():
                verdicts = await paper.type_in(tx, guest.city, guest.who, lines, keys=desk.keys, now=desk.clock())
        except ElsewhereError:
            raise NotFoundError from None
        refused |= {str(verdict.task_id): verdict.outcome for verdict in verdicts if verdict.outcome.isupper()}
        if not refused:
            return see_other(f"{address_of('', form['tim'])}&kabar=typed")
        again = ("", *refused)
        left = {name: typed for name, typed in form.fields.items() if name.partition("-")[2][:TASK_LENGTH] in again}
        return await _page(desk, guest, form["tim"], Form(left), refused, status=422)

    return found


async def _page(
    desk: Desk,
    guest: Guest[Coordinator],
    team: str,
    form: Form,
    refused: dict[str, str] | None = None,
    *,
    news: str = "",
    status: int = 200,
) -> Response:
    """The sheet of a team; of what was `refused` why, and what was typed."""
    async with desk.pool.acquire() as tx, tx.transaction(readonly=True):
        packets = await paper.load(tx, guest.city, guest.who, team)
    shown: dict[str, Any] = {"team": team, "packets": packets, "form": form, "results": words.on_paper, "news": news}
    why = {task: words.decided(outcome) for task, outcome in (refused or {}).items()}
    on_sheet: Sequence[str] = [str(packet.row["task_id"]) for packet in packets]
    return desk.show(
        guest,
        "coordination_paper.html",
        status,
        **shown,
        refused=why,
        on_sheet=on_sheet,
        today=guest.city.date_of(desk.clock()),
        statuses=words.STATUSES,
    )


def _time(form: Form, task: str, guest: Guest[Coordinator]) -> datetime | None:
    """When a door's line says that it happened; None where it does not say so."""
    try:
        at = datetime.fromisoformat(f"{form['tanggal']}T{form[f'jam-{task}']}")
        return at.replace(tzinfo=guest.city.zone).astimezone(UTC)
    except (ValueError, OverflowError):
        return None


def _lacks(form: Form, task: str, guest: Guest[Coordinator]) -> str:
    """What a door's line does not say; empty when it says enough."""
    kind, detail = _result(form, task)
    if not kind or (detail == "code" and not form[f"kode-{task}"]):
        return "NO_RESULT"
    if kind == "deliver" and not are_parts(parts_of(form, f"{task}-")):
        return "NOT_IN_THIS_PACKET"
    return "" if _time(form, task, guest) else "NO_TIME"


def _result(form: Form, task: str) -> tuple[str, str]:
    """The kind of report and its detail; a code alone says that the packet stands at the door."""
    kind, _, detail = (form[f"hasil-{task}"] or ("deliver:code" if form[f"kode-{task}"] else "")).partition(":")
    return kind, detail


def _report(form: Form, task: str, guest: Guest[Coordinator]) -> Any:
    """A door's line as its team would report it; the same line is the same report, also when it is sent twice."""
    kind, detail = _result(form, task)
    parts = parts_of(form, f"{task}-") if kind == "deliver" else []
    said = [*(form[f"{name}-{task}"] for name in (*FIELDS, "versi")), *(f"{part}" for part in parts)]
    by_code = detail == "code"
    fields = {
        "report_id": derived_id("paper", guest.city.tenant, form["tim"], task, form["tanggal"], *said),
        "task_id": task,
        "team": form["tim"],
        "version": number(form[f"versi-{task}"]),
        "proof_kind": "code" if by_code else "witness",
        "proof": form[f"kode-{task}"] if by_code else detail,
        "reason": detail,
        "to": detail,
        "note": form[f"catatan-{task}"],
        "parts": parts,
    }
    try:
        return MODELS[kind].model_validate(fields)
    except (KeyError, ValidationError):
        raise NotFoundError(hint="Lembar ini tidak lengkap. Buka lagi halaman ini.") from None

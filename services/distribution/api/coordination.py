"""The coordinators' pages: a place on one page, each packet on its own, and what a coordinator decides. Plain forms."""

from __future__ import annotations

from collections.abc import Awaitable, Callable
from typing import Any, cast, get_args
from urllib.parse import quote
from uuid import UUID

from fastapi import APIRouter, Request
from fastapi.responses import Response

from services.distribution.api.signing import COORDINATORS, Entrance, Guest
from services.distribution.domain import words
from services.distribution.usecases import coordinating, coordination
from services.distribution.usecases.coordinating import ElsewhereError, Keep, Word
from services.distribution.usecases.coordinators import Coordinator
from shared.database.pool import Transaction
from shared.web.forms import Form
from shared.web.pages import see_other
from shared.web.problems import NotFoundError

HOME = COORDINATORS.home
MOST_DIGITS = 8
Decide = Callable[[Transaction, Word, Form], Awaitable[str]]
Desk = Entrance[Coordinator]


def routes(desk: Desk) -> APIRouter:
    """`/koordinator` and what is decided there."""
    found = APIRouter(include_in_schema=False)
    found.include_router(_pages(desk))
    found.include_router(_decisions(desk))
    return found


def _pages(desk: Desk) -> APIRouter:
    found = APIRouter(include_in_schema=False)

    @found.get(HOME)
    async def overview(request: Request, kabar: str = "") -> Response:
        guest = await desk.guest(request)
        async with desk.pool.acquire() as tx, tx.transaction(readonly=True):
            seen = await coordination.load(tx, guest.city, guest.who, desk.clock())
        return _show(desk, guest, "coordination.html", kabar, seen=seen)

    @found.get(f"{HOME}/paket/{{task_id}}")
    async def packet(request: Request, task_id: UUID, kabar: str = "") -> Response:
        guest = await desk.guest(request)
        async with desk.pool.acquire() as tx, tx.transaction(readonly=True):
            seen = await coordination.find_packet(tx, guest.city, guest.who, task_id, desk.clock())
        if seen is None:
            raise NotFoundError
        return _show(desk, guest, "coordination_packet.html", kabar, packet=seen)

    return found


def _decisions(desk: Desk) -> APIRouter:
    found = APIRouter(include_in_schema=False)

    @found.post(f"{HOME}/paket/{{task_id}}/alihkan")
    async def give_turn(request: Request, task_id: UUID) -> Response:
        async def decide(tx: Transaction, word: Word, form: Form) -> str:
            return await coordinating.give_turn(tx, word, task_id, _version(form), form["tim"])

        return await _decide(desk, request, decide, f"{HOME}/paket/{task_id}")

    @found.post(f"{HOME}/paket/{{task_id}}/tarik")
    async def call_back(request: Request, task_id: UUID) -> Response:
        async def decide(tx: Transaction, word: Word, form: Form) -> str:
            return await coordinating.call_back(tx, word, task_id, _version(form))

        return await _decide(desk, request, decide, f"{HOME}/paket/{task_id}")

    @found.post(f"{HOME}/paket/{{task_id}}/laporan/{{report_id}}")
    async def settle(request: Request, task_id: UUID, report_id: UUID) -> Response:
        async def decide(tx: Transaction, word: Word, form: Form) -> str:
            if form["pakai"] not in get_args(Keep):
                raise NotFoundError
            return await coordinating.settle(tx, word, report_id, cast(Keep, form["pakai"]))

        return await _decide(desk, request, decide, f"{HOME}/paket/{task_id}")

    @found.post(f"{HOME}/paket/{{task_id}}/jawaban")
    async def answer(request: Request, task_id: UUID) -> Response:
        async def decide(tx: Transaction, word: Word, form: Form) -> str:
            if form["jawab"] not in words.REPLIES:
                raise NotFoundError
            return await coordinating.answer_case(tx, word, task_id, form["jawab"])

        return await _decide(desk, request, decide, f"{HOME}/paket/{task_id}")

    @found.post(f"{HOME}/tim")
    async def pause(request: Request) -> Response:
        async def decide(tx: Transaction, word: Word, form: Form) -> str:
            return await coordinating.pause(tx, word, form["tim"], is_paused=form["jeda"] == "ya")

        return await _decide(desk, request, decide, HOME)

    @found.post(f"{HOME}/tim/perangkat/{{device}}")
    async def cut_off(request: Request, device: UUID) -> Response:
        async def decide(tx: Transaction, word: Word, form: Form) -> str:
            return await coordinating.cut_off(tx, word, form["tim"], device)

        return await _decide(desk, request, decide, HOME)

    return found


async def _decide(desk: Desk, request: Request, decide: Decide, back: str) -> Response:
    """What a form decides, in one transaction; then the page that it came from, with what became of it."""
    guest = await desk.guest(request)
    form = await desk.form(request, guest)
    word = Word(guest.who, guest.city, form["alasan"], desk.clock())
    try:
        async with desk.pool.acquire() as tx, tx.transaction():
            outcome = await decide(tx, word, form)
    except ElsewhereError:
        raise NotFoundError from None
    return see_other(f"{back}?kabar={quote(outcome)}")


def _show(desk: Desk, guest: Guest[Coordinator], template: str, kabar: str, **context: Any) -> Response:
    return desk.show(
        guest,
        template,
        news=words.decided(kabar),
        is_refused=kabar.isupper(),
        reports=words.REPORTS,
        reasons=words.REASONS,
        statuses=words.STATUSES,
        hands=words.HANDS,
        acts=words.ACTS,
        replies=words.REPLIES,
        outcome_of=words.told,
        **context,
    )


def _version(form: Form) -> int:
    """The packet's version when the form was shown; 0, which none has, for anything else."""
    told = form["versi"]
    return int(told) if told.isdecimal() and len(told) < MOST_DIGITS else 0

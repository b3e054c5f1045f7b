"""Writing a purchase step by step, without a script: each step is kept, each refusal stands beside its field."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from typing import Any
from uuid import UUID

from fastapi import APIRouter, Request
from fastapi.responses import Response

from services.purchases.api.officer import goods, words
from services.purchases.api.officer.desk import Desk, Officer, programme_of
from services.purchases.domain.checking import Checked, check
from services.purchases.domain.draft import Draft, moment_of, payers_of, total_of
from services.purchases.store.registry import load_turnover
from services.purchases.usecases import drafting
from shared.contracts.reasons import Reason
from shared.reference.model import Reference
from shared.reference.search import search_sellers
from shared.web.forms import Form
from shared.web.pages import see_other
from shared.web.problems import NotFoundError

NEXT = dict(zip(words.STEPS, list(words.STEPS)[1:], strict=False))
MOST_SELLERS = 20
GONE = "Draf ini sudah dikirim atau dibuang."


def routes(desk: Desk) -> APIRouter:
    """`/belanja/baru` and `/belanja/draf/…`."""
    found = APIRouter(include_in_schema=False)

    @found.get("/belanja/baru")
    async def choose_seller(request: Request, cari: str = "", saluran: str = "", program: str = "") -> Response:
        officer = await desk.officer(request)
        programme = programme_of(officer.city, program)
        return await _seller_page(desk, officer, "/belanja/baru", cari, saluran, programme=programme)

    @found.post("/belanja/baru")
    async def begin(request: Request) -> Response:
        officer = await desk.officer(request)
        form = await desk.form(request, officer)
        programme = programme_of(officer.city, form["program"])
        if form["penjual"] not in officer.city.sellers:
            errors = {"penjual": ["Pilih penjual."]}
            return await _seller_page(desk, officer, "/belanja/baru", programme=programme, errors=errors)
        local = desk.clock().astimezone(officer.city.zone)
        draft = Draft(
            programme=programme,
            seller_code=form["penjual"],
            bought_on=local.date().isoformat(),
            bought_at=f"{local:%H:%M}",
        )
        async with desk.transaction() as tx:
            identity = await drafting.keep(tx, draft, officer.seat, keys=desk.keys, now=desk.clock())
        return see_other(_path(identity, "barang"))

    @found.get("/belanja/draf/{draft_id}/{step}")
    async def step_page(request: Request, draft_id: UUID, step: str, cari: str = "", saluran: str = "") -> Response:
        officer = await desk.officer(request)
        draft = await _draft(desk, draft_id, officer)
        return await _step_page(desk, officer, draft_id, draft, step, query=cari, channel=saluran)

    @found.post("/belanja/draf/{draft_id}/kirim")
    async def send(request: Request, draft_id: UUID) -> Response:
        officer = await desk.officer(request)
        await desk.form(request, officer)
        draft = await _draft(desk, draft_id, officer)
        if check(draft, officer.seat.unit_code, officer.city, desk.clock()).reasons:
            return see_other(_path(draft_id, "periksa"))
        async with desk.transaction() as tx:
            verdict = await drafting.send(
                tx, draft_id, officer.seat, cities=desk.cities, keys=desk.keys, now=desk.clock()
            )
        if verdict is None:
            return see_other("/belanja")
        if verdict.outcome == "rejected":
            return await _step_page(desk, officer, draft_id, draft, "periksa", status=422, refused=verdict.reasons)
        if verdict.outcome == "waiting":
            return see_other("/belanja?status=waiting")
        return see_other(f"/belanja/{verdict.purchase_id}?hasil={verdict.outcome}")

    @found.post("/belanja/draf/{draft_id}/hapus")
    async def give_up(request: Request, draft_id: UUID) -> Response:
        officer = await desk.officer(request)
        await desk.form(request, officer)
        await _draft(desk, draft_id, officer)
        async with desk.transaction() as tx:
            await drafting.drop(tx, draft_id, officer.seat)
        return see_other("/beranda")

    @found.post("/belanja/draf/{draft_id}/{step}")
    async def take_step(request: Request, draft_id: UUID, step: str) -> Response:
        officer = await desk.officer(request)
        form = await desk.form(request, officer)
        draft = await _draft(desk, draft_id, officer)
        if step not in WRITTEN:
            raise NotFoundError
        after = WRITTEN[step](draft, form, officer.city)
        async with desk.transaction() as tx:
            await drafting.keep(tx, after, officer.seat, keys=desk.keys, now=desk.clock(), draft_id=draft_id)
        if step == "barang" and form["aksi"] != "lanjut":
            return see_other(_path(draft_id, "barang") + goods.place_after(form, after))
        checked = check(after, officer.seat.unit_code, officer.city, desk.clock())
        errors, labels = words.errors_of(checked.reasons, step)
        if errors:
            return await _step_page(desk, officer, draft_id, after, step, status=422, errors=errors, labels=labels)
        return see_other(_path(draft_id, "periksa" if form["kembali"] else NEXT[step]))

    return found


async def _draft(desk: Desk, draft_id: UUID, officer: Officer) -> Draft:
    async with desk.transaction() as tx:
        draft = await drafting.find(tx, draft_id, officer.seat, desk.keys)
    if draft is None:
        raise NotFoundError(hint=GONE)
    return draft


def _path(draft_id: UUID, step: str) -> str:
    return f"/belanja/draf/{draft_id}/{step}"


async def _seller_page(
    desk: Desk,
    officer: Officer,
    action: str,
    query: str = "",
    channel: str = "",
    *,
    programme: str,
    errors: dict[str, list[str]] | None = None,
    **more: Any,
) -> Response:
    """Sellers that fit the words and the channel, each to be chosen with one press."""
    city = officer.city
    sellers = search_sellers(query, city, channel, day=desk.today(city), sold=await load_turnover(desk.pool, city))
    return desk.show(
        officer,
        "seller.html",
        422 if errors else 200,
        menu="belanja",
        action=action,
        step="penjual",
        steps=words.STEPS,
        query=query,
        channel=channel,
        programme=programme,
        channels=words.channels_of(officer.city),
        sellers=[(seller, city.regions[seller.kelurahan_code].name) for seller in sellers[:MOST_SELLERS]],
        count=len(sellers),
        errors=errors or {},
        labels={"penjual": "Penjual"},
        **more,
    )


async def _step_page(
    desk: Desk,
    officer: Officer,
    draft_id: UUID,
    draft: Draft,
    step: str,
    *,
    status: int = 200,
    query: str = "",
    channel: str = "",
    errors: dict[str, list[str]] | None = None,
    labels: dict[str, str] | None = None,
    refused: Sequence[Reason] = (),
) -> Response:
    """A step with the form filled; reasons beside their fields after it was sent."""
    if step not in words.STEPS:
        raise NotFoundError
    if step == "penjual":
        return await _seller_page(
            desk, officer, _path(draft_id, step), query, channel, programme=draft.programme, draft=draft
        )
    checked = check(draft, officer.seat.unit_code, officer.city, desk.clock())
    context: dict[str, Any] = {"errors": errors or {}, "labels": labels or {}}
    if step == "periksa":
        context |= _final(checked, draft, officer.city, refused)
    if step == "barang":
        context |= goods.context(draft, officer.city, query, desk.today(officer.city))
    if step == "nota":
        context["kelurahan"] = _kelurahan(officer.city)
        context["purposes"] = list(words.purposes_of(officer.city, draft.programme).items())
    programme = officer.city.programmes.get(draft.programme)
    return desk.show(
        officer,
        {"barang": "goods.html", "nota": "receipt.html", "unggahan": "post.html", "periksa": "check.html"}[step],
        status,
        menu="belanja",
        draft=draft,
        draft_id=draft_id,
        step=step,
        steps=words.STEPS,
        seller=officer.city.sellers.get(draft.seller_code),
        channels=words.channels_of(officer.city),
        total=total_of(draft),
        hashtags=sorted(programme.hashtags) if programme else [],
        basis=programme.basis if programme else "",
        is_correction=draft.corrects is not None,
        **context,
    )


def _final(checked: Checked, draft: Draft, city: Reference, refused: Sequence[Reason]) -> dict[str, Any]:
    """What the check page shows: the whole purchase as it is understood, what is against it, what could be better."""
    pickup = city.regions.get(draft.pickup)
    payers = list(payers_of(draft.contributors)) if draft.payer == "contributors" else []
    sums = [payer["amount_idr"] for payer in payers if isinstance(payer["amount_idr"], int)]
    return {
        "reasons": [
            (*words.place_of(reason.path), words.sentence_of(reason)) for reason in (refused or checked.reasons)
        ],
        "is_refused": bool(refused),
        "hints": checked.hints,
        "goods": goods.understood(draft, checked.raw, city),
        "bought_at": moment_of(checked.raw),
        "pickup": pickup.name if pickup else "",
        "purpose": words.purposes_of(city, draft.programme).get(draft.purpose, ""),
        "payer_count": len(payers),
        "given": sum(sums),
        "post_tags": checked.raw["posts"][0]["hashtags"] if checked.raw["posts"] else [],
    }


def _kelurahan(city: Reference) -> list[tuple[str, str]]:
    """Kelurahan by name, each with its kecamatan: Depok has two that are called Curug."""
    named = [(code, city.regions[code]) for code in city.kelurahan]
    shown = [(code, f"{region.name}, {city.regions[region.kecamatan_code].name}") for code, region in named]
    return sorted(shown, key=lambda item: item[1])


def _with_seller(draft: Draft, form: Form, city: Reference) -> Draft:
    return draft.model_copy(update={"seller_code": form["penjual"]})


def _with_receipt(draft: Draft, form: Form, city: Reference) -> Draft:
    told = {
        "bought_on": form["tanggal"],
        "bought_at": form["jam"],
        "purpose": "own_use" if form["tujuan"] == "own_use" else "donation",
        "pickup": form["kelurahan"],
        "payer": "contributors" if form["pembayar"] == "contributors" else "buyer",
        "nip": form["nip"],
        "contributors": form["penyumbang"],
    }
    if draft.corrects is None:  # a correction names its purchase by this number
        told["reference"] = form["nota"]
    return draft.model_copy(update=told)


def _with_post(draft: Draft, form: Form, city: Reference) -> Draft:
    by = "unit" if form["oleh"] == "unit" else "asn"
    return draft.model_copy(update={"post_url": form["tautan"], "hashtags": form["tagar"], "post_by": by})


WRITTEN: dict[str, Callable[[Draft, Form, Reference], Draft]] = {
    "penjual": _with_seller,
    "barang": goods.written,
    "nota": _with_receipt,
    "unggahan": _with_post,
}

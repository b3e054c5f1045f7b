"""The form of a new household: six fields, and what more is known."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import date, datetime, time
from typing import Any

from fastapi import APIRouter, Request
from fastapi.responses import Response
from pydantic import ValidationError

from services.distribution.api.registrar import words
from services.distribution.api.registrar.desk import Desk, Registrar
from services.distribution.domain.eligibility import in_words
from services.distribution.usecases.households import register
from shared.contracts.field import HouseholdReport
from shared.contracts.reasons import Reason, reasons_of_form
from shared.ids import new_id
from shared.reference.model import FIRST_PROGRAMME, Reference
from shared.web.forms import Form
from shared.web.pages import see_other


def routes(desk: Desk) -> APIRouter:
    """`/keluarga/baru`."""
    found = APIRouter(include_in_schema=False)

    @found.get("/keluarga/baru")
    async def form_page(request: Request) -> Response:
        return _form_page(desk, desk.registrar(request), Form({"nomor": [str(new_id())]}), ())

    @found.post("/keluarga/baru")
    async def tell(request: Request) -> Response:
        registrar = desk.registrar(request)
        form = await desk.form(request, registrar)
        try:
            report = HouseholdReport.model_validate(raw_of(form, registrar.city))
        except ValidationError as error:
            return _form_page(desk, registrar, form, reasons_of_form(error))
        async with desk.transaction() as tx:
            [verdict] = await register(
                tx,
                [(registrar.source, report)],
                reference=registrar.city,
                keys=desk.keys,
                now=desk.clock(),
                scope=registrar.scope,
            )
        if verdict.outcome == "rejected":
            return _form_page(desk, registrar, form, verdict.reasons)
        result = "told" if verdict.was_told else verdict.outcome
        return see_other(f"/keluarga/{verdict.household_id}?hasil={result}")

    return found


def raw_of(form: Form, city: Reference) -> dict[str, Any]:
    """What was filled in, as the contract has it; what was left empty is left out."""
    people = {"name": form["nama"], "address": form["alamat"], "phone": form["hp"], "nik": form["nik"]}
    raw: dict[str, Any] = {
        "household_ref": form["nomor"],
        "kelurahan": form["kelurahan"],
        "people": {name: value for name, value in people.items() if value},
        "groups": form.all("kelompok"),
        "allergens": form.all("alergi"),
        "is_aparatur": form["status"] == "aparatur",
    }
    raw |= {path: number(form[name]) for name, path in (("jumlah", "size"), ("rw", "rw")) if form[name]}
    if form["program"]:
        raw["programme"] = form["program"]
    programme = city.programmes.get(form["program"] or FIRST_PROGRAMME)
    is_plain = bool(form["selesai"]) or (programme is not None and not programme.has_isolation)
    if form["tanggal"] and is_plain and not form["kasus"]:
        raw["isolation_from"] = begin_of(form["tanggal"], city)
    elif form["kasus"] or form["tanggal"]:
        case = {"kind": form["kasus"], "counted_from": form["tanggal"], "last_symptom_on": form["gejala"]}
        raw["cases"] = [{name: value for name, value in case.items() if value}]
    if form["selesai"]:
        raw["isolation_until"] = begin_of(form["selesai"], city)
    if form["bantuan"]:
        raw["other_aid"] = [{"kind": form["bantuan"], "at": begin_of(form["tanggal_bantuan"], city)}]
    return raw


def begin_of(day: str, city: Reference) -> str:
    """A day of a form as its first moment in the city; what is no day stays what it is, to be refused."""
    try:
        return datetime.combine(date.fromisoformat(day), time.min, city.zone).isoformat()
    except ValueError:
        return day


def errors_of(reasons: Sequence[Reason]) -> dict[str, list[str]]:
    """Sentences by the fields of the form."""
    found: dict[str, list[str]] = {}
    for reason in reasons:
        found.setdefault(words.FIELDS.get(reason.path, "nama"), []).append(reason.message)
    return found


def number(text: str) -> int | str:
    """A whole number of a form; what is none stays what it is, to be refused."""
    return int(text) if text.isdecimal() and len(text) < 6 else text


def _form_page(desk: Desk, registrar: Registrar, form: Form, reasons: Sequence[Reason]) -> Response:
    places = registrar.places
    return desk.show(
        registrar,
        "registrar_form.html",
        422 if reasons else 200,
        form=form,
        places=places,
        kelurahan=form["kelurahan"] or (places[0][0] if len(places) == 1 else ""),
        groups=words.GROUPS.items(),
        allergens=words.ALLERGENS.items(),
        cases=words.CASES.items(),
        aids=words.AIDS.items(),
        programmes=[(code, cause.name) for code, cause in sorted(registrar.city.programmes.items())],
        programme=form["program"] or FIRST_PROGRAMME,
        recipients=[
            (cause.name, in_words(cause, registrar.city)) for _, cause in sorted(registrar.city.programmes.items())
        ],
        errors=errors_of(reasons),
        labels=words.LABELS,
    )

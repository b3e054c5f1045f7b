"""The field page: a team's doors on a phone. Plain forms; its script only queues what they would send."""

from __future__ import annotations

import gzip
import hashlib
import mimetypes
from datetime import UTC, datetime
from functools import cache
from pathlib import Path
from typing import Annotated, Any
from urllib.parse import quote
from uuid import UUID

from fastapi import APIRouter, Header, Query, Request
from fastapi.responses import HTMLResponse, JSONResponse, Response
from pydantic import ValidationError

from services.distribution.api.field import Bytes, Digest, Length, take_piece
from services.distribution.api.paper import address_of
from services.distribution.api.report_form import MODELS, number, parts_of
from services.distribution.api.signing import HOME, Field, Guest
from services.distribution.documents import qr
from services.distribution.domain import notice, words
from services.distribution.domain.proof import MOST_PHOTO_BYTES, is_photo
from services.distribution.store import photos
from services.distribution.store.photos import NotAPhotoError, Upload
from services.distribution.usecases import moral, pickups, shift
from services.distribution.usecases import tasks as task_usecase
from services.distribution.usecases.moral import protocol_of
from services.distribution.usecases.pickups import Turn
from services.distribution.usecases.shift import Shift
from services.distribution.usecases.tasks import Paper, Verdict
from services.distribution.usecases.teams import Team
from shared.contracts.field import AnyTaskReport, TaskAccept, TaskDelivery
from shared.ids import derived_id
from shared.web.bodies import read_body
from shared.web.forms import Form, check_key, give_cookie, read_parts
from shared.web.pages import OWN_SCRIPT, see_other
from shared.web.problems import NotFoundError

STATIC = Path(__file__).parent / "static"
READ = "peduli_protokol"  # the cookie of a device on which the protocol was acknowledged: which, and when
DAY_SECONDS = 24 * 3600
MOST_DOORS = 80  # as many as a page lists
Key = Annotated[str, Header(alias="Peduli-Kunci")]


@cache
def _static(name: str) -> bytes:
    return (STATIC / name).read_bytes()


def script_address() -> str:
    """The address of the page's script; it changes with its content."""
    return f"/lapangan/field.js?v={hashlib.sha256(_static('field.js')).hexdigest()[:12]}"


def routes(field: Field) -> APIRouter:
    """`/lapangan` and what it needs."""
    found = APIRouter(include_in_schema=False)
    for part in (_pages, _reports, _photos, _assets):
        found.include_router(part(field))
    return found


def _pages(field: Field) -> APIRouter:
    found = APIRouter(include_in_schema=False)

    @found.get("/")
    async def start() -> Response:
        return see_other(HOME)

    @found.get(HOME)
    async def doors(request: Request, kabar: str = "") -> Response:
        volunteer = await field.guest(request)
        today, turns = await _shift(field, volunteer), await _turns(field, volunteer)
        is_read = request.cookies.get(READ) == protocol_of(volunteer.city, field.clock()).stamp
        page = _shift_page(field, volunteer, today, turns, words.told(kabar), is_read=is_read)
        page.headers["Peduli-Until"] = f"{int(volunteer.session.expires_at.timestamp())}"
        return _small(request, page)

    @found.get("/lapangan/keadaan")
    async def changes(request: Request, tugas: Annotated[list[UUID], Query(max_length=MOST_DOORS)]) -> Response:
        """For the page that a phone kept: what became of its doors meanwhile."""
        volunteer = await field.guest(request)
        async with field.pool.acquire() as tx, tx.transaction(readonly=True):
            found = await shift.changes(tx, volunteer.city, volunteer.who, tugas)
        told = [
            {"tugas": str(one.task_id), "kode": one.code, "kata": words.MEANWHILE[one.code], "sendiri": one.is_own}
            for one in found
        ]
        return JSONResponse(told, headers={"Cache-Control": "no-store"})

    @found.get("/lapangan/cetak")
    async def printed(request: Request) -> Response:
        volunteer = await field.guest(request)
        today = await _shift(field, volunteer)
        picture = qr.svg(address_of(str(request.base_url), volunteer.who.name))
        return _small(request, field.show(volunteer, "field_print.html", doors=today.mine, picture=picture))

    return found


def _reports(field: Field) -> APIRouter:
    found = APIRouter(include_in_schema=False)

    @found.post("/lapangan/ambil")
    async def accept(request: Request) -> Response:
        volunteer = await field.guest(request)
        form = await field.form(request, volunteer)
        outcome, of_form = "", ("accept", form["muat"], form["diambil"])
        for told in form.all("tugas"):
            task, _, version = told.partition(" ")
            fields = {
                "task_id": task,
                "report_id": _id_of(volunteer, *of_form, task, version),
                "fetched": "ya" in (form["diambil"], form["kertas"]),  # from paper nobody presses a button on the way
            }
            paper = Paper() if form["kertas"] else None
            verdict = await _report(field, volunteer, TaskAccept, fields, paper)
            outcome = outcome if outcome.isupper() else verdict.outcome
        return see_other(f"{HOME}?kabar={quote(outcome)}")

    @found.post("/lapangan/jadwal")
    async def choose(request: Request) -> Response:
        volunteer = await field.guest(request)
        form = await field.form(request, volunteer)
        try:
            begins = datetime.fromisoformat(form["waktu"]).astimezone(UTC)
        except (ValueError, OverflowError):
            raise NotFoundError from None
        async with field.pool.acquire() as tx, tx.transaction():
            place = form["lumbung"] or volunteer.who.place
            outcome = await pickups.choose(tx, volunteer.city, volunteer.who, place, begins, field.clock())
        return see_other(f"{HOME}?kabar={outcome}")

    @found.post("/lapangan/protokol")
    async def acknowledge(request: Request) -> Response:
        """The protocol was read on this device today; only how often is kept."""
        volunteer = await field.guest(request)
        await field.form(request, volunteer)
        told = protocol_of(volunteer.city, field.clock())
        if request.cookies.get(READ) != told.stamp:
            async with field.pool.acquire() as tx, tx.transaction():
                await moral.acknowledge(tx, volunteer.who, told)
        answer = see_other(f"{HOME}?kabar=protocol_read")
        give_cookie(answer, request, READ, told.stamp, DAY_SECONDS)
        return answer

    @found.post("/lapangan/laporan")
    async def report(request: Request) -> Response:
        volunteer = await field.guest(request)
        form = await field.form(request, volunteer)
        if form["jenis"] not in MODELS:
            raise NotFoundError
        verdict = await _report(field, volunteer, MODELS[form["jenis"]], _fields(volunteer, form))
        if "text/html" in request.headers.get("accept", ""):
            return see_other(f"{HOME}?kabar={quote(verdict.outcome)}")
        answer = {"outcome": verdict.outcome, "status": verdict.status, "message": words.told(verdict.outcome)}
        return JSONResponse(answer, 409 if verdict.outcome.isupper() else 200)

    return found


def _photos(field: Field) -> APIRouter:
    found = APIRouter(include_in_schema=False)

    @found.post("/lapangan/foto/{task_id}")
    async def whole(request: Request, task_id: UUID, versi: int) -> Response:
        """A photo by a plain form: all of it at once, and then its report.

        That of a packet which the team does not hold any more is not kept. Its report is: another's word on that door.
        """
        volunteer = await field.guest(request)
        parts = await read_parts(request, await read_body(request, 40 * MOST_PHOTO_BYTES))
        check_key(parts.key, field.keys.hash_key, volunteer.token)
        content = parts.file[1] if parts.file else b""
        if len(content) > MOST_PHOTO_BYTES:
            return see_other(f"{HOME}?kabar=PHOTO_TOO_LARGE")
        digest = hashlib.sha256(content).hexdigest()
        if await _holds(field, volunteer, task_id):
            try:
                await _keep(field, Upload(task_id, volunteer.who.name, digest, len(content)), content)
            except NotAPhotoError:
                return see_other(f"{HOME}?kabar=NOT_A_PHOTO")
        fields = {
            "task_id": task_id,
            "report_id": _id_of(volunteer, str(task_id), str(versi), digest),
            "version": versi,
            "proof_kind": "photo",
            "proof": digest,
        }
        verdict = await _report(field, volunteer, TaskDelivery, fields)
        return see_other(f"{HOME}?kabar={quote(verdict.outcome)}")

    @found.head("/lapangan/foto/{task_id}/{digest}")
    async def offset_of(request: Request, task_id: UUID, digest: Digest) -> Response:
        volunteer = await field.guest(request)
        await _must_hold(field, volunteer, task_id)
        team = volunteer.who.name
        received = await photos.queries.find_received(field.pool, task_id=task_id, team=team, digest=digest)
        return Response(headers={"Upload-Offset": str(received or 0)})

    @found.patch("/lapangan/foto/{task_id}/{digest}")
    async def piece(
        request: Request, task_id: UUID, digest: Digest, offset: Bytes, length: Length, key: Key
    ) -> Response:
        volunteer = await field.guest(request)
        check_key(key, field.keys.hash_key, volunteer.token)
        await _must_hold(field, volunteer, task_id)
        return await take_piece(
            field.pool, field.keys, request, Upload(task_id, volunteer.who.name, digest, length), offset
        )

    return found


def _assets(field: Field) -> APIRouter:
    """The script, the worker, and what makes the page an app."""
    found = APIRouter(include_in_schema=False)

    @found.get("/lapangan/{name}")
    async def asset(request: Request, name: str) -> Response:
        if name not in ("field.js", "worker.js", "app.webmanifest"):
            raise NotFoundError
        kept = "public, max-age=31536000, immutable" if request.query_params.get("v") else "no-cache"
        headers = {"Cache-Control": kept, "X-Content-Type-Options": "nosniff", "Service-Worker-Allowed": HOME}
        if name == "worker.js":
            headers |= OWN_SCRIPT
        kind = "application/manifest+json" if name.endswith("manifest") else mimetypes.guess_type(name)[0]
        return _small(request, Response(_static(name), headers=headers, media_type=kind))

    return found


async def _shift(field: Field, volunteer: Guest[Team]) -> Shift:
    async with field.pool.acquire() as tx, tx.transaction():
        return await shift.load(tx, volunteer.city, volunteer.who, field.keys.seal_key, field.clock())


async def _turns(field: Field, volunteer: Guest[Team]) -> list[Turn]:
    async with field.pool.acquire() as tx, tx.transaction(readonly=True):
        return await pickups.load(tx, volunteer.city, volunteer.who, field.clock())


def _shift_page(
    field: Field, volunteer: Guest[Team], today: Shift, turns: list[Turn], news: str, *, is_read: bool
) -> HTMLResponse:
    return field.show(
        volunteer,
        "field.html",
        shift=today,
        turns=turns,
        is_read=is_read,
        news=news,
        reasons=words.REASONS,
        witnesses=words.WITNESSES,
        wa_number=words.wa_number,
        texts=notice.TEXTS,
        script=script_address(),
        has_pin=volunteer.session.has_pin,
    )


async def _report(
    field: Field,
    volunteer: Guest[Team],
    model: type[AnyTaskReport],
    fields: dict[str, Any],
    paper: Paper | None = None,
) -> Verdict:
    """Report for the team of this device; a task that it does not see is unknown to it."""
    try:
        item = model.model_validate({**fields, "team": volunteer.who.name})
    except ValidationError:
        raise NotFoundError(hint="Laporan ini tidak lengkap. Buka lagi daftar tugas.") from None
    async with field.pool.acquire() as tx, tx.transaction():
        if not await task_usecase.is_within(tx, volunteer.city, volunteer.who, item.task_id):
            raise NotFoundError
        [verdict] = await task_usecase.report(
            tx, [item], reference=volunteer.city, keys=field.keys, now=field.clock(), paper=paper
        )
    return verdict


async def _keep(field: Field, upload: Upload, content: bytes) -> None:
    """A whole photo at once; what came of it before, by the script, need not come again. Raises `NotAPhotoError`."""
    if not is_photo(content):
        raise NotAPhotoError
    received = await photos.queries.find_received(
        field.pool, task_id=upload.task_id, team=upload.team, digest=upload.digest
    )
    async with field.pool.acquire() as tx, tx.transaction():
        offset = received or 0
        await photos.append(tx, upload, content[offset:], offset=offset, key=field.keys.seal_key, now=field.clock())


async def _holds(field: Field, volunteer: Guest[Team], task_id: UUID) -> bool:
    return await task_usecase.holds(field.pool, volunteer.city, volunteer.who.name, task_id)


async def _must_hold(field: Field, volunteer: Guest[Team], task_id: UUID) -> None:
    if not await _holds(field, volunteer, task_id):
        raise NotFoundError


def _fields(volunteer: Guest[Team], form: Form) -> dict[str, Any]:
    """A report's fields as a door's form names them; its id is the queue's, or the same for the same form of a page."""
    task, version, kind = form["tugas"], form["versi"], form["jenis"]
    fields: dict[str, Any] = {
        "task_id": task,
        "version": number(version) if version else None,
        "report_id": form["laporan"] or _id_of(volunteer, *(f"{name}={form[name]}" for name in sorted(form.fields))),
        "reason": form["alasan"],
        "to": form["kepada"],
        "note": form["catatan"],
    }
    if kind == "deliver":
        fields |= _proof(form) | {"parts": parts_of(form)}
    return fields


def _proof(form: Form) -> dict[str, str]:
    """The code where one was typed, else the photo that was queued, else the witness."""
    for kind, name in (("code", "kode"), ("photo", "foto")):
        if form[name]:
            return {"proof_kind": kind, "proof": form[name]}
    return {"proof_kind": "witness", "proof": form["saksi"] or "-"}


def _id_of(volunteer: Guest[Team], *parts: str) -> str:
    return str(derived_id("field-page", volunteer.who.tenant, volunteer.who.name, *parts))


def _small(request: Request, answer: Response) -> Response:
    """The answer in few bytes, for a phone with three bars of 3G."""
    if "gzip" in request.headers.get("accept-encoding", ""):
        answer.body = gzip.compress(bytes(answer.body), 6, mtime=0)
        answer.headers["Content-Encoding"], answer.headers["Vary"] = "gzip", "Accept-Encoding"
        answer.headers["Content-Length"] = str(len(answer.body))
    return answer

"""What programs of field teams ask and bring beside their reports: photos, custody, when to fetch, lost phones."""

from __future__ import annotations

from typing import Annotated, Any
from uuid import UUID

from fastapi import APIRouter, Header, Path, Request, Response
from fastapi.responses import JSONResponse

from services.distribution.domain.proof import MOST_PHOTO_BYTES
from services.distribution.store import photos
from services.distribution.store import tasks as task_store
from services.distribution.store.photos import NotAPhotoError, Upload, WrongOffsetError
from services.distribution.usecases import pickups, teams
from services.distribution.usecases.households import Keys
from services.distribution.usecases.pickups import Turn
from services.distribution.usecases.tasks import holds
from services.distribution.usecases.teams import UnknownTeamError
from shared.clock import now
from shared.contracts.reasons import Reason
from shared.database.pool import Pool
from shared.web.bodies import TooLargeError, read_body
from shared.web.caller import AnyCaller, Caller, only
from shared.web.city import City
from shared.web.problems import NOT_FOUND, PROBLEMS, NotFoundError, problem

Team = Annotated[str, Header(alias="Peduli-Team", min_length=1, max_length=60)]
Digest = Annotated[str, Path(pattern="^[0-9a-f]{64}$", description="SHA-256 of the whole photo, in hex")]
Bytes = Annotated[int, Header(alias="Upload-Offset", ge=0, description="bytes that came before this piece")]
Length = Annotated[int, Header(alias="Upload-Length", ge=1, description="bytes of the whole photo")]


def router(pool: Pool, keys: Keys) -> APIRouter:
    """Routes over `pool`."""
    routes = APIRouter(prefix="/v1", responses=PROBLEMS)

    @routes.head("/tasks/{task_id}/photos/{digest}", dependencies=[only("team")])
    async def photo_offset(task_id: UUID, digest: Digest, caller: AnyCaller, team: Team) -> Response:
        """How much of a photo has come, in `Upload-Offset`: an upload that was cut goes on there."""
        caller.require_source(team)
        await _must_hold(pool, caller, team, task_id)
        received = await photos.queries.find_received(pool, task_id=task_id, team=team, digest=digest)
        return Response(headers=_at(received or 0))

    @routes.patch(
        "/tasks/{task_id}/photos/{digest}",
        status_code=204,
        response_model=None,
        responses={**NOT_FOUND, 409: {"description": "Another piece is expected: `Upload-Offset` says from where on"}},
        dependencies=[only("team")],
    )
    async def bring_photo(
        request: Request,
        task_id: UUID,
        digest: Digest,
        caller: AnyCaller,
        team: Team,
        offset: Bytes,
        length: Length,
    ) -> Response:
        """A piece of a photo (JPEG or WebP, 200 kB at most in all) of a packet that the team has taken.

        Its report names its SHA-256 as proof.
        """
        caller.require_source(team)
        await _must_hold(pool, caller, team, task_id)
        return await take_piece(pool, keys, request, Upload(task_id, team, digest, length), offset)

    @routes.get("/tasks/{task_id}/custody", responses=NOT_FOUND, dependencies=[only("team", "reader")])
    async def read_custody(task_id: UUID, caller: AnyCaller, city: City) -> dict[str, Any]:
        """In whose hands a packet is, and was."""
        state = await _must_be_task(pool, caller, task_id)
        steps = await task_store.queries.list_hand_overs(pool, tenant=city.tenant, task_id=task_id)
        return {**state, "steps": [dict(step) for step in steps]}

    @routes.get("/conflicts", dependencies=[only("reader")])
    async def list_conflicts(city: City, kelurahan: str = "") -> list[dict[str, Any]]:
        """Reports that say something else of a door than what stood, and what was decided; open ones first."""
        places = [kelurahan] if kelurahan else []
        rows = await task_store.queries.list_conflicts(pool, tenant=city.tenant, kelurahans=places)
        return [dict(row) for row in rows]

    @routes.get("/teams/{team}/pickups", responses=NOT_FOUND, dependencies=[only("team")])
    async def list_pickups(team: str, caller: AnyCaller, city: City) -> list[dict[str, Any]]:
        """When a team fetches at each lumbung what it accepted with `fetched` false, null where it has no time.

        Its doors wait for it until `waits_until`; then others may take them.
        """
        caller.require_source(team)
        async with pool.acquire() as tx, tx.transaction(readonly=True):
            found = await teams.find(tx, city.tenant, team)
            if found is None:
                raise NotFoundError
            return [_told(turn) for turn in await pickups.load(tx, city, found, now())]

    @routes.get("/teams/{team}/devices", responses=NOT_FOUND, dependencies=[only("team")])
    async def list_devices(team: str, caller: AnyCaller, city: City) -> list[dict[str, Any]]:
        """The phones of a team that are signed in at the field page, or can be with their own PIN (`has_pin`)."""
        caller.require_source(team)
        async with pool.acquire() as tx:
            try:
                return [dict(row) for row in await teams.devices(tx, city, team, now=now())]
            except UnknownTeamError:
                raise NotFoundError from None

    @routes.delete("/teams/{team}/devices/{device}", status_code=204, responses=NOT_FOUND, dependencies=[only("team")])
    async def cut_off(team: str, device: UUID, caller: AnyCaller, city: City) -> None:
        """Cut a lost phone off, with its PIN: at its next contact it forgets what it knew."""
        caller.require_source(team)
        async with pool.acquire() as tx, tx.transaction():
            try:
                found = await teams.revoke(tx, city, team, device, now=now())
            except UnknownTeamError:
                found = False
        if not found:
            raise NotFoundError

    return routes


def _told(turn: Turn) -> dict[str, Any]:
    slot = turn.chosen
    return {
        "kelurahan": turn.kelurahan,
        "from": slot and slot.begins,
        "until": slot and slot.ends,
        "waits_until": slot and slot.waits_until,
        "is_over": turn.is_over,
    }


async def take_piece(pool: Pool, keys: Keys, request: Request, upload: Upload, offset: int) -> Response:
    """Add a piece of a photo; 204 or 409 with where the upload stands, 413 or 422 when it can never be taken."""
    if upload.size > MOST_PHOTO_BYTES:
        raise TooLargeError("PHOTO_TOO_LARGE", "photo")
    piece = await read_body(request, MOST_PHOTO_BYTES)
    try:
        async with pool.acquire() as tx, tx.transaction():
            received = await photos.append(tx, upload, piece, offset=offset, key=keys.seal_key, now=now())
    except WrongOffsetError as error:
        return JSONResponse({"title": "Lanjutkan dari tempat terakhir"}, 409, _at(error.offset))
    except NotAPhotoError:
        await photos.queries.delete_photo(pool, task_id=upload.task_id, team=upload.team, digest=upload.digest)
        return problem(422, "Foto tidak dapat dibaca", reasons=[Reason.of("NOT_A_PHOTO", "photo")])
    return Response(status_code=204, headers=_at(received))


async def _must_be_task(pool: Pool, caller: Caller, task_id: UUID) -> dict[str, Any]:
    row = await task_store.queries.find_task_state(pool, tenant=caller.city.tenant, task_id=task_id)
    if row is None or not caller.scope.has_unit(row["kelurahan"]):
        raise NotFoundError
    return dict(row)


async def _must_hold(pool: Pool, caller: Caller, team: str, task_id: UUID) -> None:
    if not await holds(pool, caller.city, team, task_id, caller.scope):
        raise NotFoundError


def _at(offset: int) -> dict[str, str]:
    return {"Upload-Offset": str(offset)}

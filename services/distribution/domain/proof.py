"""What shows that a packet stands at its door: the household's code, a photo, or somebody with a role who saw it."""

from __future__ import annotations

import hmac
from dataclasses import dataclass
from uuid import UUID

from shared.contracts.field import TaskDelivery
from shared.privacy import keyed_hash

CODE_DIGITS = 4
CODE_TRIES = 5
MOST_PHOTO_BYTES = 200 * 1000  # what two bars of 3G bring over in half a minute
WITNESS_ROLES = (
    *("ketua rt", "ketua rw", "pengurus rt", "pengurus rw", "kader", "satgas", "linmas", "babinsa", "bhabinkamtibmas"),
    *("petugas puskesmas", "petugas kelurahan", "lurah", "tetangga", "keluarga"),
)
JPEG, WEBP = b"\xff\xd8\xff", b"RIFF"


@dataclass(frozen=True)
class Evidence:
    """What a proof is held against: the `code` that the household sees, and the SHA-256 of photos that have come."""

    code: str = ""
    photos: frozenset[str] = frozenset()


def code_of(key: bytes, task_id: UUID, attempt: int, team: str) -> str:
    """The household's one-time code, 4 digits: another one for each team and each attempt.

    So a code that was overheard, or shown to a team before, takes no packet from the team that carries it now.
    """
    return f"{int(keyed_hash(key, f'door|{task_id}|{attempt}|{team}'), 16) % 10**CODE_DIGITS:0{CODE_DIGITS}}"


def refusal(report: TaskDelivery, evidence: Evidence, *, is_accepted: bool, tries: int) -> str | None:
    """Why a proof does not hold, as a code; None when it does. `is_accepted`: this team has accepted the task."""
    if report.proof_kind == "code":
        if not is_accepted:
            return "ACCEPT_FIRST"
        if tries >= CODE_TRIES:
            return "CODE_LOCKED"
        right = bool(evidence.code) and hmac.compare_digest(report.proof.strip().encode(), evidence.code.encode())
        return None if right else "WRONG_CODE"
    if report.proof_kind == "photo":
        return None if report.proof.lower() in evidence.photos else "PHOTO_NOT_HERE"
    return None if witness_role(report.proof) else "UNKNOWN_WITNESS"


def witness_role(told: str) -> str:
    """The role in what was told of a witness; a name beside it is left out. Empty when there is none."""
    words = " ".join(told.casefold().replace(".", " ").split())
    return next((role for role in WITNESS_ROLES if role in words), "")


def is_photo(content: bytes) -> bool:
    """Whether bytes begin as a JPEG or a WebP does."""
    return content.startswith(JPEG) or (content.startswith(WEBP) and content[8:12] == b"WEBP")

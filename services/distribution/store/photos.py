"""Photos of packets at doors: they come in pieces, rest sealed, and nobody needs them for long."""

from __future__ import annotations

import hashlib
from dataclasses import dataclass
from datetime import datetime
from uuid import UUID

from services.distribution.domain.proof import is_photo
from shared.database.pool import Transaction
from shared.database.queries import load_queries
from shared.errors import PeduliError
from shared.privacy import seal, unseal

queries = load_queries(__file__)


class WrongOffsetError(PeduliError):
    """This piece does not begin where the upload stands; `offset` says where that is."""

    def __init__(self, offset: int) -> None:
        super().__init__()
        self.offset = offset


class NotAPhotoError(PeduliError):
    """What came is not the photo that was announced: not its SHA-256, or no JPEG or WebP."""


@dataclass(frozen=True)
class Upload:
    """A photo on its way: `size` bytes in all, known by its SHA-256, brought by one team for one task."""

    task_id: UUID
    team: str
    digest: str
    size: int

    @property
    def owner(self) -> str:
        """What its sealed box is bound to."""
        return f"{self.task_id}/{self.team}/{self.digest}"


async def append(tx: Transaction, upload: Upload, piece: bytes, *, offset: int, key: bytes, now: datetime) -> int:
    """Add a piece; returns how many bytes have come. With the last one the photo is held against its digest.

    Raises `WrongOffsetError`; `NotAPhotoError`: then the upload has to begin anew.
    """
    row_of = {"task_id": upload.task_id, "team": upload.team, "digest": upload.digest}
    await queries.begin_photo(tx, **row_of, size=upload.size, now=now)
    row = await queries.claim_photo(tx, **row_of)
    if row["is_whole"]:
        return int(row["size"])  # it had come, and the answer was lost on its way
    if (offset, upload.size) != (row["received"], row["size"]) or offset + len(piece) > upload.size:
        raise WrongOffsetError(row["received"])
    before = unseal(key, row["sealed"], bound_to=upload.owner) if row["received"] else b""
    content = before + piece
    is_whole = len(content) == upload.size
    if is_whole and (hashlib.sha256(content).hexdigest() != upload.digest or not is_photo(content)):
        raise NotAPhotoError
    sealed = seal(key, content, bound_to=upload.owner)
    await queries.save_photo(tx, **row_of, sealed=sealed, received=len(content), is_whole=is_whole, now=now)
    return len(content)

"""The log of events, sealed block by block: one that was altered, removed or put in later is found with its place.

A chain over each row as it is written would make all writers wait for one another (docs/adr/0019).
"""

from __future__ import annotations

import struct
from collections.abc import Callable, Sequence
from dataclasses import dataclass

from shared.database.pool import Pool, Row, Transaction
from shared.database.queries import load_queries
from shared.messaging import outbox

queries = load_queries(__file__)

BLOCK = 1000  # events; the least that can be named when the marks were altered as well
TURN = 100  # blocks in a second or so, after which a service may stop
DIGITS = 20  # of a digest on paper: 80 bits, which nobody meets by trying
NAMED = 5  # events of a broken block that are told by their number
_BEGIN = -(2**63)  # of the first block: an event may be put in before the first one
_MARK = struct.Struct(">q4s")


@dataclass(frozen=True)
class Digest:
    """The digest of a block, and so of all that stands before it: hexadecimal `digits`, as text a few for paper."""

    block: int
    digits: str

    def __str__(self) -> str:
        fours = (self.digits[at : at + 4] for at in range(0, DIGITS, 4))
        return f"{self.block}/{'-'.join(fours)}"


@dataclass(frozen=True)
class Broken:
    """A block that is not as it was sealed, with the places of its events, and what is wrong as far as it is known."""

    block: int
    first_seq: int
    last_seq: int
    found: str


@dataclass(frozen=True)
class Verified:
    """What a log was found to be: blocks that were sealed, events of those that are as they were, events that are not
    sealed yet, the last digest (None before the first block), and what is broken.
    """

    blocks: int
    events: int
    unsealed: int
    digest: Digest | None
    broken: tuple[Broken, ...]


async def seal(pool: Pool) -> bool:
    """Seal what was told until now, at most `TURN` blocks; True when there is more. Raises `outbox.BusyError`."""
    end = await queries.find_end(pool)
    await outbox.writers_gone(pool)
    for _ in range(TURN):
        if not await _seal_block(pool, end):
            return False
    return True


async def _seal_block(pool: Pool, end: int) -> bool:
    async with pool.acquire() as tx, tx.transaction():
        if not await queries.claim_sealing(tx):
            return False
        last = await queries.find_last(tx)
        number, after, digest = last or (0, _BEGIN, b"")
        block = await queries.reckon_block(tx, previous=digest, after=after, until=end, most=BLOCK)
        if block["events"]:
            await queries.save_seal(tx, block=number + 1, **dict(block))
        return bool(block["events"] == BLOCK)


async def verify(
    tx: Transaction, expected: Sequence[Digest], *, on_progress: Callable[[int, int], None] = lambda _, __: None
) -> Verified:
    """Hold a log (`tx` sees its schema first) against its seals, and these against digests `expected`, which were
    written down: without them nobody is found who alters an event and makes all seals anew.

    Each block is held against the digest before it as that is kept, and so also when events before it are no more.
    `on_progress` is told how many blocks are done, and of how many.
    """
    blocks = await queries.list_seals(tx)
    broken: list[Broken] = []
    events, number, after, digest = 0, 0, _BEGIN, b""
    for done, kept in enumerate(blocks, start=1):
        found = await queries.reckon_block(tx, previous=digest, after=after, until=kept["last_seq"], most=None)
        fault = await _fault(tx, kept, found, number)
        if fault:
            broken.append(Broken(kept["block"], max(after + 1, 1), kept["last_seq"], fault))
        else:
            events += found["events"]
        number, after, digest = kept
        if any(not digest.hex().startswith(written.digits) for written in expected if written.block == number):
            broken.append(Broken(number, 1, after, "this or an earlier block is not as it was written down"))
        on_progress(done, len(blocks))
    lost = sorted({written.block for written in expected} - {kept["block"] for kept in blocks})
    broken += [Broken(block, 1, max(after, 1), "was written down, and is no more") for block in lost]
    unsealed = await queries.count_behind(tx, after=after)
    return Verified(len(blocks), events, unsealed, Digest(number, digest.hex()) if blocks else None, tuple(broken))


async def _fault(tx: Transaction, kept: Row, found: Row, before: int) -> str:
    """What is wrong with a block that comes after the block `before`; empty when it is as it was sealed."""
    if kept["block"] != before + 1:
        return "the seal before this one is no more"
    if found["digest"] == kept["digest"]:
        return ""
    was, now = _read(await queries.load_marks(tx, block=kept["block"])), _read(found["marks"])
    kinds = {
        "altered": [seq for seq in was.keys() & now.keys() if was[seq] != now[seq]],
        "removed": was.keys() - now.keys(),
        "put in": now.keys() - was.keys(),
    }
    told = [f"{kind}: {_listed(sorted(seqs))}" for kind, seqs in kinds.items() if seqs]
    return "; ".join(told) or "its seal or the one before was altered"


def _read(marks: bytes) -> dict[int, bytes]:
    """The marks of events by their seq; what is left of one that was cut says nothing."""
    return dict(_MARK.iter_unpack(marks[: len(marks) // _MARK.size * _MARK.size]))


def _listed(seqs: Sequence[int]) -> str:
    more = len(seqs) - NAMED
    return ", ".join(map(str, seqs[:NAMED])) + (f" and {more} more" if more > 0 else "")

"""A sheet of households: each good row is registered, each other comes back with its reasons. Nothing of it is kept."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterator, Sequence
from datetime import datetime

from services.distribution.documents.households import HOUSEHOLDS, MOST_ROWS, Told, gather
from services.distribution.usecases.households import Keys, register
from shared.access.model import Scope
from shared.database.pool import Transaction
from shared.reference.model import Reference
from shared.sheets.faults import FileError
from shared.sheets.spreadsheet import read

PART = 100  # rows of one transaction: nobody else waits long for a household


def open_sheet(content: bytes, city: Reference) -> list[Told]:
    """What each row of a file tells; raises `FileError`. Takes up to a second of a processor, and nothing else."""
    rows = read(content, HOUSEHOLDS).rows
    if len(rows) > MOST_ROWS:
        raise FileError("TOO_MANY_HOUSEHOLDS")
    return gather(rows, city)


def parts(told: Sequence[Told]) -> Iterator[Sequence[Told]]:
    """The rows of each transaction."""
    return (told[begin : begin + PART] for begin in range(0, len(told), PART))


async def bring(
    tx: Transaction,
    source: str,
    told: Sequence[Told],
    *,
    reference: Reference,
    keys: Keys,
    now: datetime,
    scope: Scope,
) -> Counter[str]:
    """Register the good rows; returns how many had which outcome. What is wrong with a row is added to it."""
    outcomes: Counter[str] = Counter()
    for one in told:
        if one.wrong or one.report is None:
            outcomes["rejected"] += 1
            continue
        [verdict] = await register(tx, [(source, one.report)], reference=reference, keys=keys, now=now, scope=scope)
        one.refuse(verdict.reasons)
        outcomes[verdict.outcome] += 1
    return outcomes

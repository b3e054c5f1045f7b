"""An inspection: what is worth a second look, and what is drawn to be seen with one's own eyes."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable, Mapping
from datetime import date
from functools import partial
from typing import Any

from services.reporting.store.inspection import queries
from shared.database.pool import Transaction
from shared.errors import PeduliError

LIMITS = (1_000_000, 5_000_000, 10_000_000, 50_000_000)  # rupiah: sums up to which receipts are asked fewer questions
CHECKS = {
    "two packets to one household in 7 days": queries.list_close_packets,
    "packet after the end of the isolation": queries.list_late_packets,
    "price above twice the median": queries.list_dear_lines,
    "receipt just under a round sum": partial(queries.list_receipts_under_limits, limits=LIMITS),
    "receipt like another": queries.list_alike_receipts,
}
ANSWERS = ("yes", "no", "issues")  # it is there as told, it is not, it is with something else


class UnknownAnswerError(PeduliError):
    """A row of a sample has an answer that nobody can count."""


async def find(tx: Transaction, tenant: str, first: date, last: date) -> list[dict[str, Any]]:
    """What each of `CHECKS` finds on these days: a purchase or a packet by id, when, where and why. Not yet a fault."""
    found: list[dict[str, Any]] = []
    for check, ask in CHECKS.items():
        found += [{"check": check, **row} for row in await ask(tx, tenant=tenant, first=first, last=last)]
    return found


async def draw(
    tx: Transaction, tenant: str, first: date, last: date, *, seed: int, receipts: int, doors: int
) -> list[dict[str, Any]]:
    """So many receipts and packets at doors of these days, and an empty answer to each; a seed draws the same again."""
    of = {"tenant": tenant, "first": first, "last": last, "seed": seed}
    drawn = [{"what": "receipt", **row} for row in await queries.draw_receipts(tx, **of, size=receipts)]
    drawn += [{"what": "door", **row} for row in await queries.draw_doors(tx, **of, size=doors)]
    return [row | {"answer": ""} for row in drawn]


def count(rows: Iterable[Mapping[str, str]]) -> list[dict[str, Any]]:
    """How a sample was answered, by what was asked for. Raises `UnknownAnswerError`."""
    answers: Counter[tuple[str, str]] = Counter()
    for row in rows:
        answer = row["answer"].strip().lower()
        if answer and answer not in ANSWERS:
            raise UnknownAnswerError(f"{row['id']}: {answer}", hint="yes, no, issues, or nothing yet")
        answers[row["what"], answer or "open"] += 1
    asked = Counter(what for what, _ in answers.elements())
    return [
        {"what": what, "answer": answer, "rows": rows, "percent": round(100 * rows / asked[what], 1)}
        for (what, answer), rows in sorted(answers.items())
    ]

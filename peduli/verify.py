"""`peduli verify`: what the intake would answer to a file, in words."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterator, Sequence
from typing import Any

from services.purchases.cli.submissions import Checked

WORDS = {
    "recorded": "diterima",
    "known": "sudah tercatat",
    "changed": "diganti",
    "corrected": "dikoreksi",
    "voided": "dibatalkan",
    "waiting": "menunggu pembeliannya (24 jam)",
    "rejected": "ditolak",
    "parked": "tidak terbaca, disisihkan",
}


def lines(found: Sequence[Checked]) -> Iterator[str]:
    """The answers for a person: each reason with its path and code, in Bahasa Indonesia and English."""
    for number, item in enumerate(found, start=1):
        yield f"{number}  {item.reference or '-'}  {WORDS[item.outcome]}"
        for reason in item.reasons:
            yield f"     {reason.path or '-'}  {reason.code}"
            yield f"       {reason.message}"
            yield f"       {reason.message_en}"
        if item.note:
            yield f"     {item.note}"
    counts = Counter(WORDS[item.outcome] for item in found)
    yield f"{len(found)} diperiksa: " + ", ".join(f"{count} {word}" for word, count in counts.items())


def rows(found: Sequence[Checked]) -> list[dict[str, Any]]:
    """The answers for a machine."""
    return [
        {
            "reference": item.reference,
            "outcome": item.outcome,
            "reasons": [reason.model_dump() for reason in item.reasons],
            "note": item.note,
        }
        for item in found
    ]

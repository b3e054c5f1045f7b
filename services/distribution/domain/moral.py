"""Words for a household from who bought its goods: what no person needs to read before it is refused."""

from __future__ import annotations

import re
from collections.abc import Mapping

SHORTEST, LONGEST = 3, 160
MOST_WAITING = 200  # of a city: whoever floods the form fills a list that has an end
OBJECTIONS: Mapping[str, str] = {
    "TOO_SHORT": "Tulis paling sedikit 3 huruf.",
    "TOO_LONG": "Tulis paling banyak 160 huruf.",
    "HAS_LINK": "Jangan sertakan tautan atau akun.",
    "HAS_NUMBER": "Jangan sertakan nomor telepon atau nomor lain.",
    "HAS_NAME": "Jangan sebut nama orang atau instansi, juga nama Anda.",
    "HAS_ILLNESS": "Jangan sebut penyakit: halaman keluarga tidak menyebutnya.",
    "IS_COARSE": "Ada kata yang kasar. Tulis dengan kata lain.",
    "TOO_MANY": "Banyak pesan sedang menunggu dibaca. Kirim lagi besok.",
}
ILLNESS = frozenset(
    ("covid", "covid19", "corona", "korona", "isoman", "isolasi", "positif", "virus", "terpapar", "penderita")
)
COARSE = frozenset(
    (
        *("anjing", "anjir", "asu", "babi", "bajingan", "bangsat", "bego", "bodoh", "brengsek", "goblok", "jancok"),
        *("kampret", "kontol", "memek", "monyet", "ngentot", "perek", "sialan", "tai", "tolol"),
    )
)
_LINK = re.compile(r"https?:|www\.|\w\.(?:com|id|net|org|me|ly)\b|[@#]\w", re.IGNORECASE)
_NUMBER = re.compile(r"\d(?:[\s.-]?\d){4}")
_NAME = re.compile(
    r"\b(?:[Dd]ari|[Ss]aya|[Nn]ama|[Bb]apak|[Ii]bu|[Pp]ak|[Bb]u|[Mm]as|[Mm]bak|[Kk]ak|[Ss]dr)\.? [A-Z][a-z]+"
)  # a form of address, and a word that is written as a name


def objection(text: str) -> str:
    """Why a note is not kept, as a code; empty when a person may read it."""
    if not SHORTEST <= len(text) <= LONGEST:
        return "TOO_SHORT" if len(text) < SHORTEST else "TOO_LONG"
    found = set(re.findall(r"[a-z0-9]+", text.casefold().replace("covid-19", "covid")))
    tried = {
        "HAS_LINK": _LINK.search(text),
        "HAS_NUMBER": _NUMBER.search(text),
        "HAS_NAME": _NAME.search(text),
        "HAS_ILLNESS": found & ILLNESS,
        "IS_COARSE": found & COARSE,
    }
    return next((code for code, hit in tried.items() if hit), "")

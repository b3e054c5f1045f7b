"""Why a packet goes to this door, for three readers, in Bahasa Indonesia, from one table."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Literal

Reader = Literal["volunteer", "household", "auditor"]

_TEXTS: dict[str, tuple[str, str, str]] = {
    "FIRST_PACKET": (
        "Rumah ini belum pernah menerima paket.",
        "Ini paket pertama untuk keluarga Anda.",
        "Didahulukan: belum pernah menerima paket.",
    ),
    "LOWEST_COVERAGE": (
        "Kebutuhan rumah ini paling sedikit terpenuhi.",
        "Kebutuhan keluarga Anda belum cukup terpenuhi.",
        "Didahulukan: cakupan kebutuhan paling rendah.",
    ),
    "MORE_PERSONS": ("", "", "Lebih banyak orang dari urutan berikutnya."),
    "LOWER_COVERAGE": ("", "", "Cakupan lebih rendah dari urutan berikutnya."),
    "ENDS_SOONER": (
        "Antarkan segera: isolasi hampir selesai.",
        "",
        "Isolasi lebih cepat berakhir dari urutan berikutnya.",
    ),
    "MORE_FRAGILE": ("Ada bayi, lansia, atau orang yang sendiri.", "", "Lebih rentan dari urutan berikutnya."),
    "DRAWN_BY_LOT": ("", "", "Setara dengan urutan berikutnya; ditentukan oleh undian harian."),
}
CODES = tuple(_TEXTS)
_COLUMN: dict[Reader, int] = {"volunteer": 0, "household": 1, "auditor": 2}


def explain(why: Sequence[str], reader: Reader) -> str:
    """The codes of a packet as sentences for `reader`; the auditor also sees rank and runner-up."""
    sentences = [_TEXTS[code][_COLUMN[reader]] for code in dict.fromkeys(why) if code in _TEXTS]
    if reader == "auditor":
        sentences += [f"Urutan {code[5:]}." for code in why if code.startswith("rank:")]
        sentences += [f"Berikutnya: rumah {code[7:]}." for code in why if code.startswith("before:")]
    return " ".join(sentence for sentence in sentences if sentence)

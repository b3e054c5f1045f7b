"""By what a person, a phone and a house are known again, however they were written."""

from __future__ import annotations

import re
from calendar import monthrange
from collections.abc import Iterator
from datetime import date
from typing import Literal

from shared.contracts.field import People

IdentityKind = Literal["nik", "phone"]
_SIGNS = re.compile(r"[\s.()\-]+")
_NIK = re.compile(r"[0-9]{16}")
_MOBILE = re.compile(r"\+628[1-9][0-9]{7,10}")
_WORDS = {"jalan": "jl", "jln": "jl", "gang": "gg", "nomor": "", "no": "", "blok": "blk", "rumah": ""}
_WOMAN = 40  # is added to the day of birth


def plain_nik(text: str) -> str:
    """A NIK without the blanks, dots and dashes that people write."""
    return _SIGNS.sub("", text)


def is_nik(text: str, today: date) -> bool:
    """16 digits with a day of birth (a woman's with 40 added) and a serial; where it was issued proves nothing."""
    digits = plain_nik(text)
    if not _NIK.fullmatch(digits) or digits[12:] == "0000":
        return False
    day, month, year = int(digits[6:8]), int(digits[8:10]), int(digits[10:12])
    day -= _WOMAN if day > _WOMAN else 0
    century = today.year // 100 * 100
    year += century if year <= today.year - century else century - 100
    return 1 <= month <= 12 and 1 <= day <= monthrange(year, month)[1]


def mobile(text: str) -> str:
    """An Indonesian mobile number as E.164 (`+6281234567890`); empty for anything else."""
    digits = _SIGNS.sub("", text)
    for written, meant in (("+620", "+62"), ("+62", "+62"), ("62", "+62"), ("0", "+62"), ("8", "+628")):
        if digits.startswith(written):
            digits = meant + digits[len(written) :]
            break
    return digits if _MOBILE.fullmatch(digits) else ""


def identities(people: People, kelurahan: str) -> Iterator[tuple[IdentityKind, str]]:
    """By what the household is known: a NIK anywhere, a phone within the kelurahan."""
    if people.nik:
        yield "nik", f"nik|{plain_nik(people.nik)}"
    if phone := mobile(people.phone):
        yield "phone", f"phone|{kelurahan}|{phone}"


def house(people: People, kelurahan: str) -> str:
    """The same text for the same house: two families behind one door are one trip."""
    words = re.findall(r"[a-z]+|[0-9]+", people.address.casefold())
    plain = [_WORDS.get(word, word.lstrip("0") or word) for word in words]
    return f"house|{kelurahan}|{' '.join(word for word in plain if word)}"

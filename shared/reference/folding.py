"""Text as it is compared: people write one name in many ways."""

from __future__ import annotations

import unicodedata


def fold(text: str) -> str:
    """Text without case, accents and width: `ＡＳＮ`, `Asn` and `asn` are one."""
    if text.isascii():
        return text.casefold()
    plain = unicodedata.normalize("NFKD", text).casefold()
    return "".join(letter for letter in plain if not unicodedata.combining(letter))

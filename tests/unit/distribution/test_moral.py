"""Which words for a household are refused before a person reads them."""

from __future__ import annotations

import pytest

from services.distribution.domain.moral import OBJECTIONS, objection


@pytest.mark.parametrize(
    "text",
    ["Semoga lekas pulih ya", "Salam dari kami semua. Tetap kuat!", "Selamat makan, semoga cocok. 2 kotak untuk anak"],
)
def test_kind_words_may_be_read_by_a_person(text: str) -> None:
    assert objection(text) == ""


@pytest.mark.parametrize(
    ("text", "code"),
    [
        ("ya", "TOO_SHORT"),
        ("a" * 161, "TOO_LONG"),
        ("pesan lagi di tokoku.com", "HAS_LINK"),
        ("ikuti @tokoku", "HAS_LINK"),
        ("hubungi 0812 3456 789", "HAS_NUMBER"),
        ("Semangat, Bu Siti!", "HAS_NAME"),
        ("dari Budi untuk sesama", "HAS_NAME"),
        ("semoga COVID-19 cepat pergi", "HAS_ILLNESS"),
        ("dasar BODOH", "IS_COARSE"),
    ],
)
def test_what_no_household_should_read_is_refused_with_a_sentence(text: str, code: str) -> None:
    assert objection(text) == code
    assert OBJECTIONS[code].endswith(".")

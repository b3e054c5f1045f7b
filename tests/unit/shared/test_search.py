"""A few words find what is meant, however they are written."""

from __future__ import annotations

import pytest

from shared.reference.load import load
from shared.reference.search import search_products, search_sellers

CITY = load("3276")


@pytest.mark.parametrize(
    "query", ["pondokcina", "Pondok Cina", "kel. PONDOK cina", "cina kelurahan pondok", "ｃｉｎａ"]
)
def test_spelling_does_not_matter(query: str) -> None:
    assert "KOM-BEJI-01" in {seller.seller_code for seller in search_sellers(query, CITY)}


def test_all_words_must_match() -> None:
    assert search_sellers("pondok nihil", CITY) == []
    assert [product.sku for product in search_products("beras medium 5", CITY)] == ["BERAS-5KG"]


def test_a_channel_narrows_and_no_word_finds_all() -> None:
    assert len(search_sellers("", CITY)) == len(CITY.sellers)
    found = search_sellers("", CITY, "koperasi_depok")
    assert found
    assert {seller.channel for seller in found} == {"koperasi_depok"}

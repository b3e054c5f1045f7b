"""A few words find what is meant, however they are written."""

from __future__ import annotations

from dataclasses import replace
from datetime import date

import pytest

from shared.reference.load import load
from shared.reference.search import search_products, search_sellers, search_units

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


def test_who_sold_least_comes_first_and_the_retired_not_at_all() -> None:
    first, second = search_sellers("koperasi", CITY)[:2]
    assert search_sellers("koperasi", CITY, sold={first.seller_code: 1})[0] == second
    gone = replace(first, retired_from=date(2021, 8, 1))
    city = replace(CITY, sellers={**CITY.sellers, first.seller_code: gone})
    assert gone in search_sellers("koperasi", city, day=date(2021, 7, 31))
    assert gone not in search_sellers("koperasi", city, day=date(2021, 8, 1))


def test_another_name_of_a_product_and_what_suits_nobody_are_not_found() -> None:
    (rice,) = search_products("beras medium 5", CITY)
    hidden = (replace(rice, sku="LAIN", merged_into=rice.sku), replace(rice, sku="DITOLAK", need_groups=frozenset()))
    city = replace(CITY, products={**CITY.products, **{product.sku: product for product in hidden}})
    assert search_products("beras medium 5", city) == [rice]


def test_a_unit_is_found_by_its_short_name() -> None:
    assert [unit.unit_code for unit in search_units("dkum", CITY)] == ["32.76.DKUM"]

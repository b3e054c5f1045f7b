"""What changes in the registry, and what a person may decide about a new product."""

from __future__ import annotations

from dataclasses import replace
from datetime import date

import pytest

from services.purchases.domain.content import lines_of
from services.purchases.domain.registry import Change, UnknownItemError, changes, retired
from services.purchases.domain.review import Answer, ReviewError, Telling, accepted, merged, rejected, tellings_of
from shared.contracts.submissions import KitContent, NewProduct, PurchaseSubmission
from shared.reference.kits import contents_of
from shared.reference.load import load
from shared.reference.model import Product
from tests.support.publish import purchase

DEPOK = load("3276")
RICE = DEPOK.products["BERAS-5KG"]
NEW = NewProduct(name="Sale pisang", category="roti_kue", shelf_life_hours=2160)
TOLD = Telling("3276", "SALE-PISANG", NEW, 18000)
FOOD = Answer(frozenset({"food"}), 6)


def test_only_what_differs_changes() -> None:
    dearer = replace(RICE, price_idr=70000)
    new = replace(RICE, sku="BERAS-3KG")
    assert changes(DEPOK, [RICE, dearer, new]) == [Change(RICE, dearer), Change(None, new)]
    assert Change(RICE, dearer).differing == {"price_idr": (65000, 70000)}


def test_a_load_does_not_bring_back_what_is_retired() -> None:
    gone = retired(DEPOK, "products", RICE.sku, date(2021, 8, 1))
    assert isinstance(gone, Product)
    city = replace(DEPOK, products={**DEPOK.products, RICE.sku: gone})
    assert changes(city, [RICE]) == []
    assert retired(city, "products", RICE.sku, None) == RICE
    with pytest.raises(UnknownItemError):
        retired(DEPOK, "kits", RICE.sku, None)  # a product is no kit


def test_a_known_product_is_not_told_for_review() -> None:
    line = {"sku": TOLD.sku, "quantity": 1, "unit_price_idr": 18000, "product": NEW.model_dump()}
    submission = PurchaseSubmission.model_validate(purchase(lines=[line, {**line, "sku": RICE.sku}], total_idr=36000))
    assert tellings_of(submission, DEPOK) == [TOLD]


def test_a_kit_that_was_told_is_what_is_in_it() -> None:
    told = replace(TOLD, product=NEW.model_copy(update={"contents": (KitContent(sku=RICE.sku, quantity=2),)}))
    made = accepted([told], Answer(frozenset(), 0), DEPOK)
    assert (made.weight_g, made.price_idr, contents_of(made)) == (2 * RICE.weight_g, 18000, [(RICE.sku, 2)])
    nested = NEW.model_copy(update={"contents": (KitContent(sku="KIT-SEHAT-UMKM", quantity=1),)})
    with pytest.raises(ReviewError, match="ordinary"):
        accepted([replace(told, product=nested)], FOOD, DEPOK)


def test_a_conflict_is_decided_by_a_name_and_a_review_by_its_answers() -> None:
    other = replace(TOLD, product=NEW.model_copy(update={"name": "Pisang sale", "shelf_life_hours": 48}))
    with pytest.raises(ReviewError) as conflict:
        accepted([TOLD, other], FOOD, DEPOK)
    assert "Pisang sale; Sale pisang" in conflict.value.hint
    assert accepted([TOLD, other], replace(FOOD, name="Pisang sale"), DEPOK).shelf_life_hours == 48
    assert accepted([TOLD, other], replace(FOOD, name="Sale"), DEPOK).shelf_life_hours == 2160
    with pytest.raises(ReviewError) as missing:
        accepted([TOLD], Answer(frozenset(), 6), DEPOK)
    assert "need_groups" in missing.value.hint


def test_a_merged_sku_becomes_the_other_one_except_where_a_purchase_said_it_before() -> None:
    city = replace(DEPOK, products={**DEPOK.products, TOLD.sku: merged(TOLD.sku, RICE.sku, DEPOK)})
    line = {"sku": TOLD.sku, "quantity": 1, "unit_price_idr": 18000, "product": NEW.model_dump()}
    submission = PurchaseSubmission.model_validate(purchase(lines=[line], total_idr=18000))
    assert [(told.sku, told.product) for told in lines_of(submission, city)] == [(RICE.sku, None)]
    assert [told.sku for told in lines_of(submission, city, frozenset({TOLD.sku}))] == [TOLD.sku]
    for into in ("NIHIL", TOLD.sku):
        with pytest.raises(ReviewError):
            merged(TOLD.sku, into, city)


def test_a_rejected_product_suits_nobody_and_cannot_be_bought() -> None:
    product = rejected(TOLD, date(2021, 7, 22))
    assert not product.need_groups
    assert not product.is_active_on(date(2021, 7, 22))

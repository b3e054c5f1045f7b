"""What a kit is follows from what is in it, and never promises more."""

from __future__ import annotations

from shared.reference.kits import kit
from shared.reference.load import load

PRODUCTS = load("3276").products


def test_a_kit_weighs_and_warns_of_all_that_is_in_it() -> None:
    contents = [("BERAS-5KG", 1), ("MI-INSTAN-5", 2), ("SABUN-MANDI-4", 1)]
    made = kit("KIT-1", "Paket", "sembako", 2160, contents, PRODUCTS)
    parts = [(PRODUCTS[sku], pieces) for sku, pieces in contents]
    assert made.weight_g == sum(product.weight_g * pieces for product, pieces in parts)
    assert made.allergens == PRODUCTS["BERAS-5KG"].allergens | PRODUCTS["MI-INSTAN-5"].allergens
    assert made.need_groups == {"food", "hygiene"}
    assert made.diabetic_friendly == all(product.diabetic_friendly for product, _ in parts)


def test_a_kit_counts_for_no_group_more_than_for_the_one_it_serves_least() -> None:
    made = kit("KIT-1", "Paket", "sembako", 2160, [("BERAS-5KG", 1), ("SABUN-MANDI-4", 1)], PRODUCTS)
    assert 0 < made.portions <= PRODUCTS["BERAS-5KG"].portions

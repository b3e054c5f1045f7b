"""What a person types becomes the submission she means, or is refused in the field where she typed it."""

from __future__ import annotations

from datetime import UTC, datetime
from pathlib import Path
from typing import Any

import orjson
import pytest

from services.purchases.domain.checking import check
from services.purchases.domain.content import content_hash
from services.purchases.domain.draft import (
    Draft,
    DraftLine,
    contents_of,
    draft_of,
    hashtags_of,
    payers_of,
    rupiah_of,
    sku_for,
    submission_of,
)
from services.purchases.domain.submission import read_purchase
from shared.contracts.submissions import PurchaseSubmission
from shared.reference.load import load
from tests.support.publish import purchase

CITY = load("3276")
NOW = datetime(2021, 7, 31, tzinfo=UTC)
UNIT = "32.76.DKUM"
POOLED = orjson.loads(Path("contracts/examples/purchase.submitted/1.0-pooled-kit.json").read_bytes())
FINE = purchase(
    purchased_at="2021-07-22T03:05:17.25Z",
    lines=[
        {
            "sku": "BARU-TEMPE",
            "quantity": 1,
            "unit_price_idr": 130000,
            "expires_at": "2021-07-24T08:00:00Z",
            "product": {"name": "Tempe", "category": "lauk", "shelf_life_hours": 50},
        }
    ],
    posts=[
        {"url": "https://example.org/1", "hashtags": ["a"], "posted_at": "2021-07-22T04:00:00Z", "by": "unit"},
        {"url": "https://example.org/2", "hashtags": []},
    ],
)
RICE = DraftLine(sku="BERAS-5KG", quantity="2", price="Rp 65.000")
DRAFT = Draft(
    seller_code="KOP-BEJI-01",
    lines=(RICE,),
    reference="KOP-1",
    bought_on="2021-07-22",
    bought_at="10:05",
    nip="19800101 200501 1 001",
)


@pytest.mark.parametrize(
    ("typed", "meant"),
    [
        ("65000", 65000),
        ("65.000", 65000),
        ("Rp 65.000", 65000),
        ("Rp65.000,00", 65000),
        ("rp. 1.250.000,-", 1250000),
        ("65.000,5", "65.000,5"),
        ("65.00", "65.00"),
        ("65,000", "65,000"),
        ("-1", "-1"),
        ("", ""),
    ],
)
def test_money_is_read_as_people_write_it_and_never_guessed(typed: str, meant: int | str) -> None:
    assert rupiah_of(typed) == meant


def test_a_typed_purchase_is_the_same_as_a_published_one() -> None:
    typed = read_purchase(submission_of(DRAFT.model_copy(update={"pickup": "32.76.06.1001"}), UNIT, CITY), CITY, NOW)
    published = read_purchase(purchase(posts=[]), CITY, NOW)
    assert isinstance(typed, PurchaseSubmission)
    assert isinstance(published, PurchaseSubmission)
    assert content_hash(typed) == content_hash(published)


@pytest.mark.parametrize("raw", [purchase(), POOLED, purchase(purpose="own_use", pickup=None), FINE])
def test_a_filled_form_says_what_was_submitted(raw: dict[str, Any]) -> None:
    """A correction begins from the form: sent unchanged, it must change nothing."""
    again = submission_of(draft_of(raw, CITY), raw["unit_code"], CITY)
    one, other = read_purchase(raw, CITY, NOW), read_purchase(again, CITY, NOW)
    assert isinstance(one, PurchaseSubmission)
    assert one == other


def test_every_field_is_refused_where_it_was_typed() -> None:
    wrong = DRAFT.model_copy(
        update={"lines": (RICE, DraftLine(name="Rempeyek", quantity="0", price="x")), "nip": "1", "reference": ""}
    )
    assert {reason.path for reason in check(wrong, UNIT, CITY, NOW).reasons} == {
        "reference",
        "buyer.nip",
        "lines.1.quantity",
        "lines.1.unit_price_idr",
        "lines.1.product.category",
        "lines.1.product.shelf_life_hours",
    }
    undated = check(DRAFT.model_copy(update={"bought_at": ""}), UNIT, CITY, NOW)
    assert {reason.path for reason in undated.reasons} == {"purchased_at"}


def test_contributors_come_out_of_a_spreadsheet() -> None:
    pasted = "198001012005011001\t50.000\n\n19900817 202121 2 003 ; Rp 75.000,00\n123 5"
    assert list(payers_of(pasted)) == [
        {"nip": "198001012005011001", "amount_idr": 50000},
        {"nip": "19900817 202121 2 003", "amount_idr": 75000},
        {"nip": "123", "amount_idr": 5},
    ]


def test_a_kit_is_written_in_words_and_an_unclear_word_is_not_guessed() -> None:
    assert list(contents_of("2 Beras medium 5 kg\n1 x minyak goreng kemasan 1 liter\n3 beras\nsabun", CITY)) == [
        {"sku": "BERAS-5KG", "quantity": 2},
        {"sku": "MINYAK-1L", "quantity": 1},
        {"sku": "", "quantity": 3},
        {"sku": "", "quantity": ""},
    ]


def test_a_new_product_has_the_same_code_for_the_same_name() -> None:
    assert sku_for("Keripik Pisang", "BARU") == "BARU-KERIPIK-PISANG"
    long = sku_for("Keripik pisang manis rasa cokelat Bu Umi", "BARU")
    assert len(long) <= 24
    assert long == sku_for("keripik PISANG manis rasa cokelat bu umi", "BARU")
    assert long != sku_for("Keripik pisang manis rasa keju Bu Umi", "BARU")


def test_hashtags_are_picked_out_of_a_caption() -> None:
    assert hashtags_of("Terima kasih! #ASNDepokPeduli, #BeliProdukUMKMDepok.") == [
        "ASNDepokPeduli",
        "BeliProdukUMKMDepok",
    ]
    assert hashtags_of("ASNDepokPeduli BeliProdukUMKMDepok") == ["ASNDepokPeduli", "BeliProdukUMKMDepok"]

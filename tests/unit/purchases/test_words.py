"""A reason stands beside the field it is about, in words for people."""

from __future__ import annotations

import pytest

from services.purchases.api.officer.words import errors_of, place_of, sentence_of
from shared.contracts.reasons import TEXTS, Reason
from shared.contracts.submissions import PurchaseSubmission

PATHS = ["lines.0.sku", "contributors.3.nip", "buyer.nip", "posts.0.url", "pickup.kelurahan", "total_idr", "round"]


@pytest.mark.parametrize("path", [*PATHS, *(name for name in PurchaseSubmission.model_fields if name != "unit_code")])
def test_every_path_has_a_field(path: str) -> None:
    step, field, label = place_of(path)
    assert step
    assert field
    assert label


@pytest.mark.parametrize("code", TEXTS)
def test_no_sentence_speaks_to_programs(code: str) -> None:
    for path in PATHS:
        if code != "UNKNOWN_SKU" and code != "INVALID_JSON":  # the form knows every sku that it sends
            assert "`" not in sentence_of(Reason.of(code, path))


def test_a_reason_in_a_list_says_which_row() -> None:
    errors, labels = errors_of([Reason.of("INVALID_NIP", "contributors.1.nip"), Reason.of("INVALID_NIP", "buyer.nip")])
    assert errors == {"penyumbang": ["Baris 2: NIP harus 18 angka yang sah."], "nip": ["NIP harus 18 angka yang sah."]}
    assert labels == {"penyumbang": "Penyumbang", "nip": "NIP pembeli"}
    assert errors_of([Reason.of("INVALID_NIP", "buyer.nip")], "barang") == ({}, {})

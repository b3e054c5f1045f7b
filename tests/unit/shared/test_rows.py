"""Rows of CSV become items or reasons, all at once; what is written is read back equal."""

from __future__ import annotations

from dataclasses import replace
from datetime import date, timedelta

import pytest

from shared.contracts.catalogue import ProductChanged, SellerChanged, UnitChanged
from shared.reference.kits import contents_of, resolved
from shared.reference.load import load, shipped
from shared.reference.merge import items_of, kept
from shared.reference.model import SINCE_EVER, Headcount
from shared.reference.rows import MODELS, Kind, columns_of, of_kind, read_csv, read_sheet, write_csv
from shared.reference.told import event_of, item_of

DEPOK = load("3276")
TODAY = date(2021, 7, 22)
KINDS: tuple[Kind, ...] = tuple(MODELS)


@pytest.mark.parametrize("kind", KINDS)
@pytest.mark.parametrize("tenant", shipped())
def test_what_is_written_is_read_back_equal(tenant: str, kind: Kind) -> None:
    city = load(tenant)
    items = of_kind(city, kind)
    sheet = read_sheet(kind, read_csv(write_csv(kind, items.values())), city)
    assert (dict(sheet.items), sheet.wrong) == (items, ())


@pytest.mark.parametrize("tenant", shipped())
def test_an_event_tells_all_of_an_item(tenant: str) -> None:
    for item in items_of(load(tenant)):
        for told in (item, replace(item, retired_from=TODAY)):
            event = event_of(told, TODAY + timedelta(days=9))
            assert isinstance(event, SellerChanged | ProductChanged | UnitChanged)
            assert item_of(type(event).model_validate_json(event.model_dump_json())) == told


def test_all_wrong_rows_are_told_at_once() -> None:
    right = "S-1,Nama,umkm_binaan_opd,32.76.06,32.76.06.1001,32.76.06"
    rows = [
        right,
        right,
        "S-2,,umkm_binaan_opd,32.76.06,32.76.06.1001,32.76.06",
        "s-3,Nama,pasar,32.76.01,32.76.06.1001,32.76.NIHIL",
    ]
    sheet = read_sheet("sellers", read_csv("\n".join([",".join(columns_of("sellers")), *rows])), DEPOK)
    assert [(wrong.row, wrong.column) for wrong in sheet.wrong] == [
        (3, "seller_code"),
        (4, "name"),
        (5, "seller_code"),
        (5, "channel"),
        (5, "kecamatan_code"),
        (5, "fostering_unit_code"),
    ]
    assert list(sheet.items) == ["S-1"]


@pytest.mark.parametrize(
    ("column", "cell", "reason"),
    [
        ("price_idr", "65.000", "harus bilangan bulat"),
        ("price_idr", "0", "harus lebih dari 0"),
        ("shelf_life_hours", "-1", "harus bilangan bulat"),
        ("storage", "freezer", "harus salah satu dari ambient, chill, frozen"),
        ("halal", "ya", "harus true atau false"),
        ("need_groups", "food|snack", "kelompok kebutuhan tidak dikenal: snack"),
        ("need_groups", "", "sebutkan kelompok kebutuhan"),
        ("sku", "beras", "hanya huruf besar"),
        ("name", "", "wajib diisi"),
    ],
)
def test_a_wrong_cell_of_a_product_is_named(column: str, cell: str, reason: str) -> None:
    row = read_csv(write_csv("products", [DEPOK.products["BERAS-5KG"]]))[0] | {column: cell}
    (wrong,) = read_sheet("products", [row], DEPOK).wrong
    assert (wrong.row, wrong.column) == (2, column)
    assert reason in wrong.reason


@pytest.mark.parametrize(
    ("contents", "reason"),
    [
        ("", "paket harus berisi barang"),
        ("NIHIL:1", "isi paket harus barang biasa yang terdaftar: NIHIL"),
        ("KIT-SEHAT-UMKM:1", "isi paket harus barang biasa yang terdaftar: KIT-SEHAT-UMKM"),
        ("BERAS-5KG:x", "bukan BERAS-5KG:x"),
        ("BERAS-5KG", "bukan BERAS-5KG"),
        ("BERAS-5KG:1|BERAS-5KG:2", "bukan BERAS-5KG:2"),
    ],
)
def test_a_kit_is_made_of_ordinary_products_each_once(contents: str, reason: str) -> None:
    row = {"sku": "KIT-X", "name": "Paket", "category": "sembako", "price_idr": "1", "shelf_life_hours": "1"}
    (wrong,) = read_sheet("kits", [row | {"contents": contents}], DEPOK).wrong
    assert reason in wrong.reason


def test_a_file_from_excel_is_read_too() -> None:
    text = write_csv("sellers", [DEPOK.sellers["KOP-BEJI-01"]])
    assert read_csv("\ufeff" + text.replace(",", ";").replace("\n", "\r\n")) == read_csv(text)


def test_a_missing_column_is_told_once_and_not_per_row() -> None:
    sheet = read_sheet("kits", [{"sku": "A"}, {"sku": "B"}], DEPOK)
    assert {(wrong.row, wrong.reason) for wrong in sheet.wrong} == {(1, "kolom ini tidak ada di berkas")}


def test_a_headcount_holds_from_its_day_until_the_next() -> None:
    unit = DEPOK.units["32.76.DKUM"]
    first, second = Headcount(SINCE_EVER, 50), Headcount(TODAY, 60)
    dated = replace(unit, headcounts=(first, second))
    assert [dated.asn_count_on(TODAY + timedelta(days=shift)) for shift in (-1, 0, 1)] == [50, 60, 60]
    known = replace(DEPOK, units={unit.unit_code: replace(dated, retired_from=TODAY)})
    (item,) = kept([replace(unit, headcounts=(Headcount(TODAY, 61),))], known)
    assert item == replace(dated, headcounts=(first, Headcount(TODAY, 61)), retired_from=TODAY)


def test_what_follows_from_others_is_reckoned_anew_and_left_out_until_they_are_known() -> None:
    rice, made = DEPOK.products["BERAS-5KG"], DEPOK.products["KIT-KELUARGA-BAYI"]
    heavier = resolved({**DEPOK.products, rice.sku: replace(rice, weight_g=rice.weight_g + 500)})
    assert heavier[made.sku].weight_g == made.weight_g + 500
    other = replace(made, sku="LAIN", contents=frozenset(), merged_into=made.sku)
    early = resolved({made.sku: made, "LAIN": other, **{sku: DEPOK.products[sku] for sku, _ in contents_of(made)[1:]}})
    assert not {made.sku, "LAIN"} & set(early)
    assert resolved({**DEPOK.products, "LAIN": other})["LAIN"].weight_g == made.weight_g

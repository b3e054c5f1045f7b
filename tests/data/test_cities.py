"""The reference data of each city: codes, places and sums; and that our copy of Depok is the source's."""

from __future__ import annotations

import csv
import re
from collections import Counter
from pathlib import Path

import pytest

from shared.reference.load import CITIES, load, shipped
from shared.reference.model import Reference
from tests.support.repository import ROOT

SOURCE = ROOT / "../shared/data"  # handed out beside the repository; a clone alone does without
FILES = ("products.csv", "regions.csv", "sellers.csv", "units.csv")
NEEDS = {"food", "protein", "hygiene", "baby", "medicine"}


@pytest.fixture(params=shipped())
def city(request: pytest.FixtureRequest) -> Reference:
    """Each city that has a folder."""
    return load(request.param)


@pytest.mark.parametrize("name", FILES)
def test_our_copy_is_the_source(name: str) -> None:
    if not SOURCE.is_dir():
        pytest.skip("the source of the data is not beside this repository")
    assert (CITIES / "3276" / name).read_bytes() == (SOURCE / name).read_bytes()


@pytest.mark.parametrize("path", sorted(CITIES.glob("*/*.csv")), ids=lambda path: f"{path.parent.name}/{path.name}")
def test_a_file_is_plain_csv_with_one_row_per_key(path: Path) -> None:
    with path.open(encoding="utf-8", newline="") as file:
        reader = csv.DictReader(file)
        rows = list(reader)
    assert b"\r" not in path.read_bytes()
    key = (reader.fieldnames or [""])[0]
    assert [value for value, count in Counter(row[key] for row in rows).items() if count > 1] == []
    cells = [cell for row in rows for cell in row.values()]
    assert all(isinstance(cell, str) and cell == cell.strip() for cell in cells), "a ragged row or stray blanks"


def test_regions_are_one_city_with_kecamatan_and_kelurahan(city: Reference) -> None:
    root = f"{city.tenant[:2]}.{city.tenant[2:]}"
    shapes = {"kota": r"", "kecamatan": r"\.\d{2}", "kelurahan": r"\.\d{2}\.[12]\d{3}"}
    for code, region in city.regions.items():
        assert re.fullmatch(re.escape(root) + shapes[region.level], code)
        if region.level != "kota":
            assert city.regions[region.parent_code].level == ("kota" if region.level == "kecamatan" else "kecamatan")
        if region.level == "kelurahan":
            assert region.kecamatan_code == region.parent_code


def test_people_of_children_sum_to_their_parent(city: Reference) -> None:
    for code, region in city.regions.items():
        children = [child.population or 0 for child in city.regions.values() if child.parent_code == code]
        assert not children or sum(children) == (region.population or 0), code


def test_units_work_in_the_city_and_report_to_one_another(city: Reference) -> None:
    for unit in city.units.values():
        assert unit.region_code in city.regions
        assert unit.asn_count > 0
        assert city.units[unit.parent_code].kind == "kecamatan" if unit.kind == "kelurahan" else not unit.parent_code


def test_sellers_sell_by_a_channel_of_the_city_in_its_places_fostered_by_its_units(city: Reference) -> None:
    channels = {channel for programme in city.programmes.values() for channel in programme.channels}
    assert {seller.channel for seller in city.sellers.values()} == channels
    for seller in city.sellers.values():
        assert city.regions[seller.kelurahan_code].parent_code == seller.kecamatan_code
        assert seller.fostering_unit_code in city.units
        if seller.channel == "komunitas_umkm_kecamatan":
            assert seller.fostering_unit_code == seller.kecamatan_code


def test_products_can_be_bought_kept_and_given(city: Reference) -> None:
    for product in city.products.values():
        assert re.fullmatch(r"[A-Z0-9-]{3,24}", product.sku)
        assert 500 <= product.price_idr <= 500_000
        assert product.shelf_life_hours > 0
        assert 0 < product.weight_g <= 25_000
        assert product.need_groups
        assert product.need_groups <= NEEDS
        assert product.infant == ("baby" in product.need_groups)


def test_depok_is_complete() -> None:
    depok = load("3276")
    assert Counter(region.level for region in depok.regions.values()) == {"kota": 1, "kecamatan": 11, "kelurahan": 63}
    assert Counter(unit.kind for unit in depok.units.values()) == {"opd": 27, "kecamatan": 11, "kelurahan": 63}
    assert sum(unit.asn_count for unit in depok.units.values()) == 6_823
    assert depok.regions["32.76"].population == 2_056_335
    assert (len(depok.products), len(depok.sellers)) == (115 + 3, 69)  # and three kits
    kecamatan = {code for code, region in depok.regions.items() if region.level == "kecamatan"}
    for channel in ("umkm_binaan_opd", "komunitas_umkm_kecamatan", "koperasi_depok"):
        assert {s.kecamatan_code for s in depok.sellers.values() if s.channel == channel} == kecamatan
    places = [(region.lat, region.lon) for region in depok.regions.values()]
    assert all(-6.4667 <= lat <= -6.3167 and 106.7167 <= lon <= 106.9250 for lat, lon in places)

"""The data of a city is used only when it is whole, and is its own."""

from __future__ import annotations

import shutil
from collections.abc import Callable
from dataclasses import replace
from datetime import date, datetime, timedelta
from pathlib import Path

import pytest

from shared.reference.load import CITIES, CityError, load, shipped
from shared.reference.model import PpkmPeriod


@pytest.mark.parametrize("tenant", shipped())
def test_a_shipped_city_says_what_is_real(tenant: str) -> None:
    assert load(tenant).kelurahan
    assert "invented" in (CITIES / tenant / "README.md").read_text(encoding="utf-8")


@pytest.mark.parametrize(
    ("file", "old", "new", "hint"),
    [
        (
            "sellers.csv",
            "koperasi_bandung",
            "koperasi_lain",
            "baris 74, channel: saluran tidak dikenal: koperasi_lain",
        ),
        ("units.csv", "32.73.DISDIK,", "32.76.DISDIK,", "unit_code: harus diawali 32.73: 32.76.DISDIK"),
        ("sellers.csv", "32.73.01.100", "32.73.01.900", "kelurahan_code: kelurahan tidak dikenal: 32.73.01.900"),
    ],
)
def test_a_contradiction_is_named(tmp_path: Path, file: str, old: str, new: str, hint: str) -> None:
    folder = tmp_path / "city"
    shutil.copytree(CITIES / "3273", folder)
    text = (folder / file).read_text(encoding="utf-8")
    assert old in text
    (folder / file).write_text(text.replace(old, new), encoding="utf-8")
    with pytest.raises(CityError) as caught:
        load("3273", folder)
    assert hint in caught.value.hint


def test_a_folder_of_another_city_is_refused(tmp_path: Path) -> None:
    with pytest.raises(CityError, match="3273, not 3276"):
        load("3276", CITIES / "3273")
    with pytest.raises(CityError, match=r"no city\.toml"):
        load("3276", tmp_path)


@pytest.mark.parametrize(
    ("told", "expected"),
    [
        ('chairs_in = ["32.73.01.1001", "32.73.02"]', lambda code: code == "32.73.01.1001" or code[:8] == "32.73.02"),
        ('chairs_in = ["32.73"]', lambda code: code.count(".") == 3),
        ("", lambda _: False),
    ],
)
def test_a_city_says_where_a_chair_is_the_last_hand(tmp_path: Path, told: str, expected: Callable[[str], bool]) -> None:
    city = load("3273", with_line(tmp_path, told))
    assert {code for code, region in city.regions.items() if region.by_chair} == set(filter(expected, city.kelurahan))


def test_an_unknown_place_of_chairs_is_named(tmp_path: Path) -> None:
    with pytest.raises(CityError, match=r"chairs_in names no region of the city: 32\.73\.99"):
        load("3273", with_line(tmp_path, 'chairs_in = ["32.73", "32.73.99"]'))


def test_a_city_says_how_many_teams_come_to_a_lumbung_at_once(tmp_path: Path) -> None:
    assert load("3273").teams_per_slot == 4
    assert load("3273", with_line(tmp_path, "teams_per_slot = 2")).teams_per_slot == 2


@pytest.mark.parametrize(
    ("day", "expected"),
    [(2, None), (3, "darurat"), (20, "darurat"), (21, "level_4"), (40, "level_4"), (41, None)],
)
def test_depok_was_under_ppkm_in_july_2021(day: int, expected: str | None) -> None:
    city = load("3276")
    noon = datetime(2021, 6, 30, 12, tzinfo=city.zone) + timedelta(days=day)
    held = city.ppkm_at(noon)
    assert (held.period if held else None) == expected
    assert held is None or held.stays_in_city


def test_of_two_periods_that_began_last_holds() -> None:
    days = date(2021, 7, 1), date(2021, 7, 31)
    both = [PpkmPeriod(name, 1, name, days[number], days[1], "x", False) for number, name in enumerate("ab")]
    city = replace(load("3276"), ppkm_periods={period.period: period for period in both})
    assert city.ppkm_at(datetime(2021, 7, 31, 12, tzinfo=city.zone)) == both[1]


@pytest.mark.parametrize(
    ("until", "text", "expected"),
    [("2021-07-02", "x", "ends before it begins"), ("2021-07-04", " ", "1 to 300 letters")],
)
def test_a_period_of_ppkm_that_says_nothing_is_refused(tmp_path: Path, until: str, text: str, expected: str) -> None:
    told = f'ppkm_periods.a = {{ name = "A", from = 2021-07-03, until = {until}, text = "{text}" }}'
    with pytest.raises(CityError, match=expected):
        load("3273", with_line(tmp_path, told))


def test_a_crowd_at_a_lumbung_is_refused(tmp_path: Path) -> None:
    with pytest.raises(CityError, match="teams_per_slot is from 1 to 20, not 21"):
        load("3273", with_line(tmp_path, "teams_per_slot = 21"))


def with_line(tmp_path: Path, told: str) -> Path:
    """The files of Bandung with a line more in city.toml."""
    folder = tmp_path / "city"
    shutil.copytree(CITIES / "3273", folder)
    toml = folder / "city.toml"
    toml.write_text(f"{told}\n{toml.read_text(encoding='utf-8')}", encoding="utf-8")
    return folder

"""Whom a programme is for, as `city.toml` says it; a mistyped rule is refused, for it would shut everybody out."""

from __future__ import annotations

import shutil
from dataclasses import replace
from datetime import date
from pathlib import Path

import pytest

from shared.reference.load import CITIES, CityError, load


def folder_with(folder: Path, rules: str) -> Path:
    """The data of Depok, whose programme has these recipients."""
    shutil.copytree(CITIES / "3276", folder)
    text = (folder / "city.toml").read_text(encoding="utf-8")
    (folder / "city.toml").write_text(f"{text}\n[programmes.isoman.recipients]\n{rules}\n", encoding="utf-8")
    return folder


def test_recipients_are_read_and_without_them_anybody_in_isolation_is_meant(tmp_path: Path) -> None:
    rules = 'isolation = false\ngroups = ["elderly"]\nplaces = ["32.76.06"]\nuntil = 2021-12-31'
    told = load("3276", folder_with(tmp_path / "city", rules)).programmes["isoman"]
    assert (told.has_isolation, told.helps_until) == (False, date(2021, 12, 31))
    assert (told.groups, told.places) == (frozenset({"elderly"}), frozenset({"32.76.06"}))
    plain = load("3276").programmes["isoman"]
    assert (plain.has_isolation, plain.helps_until, plain.called) == (True, None, "isoman")
    assert not plain.groups | plain.places


@pytest.mark.parametrize(
    ("rules", "words"),
    [
        ('groups = ["lansia"]', "no group lansia"),
        ('places = ["32.76.99"]', "no kecamatan or kelurahan 32.76.99"),
        ("until = 2021-07-20", "ends before the programme starts"),
        ("isolasi = false", "have no isolasi"),
    ],
)
def test_a_rule_that_nobody_could_meet_is_refused(tmp_path: Path, rules: str, words: str) -> None:
    with pytest.raises(CityError) as refused:
        load("3276", folder_with(tmp_path / "city", rules))
    assert words in f"{refused.value} {refused.value.hint}"


def test_pages_of_all_programmes_call_who_receives_by_a_word_that_fits_each() -> None:
    city = load("3276")
    flood = replace(city.programmes["isoman"], programme="banjir", called="terdampak banjir")
    assert city.called == "isoman"
    assert replace(city, programmes={**city.programmes, "banjir": flood}).called == "penerima bantuan"
    assert replace(city, programmes={"banjir": flood}).called == "terdampak banjir"

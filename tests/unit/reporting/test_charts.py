"""A chart that lies is worse than none: axes from zero, areas in proportion, every text escaped."""

from __future__ import annotations

import math
import xml.etree.ElementTree as ET

import pytest
from hypothesis import given
from hypothesis import strategies as st

from services.reporting.documents.charts import (
    LARGEST,
    MAP_SIZE,
    Column,
    Place,
    axis_word,
    bubbles,
    ceiling,
    columns,
    gauge,
)


def shapes(svg: str, tag: str, kind: str = "fill") -> list[dict[str, str]]:
    return [node.attrib for node in ET.fromstring(svg).iter(tag) if node.get("class") == kind]


@given(st.lists(st.integers(0, 10**12), min_size=1, max_size=40))
def test_columns_are_as_high_as_their_values_and_stand_on_the_line_of_zero(values: list[int]) -> None:
    drawn = shapes(columns("Belanja", "rupiah", [Column("1 Jul", value) for value in values]), "rect")
    heights = [float(bar["height"]) for bar in drawn]
    assert len({round(float(bar["y"]) + float(bar["height"]), 0) for bar in drawn}) == 1
    top = ceiling(max(values))
    whole = 170 - 20 - 18
    assert all(
        math.isclose(height, whole * value / top, abs_tol=0.06) for height, value in zip(heights, values, strict=True)
    )


@given(st.integers(0, 10**15))
def test_an_axis_ends_at_or_above_its_largest_value_and_not_far_above(value: int) -> None:
    assert value <= ceiling(value) <= max(2, 2 * value)
    assert ceiling(value) % 2 == 0


@pytest.mark.parametrize(
    ("value", "word"), [(0, "0"), (500, "500"), (2500, "2,5 rb"), (2_500_000, "2,5 jt"), (10**9, "1 M")]
)
def test_words_of_an_axis(value: int, word: str) -> None:
    assert axis_word(value) == word


@pytest.mark.parametrize(
    ("value", "whole", "width"), [(0, 5, "0.0%"), (1, 4, "25.0%"), (9, 4, "100.0%"), (3, 0, "0.0%")]
)
def test_a_gauge_goes_from_nothing_to_the_whole(value: int, whole: int, width: str) -> None:
    assert shapes(gauge(value, whole), "rect")[0]["width"] == width


def test_the_area_of_a_bubble_is_its_value_and_north_is_up() -> None:
    south, north = Place("Selatan", -6.45, 106.8, 100), Place("Utara", -6.35, 106.8, 25)
    drawn = shapes(bubbles("Paket", "paket", [north, south, Place("Timur", -6.4, 106.9, 0)]), "circle")
    assert [float(circle["r"]) for circle in drawn] == [LARGEST, LARGEST / 2]
    assert float(drawn[0]["cy"]) > float(drawn[1]["cy"])
    assert all(0 <= float(circle[axis]) <= MAP_SIZE for circle in drawn for axis in ("cx", "cy"))


def test_what_a_picture_shows_is_also_told_and_escaped() -> None:
    told = ET.fromstring(columns("Belanja <b>", "rupiah", [Column("1 Jul", 5), Column("2 Jul", 1500)])).get(
        "aria-label"
    )
    assert told == "Belanja <b>, terbanyak 2 Jul: 1.500 rupiah."
    assert ET.fromstring(bubbles("Paket", "paket", [])).get("aria-label") == "Paket: belum ada."

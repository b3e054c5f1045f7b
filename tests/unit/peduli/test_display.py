"""What people see: a panel of 80 columns on a terminal, plain lines in a pipe, Indonesian ways of writing."""

from __future__ import annotations

import io
import re

import pytest
from rich.console import Console

from peduli.display import Board, accounting_line
from peduli.words import city_of, decimal, local, place, rupiah


def played(console: Console) -> str:
    with Board(console) as board:
        board.step("Menyalakan")
        board.show({"purchases": 59, "assigned": 4, "delivered": 1, "spend_idr": 5_432_500})
        board.step("Mengantar")
    board.step("Menghentikan")
    assert isinstance(console.file, io.StringIO)
    return console.file.getvalue()


def test_a_pipe_gets_a_plain_line_per_step() -> None:
    lines = played(Console(file=io.StringIO())).splitlines()
    assert [line.split("detik  ")[1] for line in lines] == ["Menyalakan", "Mengantar", "Menghentikan"]


@pytest.mark.parametrize("width", [80, 120])
def test_a_terminal_gets_a_panel_of_80_columns_that_ends_with_all_steps_done(width: int) -> None:
    text = played(Console(file=io.StringIO(), force_terminal=True, width=width, color_system=None))
    panel = re.sub(r"\x1b\[[0-9;?]*[a-zA-Z]", "", text).split("╭")[-1].splitlines()
    assert {len(line) for line in panel[1:-2]} == {80}
    assert sum("✓" in line for line in panel) == 2
    assert any("59" in line for line in panel)
    assert any("Rp5.432.500" in line for line in panel)


def test_the_accounting_line_names_what_is_over_only_when_there_is_some() -> None:
    names = [
        "bought",
        "loose",
        "over_delivered",
        "delivered",
        "on_the_way",
        "in_stock",
        "opened",
        "returned_or_expired",
        "expired",
        "lost",
        "doubled",
    ]
    accounting = dict(zip(names, (8, 0, 0, 5, 1, 1, 0, 1, 1, 0, 0), strict=True))
    assert not any(word in accounting_line(accounting) for word in ("lebih", "paket"))
    assert "dibeli 8 + isi paket 6 = sampai 11" in accounting_line(
        {**accounting, "loose": 6, "delivered": 11, "opened": 1}
    )
    assert "kembali/kedaluwarsa 1 (kedaluwarsa 1)" in accounting_line(accounting)
    assert "dibeli 8 + lebih 1 = sampai 6" in accounting_line({**accounting, "over_delivered": 1, "delivered": 6})


def test_money_numbers_moments_and_places_are_written_as_people_do() -> None:
    assert rupiah(1_250_000) == "Rp1.250.000"
    assert decimal(14.286, 2) == "14,29"
    depok = city_of("3276")
    assert local("2021-07-31T16:30:00Z", depok) == "31-07-2021 23.30.00 WIB"
    assert place("32.76.06.1001", depok) == "Kelurahan Beji"
    assert (place("32.76", depok), place("32.76.NIHIL", depok)) == ("Kota Depok", "32.76.NIHIL")


def test_a_city_whose_data_is_elsewhere_is_shown_by_its_codes_in_utc() -> None:
    assert city_of("9999") is None
    assert local("2021-07-31T16:30:00Z", None) == "31-07-2021 16.30.00 UTC"
    assert place("99.99.01", None) == "99.99.01"

"""Every decision says why, to each reader in words of theirs; these sentences are read by people, so they are fixed."""

from __future__ import annotations

from dataclasses import replace
from datetime import datetime
from zoneinfo import ZoneInfo

import pytest

from services.distribution.domain.explain import (
    READERS,
    TEXTS,
    WAITING,
    explain,
    explain_packet,
    explain_standing,
    explain_waiting,
)
from tests.support.cities import goods, home, plan

WIB = ZoneInfo("Asia/Jakarta")


def test_one_assignment_explained_to_three_readers() -> None:
    why = plan([goods(1, hours=30)], [home(1, 6), home(2, 4)]).packets[0].why
    assert explain(why, "volunteer") == (
        "Rumah ini belum pernah menerima paket. Barang ada di kelurahan ini. "
        "Antarkan lebih dulu: ada barang yang hanya tahan 30 jam."
    )
    assert explain(why, "household") == (
        "Ini paket pertama untuk keluarga Anda. Ada makanan segar: segera simpan atau makan."
    )
    assert explain(why, "auditor") == (
        "Didahulukan: belum pernah menerima paket. Urutan 1. "
        "Berikutnya: rumah 00000000-0000-0000-0000-000000000002. "
        "Lebih banyak orang dari urutan berikutnya (6 orang, berikutnya 4). "
        "Barang dari kelurahan yang sama. Barang yang cepat basi didahulukan (sisa 30 jam)."
    )


def test_a_packet_is_told_with_what_and_when_to_each_reader() -> None:
    goods, before = {"Beras medium 5 kg": 1, "Telur ayam negeri 1 kg": 2}, datetime(2021, 7, 24, 13, tzinfo=WIB)
    what = "1 × Beras medium 5 kg, 2 × Telur ayam negeri 1 kg"
    told = {reader: explain_packet(["FIRST_PACKET"], goods, before, reader) for reader in READERS}
    assert told == {
        "volunteer": f"Bawa {what} ke pintu sebelum 24/07/2021 13.00: letakkan, ketuk, mundur. "
        "Rumah ini belum pernah menerima paket.",
        "household": f"Paket untuk keluarga Anda: {what}, paling lambat 24/07/2021 13.00. "
        "Ini paket pertama untuk keluarga Anda.",
        "auditor": f"Paket: {what}; harus sampai sebelum 24/07/2021 13.00, saat masa bantuan selesai atau barang "
        "pertama basi. Didahulukan: belum pernah menerima paket.",
    }


def test_a_second_packet_says_whose_coverage_was_lower() -> None:
    people = [home(1, packets=1), replace(home(2, packets=1), met={"food": 9})]
    why = plan([goods(1)], people).packets[0].why
    assert explain(why, "auditor") == (
        "Didahulukan: cakupan kebutuhan paling rendah. Urutan 1. "
        "Berikutnya: rumah 00000000-0000-0000-0000-000000000002. "
        "Cakupan lebih rendah dari urutan berikutnya (0,0 %, berikutnya 10,7 %). Barang dari kelurahan yang sama."
    )


def test_one_who_waits_is_told_why_and_when() -> None:
    when = datetime(2021, 7, 24, 13, tzinfo=WIB)
    assert explain_waiting("NO_GOODS", when, "household") == (
        "Barang yang Anda perlukan sedang habis. Perkiraan tiba: 24/07/2021."
    )
    assert explain_waiting("NOTHING_SUITS", None, "auditor") == (
        "Menunggu: barang yang ada dilarang aturan keras (alergi, bayi, diabetes, tidak bisa memasak, halal). "
        "Tanpa janji: tidak ada barang atau tim yang cukup sebelum masa bantuan selesai."
    )
    assert explain_waiting("NEED_MET", None, "auditor") == "Kebutuhan sudah terpenuhi."


def test_a_household_without_a_packet_hears_what_it_may_hope_for_and_no_word_of_illness() -> None:
    promise = datetime(2021, 7, 24, tzinfo=WIB)
    waits = explain_standing("NO_GOODS", promise, is_helped=True, is_over=False)
    assert waits == (
        "Barang yang Anda perlukan sedang habis. Perkiraan tiba: 24/07/2021. "
        "Bantuan lain yang sudah Anda terima ikut dihitung: yang belum menerima apa pun didahulukan."
    )
    over = explain_standing("ISOLATION_ENDED", None, is_helped=True, is_over=False)
    assert over == explain_standing(None, None, is_helped=False, is_over=True) != ""
    assert explain_standing(None, None, is_helped=False, is_over=False) == ""
    told = [explain_standing(code, promise, is_helped=True, is_over=False) for code in TEXTS]
    assert not any("isolasi" in text.lower() for text in told)


@pytest.mark.parametrize("code", TEXTS)
def test_every_code_says_something_to_the_auditor_and_takes_its_figures(code: str) -> None:
    assert explain([f"{code}:7:3"], "auditor")
    assert all("{" not in explain([f"{code}:7:3"], reader) for reader in READERS)


def test_a_code_of_an_earlier_release_still_reads() -> None:
    assert "? orang" in explain(["MORE_PERSONS"], "auditor")
    assert set(WAITING) < set(TEXTS)

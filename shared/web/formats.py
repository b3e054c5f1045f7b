"""How money, numbers and moments are written on screens in Bahasa Indonesia."""

from __future__ import annotations

from datetime import date, datetime
from zoneinfo import ZoneInfo

MONTHS = (
    "Januari",
    "Februari",
    "Maret",
    "April",
    "Mei",
    "Juni",
    "Juli",
    "Agustus",
    "September",
    "Oktober",
    "November",
    "Desember",
)
CHANNELS = {
    "umkm_binaan_opd": "UMKM binaan perangkat daerah",
    "komunitas_umkm_kecamatan": "Komunitas UMKM kecamatan",
    "koperasi_depok": "Koperasi",
}
DAYS = ("Senin", "Selasa", "Rabu", "Kamis", "Jumat", "Sabtu", "Minggu")


def number(value: int) -> str:
    """`1415` as `1.415`."""
    return f"{value:,}".replace(",", ".")


def tenths(value: float) -> str:
    """`1234.56` as `1.234,6`."""
    whole, _, tenth = f"{value:,.1f}".partition(".")
    return f"{whole.replace(',', '.')},{tenth}"


def rupiah(value: int) -> str:
    """Whole rupiah: `65000` as `Rp65.000`."""
    return f"Rp{number(value)}"


def percent(part: int, whole: int) -> str:
    """`part` of `whole` with one decimal, as `65,1 %`; empty when there is no whole."""
    return f"{100 * part / whole:.1f} %".replace(".", ",") if whole else ""


def day(value: date) -> str:
    """`22 Juli 2021`."""
    return f"{value.day} {MONTHS[value.month - 1]} {value.year}"


def days(first: date, last: date) -> str:
    """`26 Juli – 1 Agustus 2021`, with no word twice."""
    if first == last:
        return day(first)
    if first.year != last.year:
        return f"{day(first)} – {day(last)}"
    begins = f"{first.day}" if first.month == last.month else f"{first.day} {MONTHS[first.month - 1]}"
    return f"{begins} – {day(last)}"


def weekday(value: date) -> str:
    """`Kamis, 22 Juli 2021`."""
    return f"{DAYS[value.weekday()]}, {day(value)}"


def moment(at: datetime, zone: ZoneInfo) -> str:
    """`22 Juli 2021 10.05 WIB`: the city's own time, with its name."""
    there = at.astimezone(zone)
    return f"{day(there.date())} {there:%H.%M} {there.tzname()}"


def channel_name(code: str) -> str:
    """`komunitas_umkm_kecamatan` as `Komunitas UMKM kecamatan`; an unknown one as it reads."""
    return CHANNELS.get(code, code.replace("_", " ").capitalize())

"""Why a packet goes to this door and not to another, or does not come yet, for three readers in Bahasa Indonesia.

One table of codes. A code may carry figures after colons (`MORE_PERSONS:6:4`), which take the place of {0} and {1}.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from datetime import datetime
from typing import Literal, NamedTuple, get_args

Reader = Literal["volunteer", "household", "auditor"]
READERS: tuple[Reader, ...] = get_args(Reader)


class Text(NamedTuple):
    """What a code says to each reader; empty when it is not for them."""

    volunteer: str
    household: str
    auditor: str


TEXTS: dict[str, Text] = {
    "FIRST_PACKET": Text(
        "Rumah ini belum pernah menerima paket.",
        "Ini paket pertama untuk keluarga Anda.",
        "Didahulukan: belum pernah menerima paket.",
    ),
    "LOWEST_COVERAGE": Text(
        "Kebutuhan rumah ini paling sedikit terpenuhi.",
        "Kebutuhan keluarga Anda belum cukup terpenuhi.",
        "Didahulukan: cakupan kebutuhan paling rendah.",
    ),
    "WITHIN_REACH": Text(
        "", "", "Masih terjangkau dengan barang yang ada dan yang diperkirakan datang; rumah berikutnya tidak."
    ),
    "CANNOT_WAIT": Text(
        "Antarkan segera: rumah ini tidak dapat menunggu.",
        "",
        "Tidak dapat menunggu: kesempatan terakhirnya {0} hari lagi, rumah berikutnya {1} hari.",
    ),
    "MORE_PERSONS": Text("", "", "Lebih banyak orang dari urutan berikutnya ({0} orang, berikutnya {1})."),
    "LOWER_COVERAGE": Text("", "", "Cakupan lebih rendah dari urutan berikutnya ({0} %, berikutnya {1} %)."),
    "LOWER_KELURAHAN": Text(
        "", "", "Di kelurahan ini lebih sedikit warga yang sudah terjangkau ({0} %, berikutnya {1} %)."
    ),
    "ENDS_SOONER": Text(
        "Antarkan segera: masa bantuan hampir selesai.",
        "",
        "Masa bantuan berakhir {0} jam lebih cepat dari urutan berikutnya.",
    ),
    "MORE_FRAGILE": Text(
        "Ada bayi, lansia, atau orang yang sendiri.", "", "Lebih rentan dari urutan berikutnya ({0}, berikutnya {1})."
    ),
    "DRAWN_BY_LOT": Text("", "", "Setara dengan urutan berikutnya; ditentukan oleh undian harian."),
    "FROM_KELURAHAN": Text("Barang ada di kelurahan ini.", "", "Barang dari kelurahan yang sama."),
    "FROM_KECAMATAN": Text(
        "Ambil barang di kelurahan tetangga.", "", "Barang dari kecamatan yang sama; di kelurahan ini tidak ada."
    ),
    "FROM_CITY": Text(
        "Ambil barang dari kecamatan lain.",
        "Barang Anda datang dari kecamatan lain.",
        "Barang dari kecamatan lain; yang lebih dekat tidak ada yang cocok dan tepat waktu.",
    ),
    "SPOILS_SOON": Text(
        "Antarkan lebih dulu: ada barang yang hanya tahan {0} jam.",
        "Ada makanan segar: segera simpan atau makan.",
        "Barang yang cepat basi didahulukan (sisa {0} jam).",
    ),
    "IMPROVED": Text(
        "",
        "",
        "Rencana diperbaiki sebelum ada tim yang mengambilnya.",
    ),
    "HAS_OPEN_PACKET": Text("", "Paket untuk keluarga Anda sudah disiapkan.", "Sudah ada satu paket di jalan."),
    "ISOLATION_ENDED": Text("", "Masa bantuan keluarga Anda sudah selesai.", "Masa bantuan sudah berakhir."),
    "NEED_MET": Text("", "Kebutuhan keluarga Anda sudah terpenuhi untuk saat ini.", "Kebutuhan sudah terpenuhi."),
    "TEAM_FULL": Text(
        "Tim kelurahan ini sudah penuh hari ini.",
        "Tim kelurahan Anda sudah penuh hari ini.",
        "Menunggu: kapasitas tim kelurahan untuk hari ini habis.",
    ),
    "NO_GOODS": Text("", "Barang yang Anda perlukan sedang habis.", "Menunggu: tidak ada barang yang diperlukan."),
    "NOTHING_SUITS": Text(
        "",
        "Barang yang ada tidak cocok untuk keluarga Anda.",
        "Menunggu: barang yang ada dilarang aturan keras (alergi, bayi, diabetes, tidak bisa memasak, halal).",
    ),
    "NOT_IN_TIME": Text(
        "",
        "Barang yang ada tidak dapat sampai tepat waktu.",
        "Menunggu: barang yang ada basi atau tiba setelah masa bantuan selesai.",
    ),
    "OTHER_AID": Text(
        "",
        "Bantuan lain yang sudah Anda terima ikut dihitung: yang belum menerima apa pun didahulukan.",
        "Kebutuhan dihitung lebih rendah: ada bantuan lain.",
    ),
    "PROMISED": Text("", "Perkiraan tiba: {0}.", "Dijanjikan: {0}."),
    "NOT_PROMISED": Text(
        "",
        "Kami belum bisa menjanjikan waktunya; RT/RW dan kelurahan Anda diberi tahu.",
        "Tanpa janji: tidak ada barang atau tim yang cukup sebelum masa bantuan selesai.",
    ),
}
PACKET = Text(
    "Bawa {what} ke pintu sebelum {before}: letakkan, ketuk, mundur.",
    "Paket untuk keluarga Anda: {what}, paling lambat {before}.",
    "Paket: {what}; harus sampai sebelum {before}, saat masa bantuan selesai atau barang pertama basi.",
)
WAITING = ("TEAM_FULL", "NO_GOODS", "NOTHING_SUITS", "NOT_IN_TIME")  # what a promise belongs to


def explain(why: Sequence[str], reader: Reader) -> str:
    """The codes of a decision as sentences for `reader`; the auditor also sees rank and runner-up."""
    sentences = []
    for code in dict.fromkeys(why):
        name, *figures = code.split(":")
        if name in TEXTS:
            shown = [figure.replace(".", ",") for figure in figures]
            sentences.append(getattr(TEXTS[name], reader).format(*shown, "?", "?"))
        elif reader == "auditor" and name == "rank":
            sentences.append(f"Urutan {figures[0]}.")
        elif reader == "auditor" and name == "before":
            sentences.append(f"Berikutnya: rumah {figures[0]}.")
    return " ".join(sentence for sentence in sentences if sentence)


def explain_packet(why: Sequence[str], goods: Mapping[str, int], before: datetime, reader: Reader) -> str:
    """What a packet is (pieces by name), until when it must be at the door (the city's own time), and why."""
    what = ", ".join(f"{pieces} × {name}" for name, pieces in goods.items())
    sentences = [getattr(PACKET, reader).format(what=what, before=f"{before:%d/%m/%Y %H.%M}"), explain(why, reader)]
    return " ".join(sentence for sentence in sentences if sentence)


def explain_waiting(code: str, promised_at: datetime | None, reader: Reader) -> str:
    """Why a household waits and what it is promised; `promised_at` is in the city's own time."""
    if code not in WAITING:
        return explain([code], reader)
    promise = f"PROMISED:{promised_at:%d/%m/%Y}" if promised_at else "NOT_PROMISED"
    return explain([code, promise], reader)


def explain_standing(reason: str | None, promised_at: datetime | None, *, is_helped: bool, is_over: bool) -> str:
    """What a household that has no packet before it may hope for; empty when nothing is known yet. No word of illness:
    who finds its page on a shared phone must not learn why it gets help.
    """
    if is_over or reason == "ISOLATION_ENDED":
        return "Tidak ada paket lagi yang disiapkan untuk Anda."
    waiting = explain_waiting(reason, promised_at, "household") if reason else ""
    return " ".join(text for text in (waiting, explain(["OTHER_AID"], "household") if is_helped else "") if text)

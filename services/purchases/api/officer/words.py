"""What the pages say in Bahasa Indonesia, and which field of the form a reason is about."""

from __future__ import annotations

import re
from collections.abc import Iterable

from shared.contracts.reasons import Reason
from shared.reference.model import Reference
from shared.web.formats import channel_name

STATES = {  # state of a receipt: (word, look)
    "recorded": ("Tercatat", "good"),
    "waiting": ("Menunggu", "warn"),
    "rejected": ("Ditolak", "bad"),
    "voided": ("Dibatalkan", "off"),
}
OUTCOMES = {
    "recorded": "Laporan diterima dan tercatat.",
    "corrected": "Koreksi diterima dan tercatat.",
    "known": "Laporan ini sudah tercatat sebelumnya; tidak dihitung dua kali.",
    "voided": "Belanja ini dibatalkan dan tidak dihitung lagi.",
    "waiting": "Laporan diterima dan menunggu laporan belanjanya.",
    "rejected": "Laporan tidak dapat diterima.",
}
TELLINGS = {"submitted": "Laporan", "corrected": "Koreksi", "voided": "Pembatalan"}
TOLD = {
    "recorded": "tercatat",
    "corrected": "tercatat",
    "known": "sudah tercatat sebelumnya",
    "voided": "tercatat",
    "waiting": "menunggu",
    "rejected": "ditolak",
}
PREVIEWS = {
    "recorded": "akan dicatat",
    "corrected": "akan dikoreksi",
    "voided": "akan dibatalkan",
    "known": "sudah tercatat",
    "waiting": "menunggu notanya",
    "rejected": "ditolak",
}
FILE_STATES = {  # of a file: (word, look)
    "received": ("Diperiksa", "warn"),
    "read": ("Diperiksa", "warn"),
    "previewed": ("Perlu disetujui", "warn"),
    "accepting": ("Dicatat", "warn"),
    "accepted": ("Selesai", "good"),
    "unusable": ("Tidak terpakai", "bad"),
}
VOID_REASONS = {
    "salah_input": "Salah ketik",
    "nota_ganda": "Nota tercatat dua kali",
    "batal_beli": "Belanja tidak jadi",
    "lainnya": "Sebab lain",
}
STEPS = {
    "penjual": "Penjual",
    "barang": "Barang",
    "nota": "Nota dan pembayar",
    "unggahan": "Unggahan",
    "periksa": "Periksa",
}

# path of a reason -> (step, field, label); {0} is its first number, {1} that number counted from one, {2} a second one
_PLACES = [
    (r"seller_code|channel", "penjual", "penjual", "Penjual"),
    (r"lines\.(\d+)\.quantity", "barang", "banyak-{0}", "Barang {1}, banyaknya"),
    (r"lines\.(\d+)\.unit_price_idr", "barang", "harga-{0}", "Barang {1}, harga"),
    (r"lines\.(\d+)\.expires_at", "barang", "sampai-{0}", "Barang {1}, baik sampai"),
    (r"lines\.(\d+)\.product\.category", "barang", "kategori-{0}", "Barang {1}, kategori"),
    (r"lines\.(\d+)\.product\.shelf_life_hours", "barang", "simpan-{0}", "Barang {1}, tahan berapa hari"),
    (r"lines\.(\d+)\.product\.contents\.(\d+)\..*", "barang", "isi-{0}", "Barang {1}, isi paket baris {2}"),
    (r"lines\.(\d+)\.product\.contents", "barang", "isi-{0}", "Barang {1}, isi paket"),
    (r"lines\.(\d+)(\..*)?", "barang", "nama-{0}", "Barang {1}, nama"),
    (r"lines|total_idr", "barang", "cari", "Barang"),
    (r"reference", "nota", "nota", "Nomor nota"),
    (r"purchased_at", "nota", "tanggal", "Tanggal dan jam"),
    (r"buyer\.nip", "nota", "nip", "NIP pembeli"),
    (r"buyer", "nota", "pembayar", "Siapa yang membayar"),
    (r"contributors\.(\d+).*", "nota", "penyumbang", "Penyumbang baris {1}"),
    (r"contributors", "nota", "penyumbang", "Penyumbang"),
    (r"pickup.*", "nota", "kelurahan", "Kelurahan pengambilan"),
    (r"purpose", "nota", "tujuan", "Untuk siapa"),
    (r"programme", "nota", "program", "Program"),
    (r"rows\.(\d+)\..*", "", "", "Baris {0} lembar"),
    (r"posts\.\d+\.url", "unggahan", "tautan", "Tautan unggahan"),
    (r"posts.*", "unggahan", "tagar", "Tagar"),
    (r"round", "janji", "putaran", "Minggu"),
    (r"sum_idr", "janji", "jumlah", "Jumlah uang"),
    (r"packets", "janji", "paket", "Jumlah paket"),
]
_PATTERNS = [(re.compile(pattern), step, field, label) for pattern, step, field, label in _PLACES]

_SENTENCES = [  # (codes, path, sentence): where the contract's own sentence speaks to programs
    (r"MISSING_.*|INVALID_FIELD", r"purchased_at", "Isi tanggal dan jam di nota, misalnya 10.05."),
    (r"MISSING_FIELD|INVALID_FIELD", r"reference", "Isi nomor nota, paling panjang 100 huruf."),
    (r"MISSING_FIELD|INVALID_FIELD", r"lines", "Tambahkan paling sedikit satu barang."),
    (r"MISSING_FIELD|INVALID_FIELD", r".*(quantity|packets)", "Tulis angka bulat, misalnya 40."),
    (r"MISSING_FIELD|INVALID_FIELD", r".*(price|amount|sum|total)_idr", "Tulis rupiah bulat, misalnya 65.000."),
    (r"MISSING_FIELD|INVALID_FIELD", r".*shelf_life_hours", "Tulis jumlah hari, misalnya 30."),
    (r"MISSING_FIELD|INVALID_FIELD", r".*product\.name", "Isi nama barang."),
    (r"MISSING_FIELD|INVALID_FIELD", r".*category", "Pilih kategori."),
    (
        r"UNKNOWN_SKU|INVALID_FIELD",
        r".*contents\.\d+\.sku",
        "Barang ini tidak dikenal, atau ada beberapa yang mirip. Tulis nama lengkapnya.",
    ),
    (r"MISSING_FIELD|INVALID_FIELD", r".*posts\.\d+\.url", "Isi tautan unggahan yang dimulai dengan https://."),
    (r"MISSING_FIELD|INVALID_FIELD", r"seller_code|channel", "Pilih penjual."),
    (r"BUYER_OR_CONTRIBUTORS", r".*", "Isi NIP pembeli, atau daftar penyumbang."),
    (
        r"DUPLICATE_CONFLICT",
        r".*",
        "Nomor nota ini sudah tercatat dengan isi lain. Untuk mengubahnya, buka belanja itu dan pilih Koreksi. "
        "Bila ini nota lain dengan nomor sama, tambahkan kode penjual di belakang nomornya.",
    ),
]
_READ = [(re.compile(codes), re.compile(path), sentence) for codes, path, sentence in _SENTENCES]


def purposes_of(city: Reference, programme: str) -> dict[str, str]:
    """Whom goods of a programme are for, by the code of their purpose."""
    called = city.programmes[programme].called if programme in city.programmes else city.called
    return {"donation": f"Untuk warga {called}", "own_use": "Dipakai sendiri"}


def channels_of(city: Reference) -> dict[str, str]:
    """The channels of the city's programmes, by code."""
    codes = frozenset[str]().union(*(programme.channels for programme in city.programmes.values()))
    return {code: channel_name(code) for code in sorted(codes)}


def place_of(path: str) -> tuple[str, str, str]:
    """Where a reason belongs: the step of the form, the field in it, and what a person calls it."""
    for pattern, step, field, label in _PATTERNS:
        found = pattern.fullmatch(path)
        if found:
            numbers = [int(group) for group in found.groups() if group and group.isdigit()]
            first, second = [*numbers, 0, 0][:2]
            return step, field.format(first, first + 1), label.format(first, first + 1, second + 1)
    return "", "", ""


def sentence_of(reason: Reason) -> str:
    """A reason for a person who fills a form."""
    for codes, path, sentence in _READ:
        if codes.fullmatch(reason.code) and path.fullmatch(reason.path):
            return sentence
    return reason.message


def errors_of(reasons: Iterable[Reason], step: str = "") -> tuple[dict[str, list[str]], dict[str, str]]:
    """Sentences by field of a step (or of all), and what each field is called."""
    errors: dict[str, list[str]] = {}
    labels: dict[str, str] = {}
    for reason in reasons:
        where, field, label = place_of(reason.path)
        if step and where != step:
            continue
        row = re.search(r"baris \d+", label)  # one field holds many rows: say which
        labels[field] = label.removesuffix(f" {row[0]}") if row else label
        errors.setdefault(field, []).append(
            f"{row[0].capitalize()}: {sentence_of(reason)}" if row else sentence_of(reason)
        )
    return errors, labels


def told_in_words(reasons: Iterable[Reason]) -> list[str]:
    """Each reason with what it is about, in one sentence."""
    return [
        f"{label}: {sentence_of(reason)}" if label else sentence_of(reason)
        for reason in reasons
        for label in [place_of(reason.path)[2]]
    ]

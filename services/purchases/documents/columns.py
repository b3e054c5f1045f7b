"""The columns of a sheet of purchases: what they are called, what they hold, which field of the contract they fill.

One row tells one line of a receipt, one contributor, or both; rows with the same number are one receipt. A column is of
the whole receipt (`receipt`: its cells stand in any of the rows), of one `line`, one `payer` or one `post`.
"""

from __future__ import annotations

import re
from typing import Any

from shared.sheets import cells
from shared.sheets.columns import Column, Columns
from shared.sheets.faults import CellError

_PIECES = re.compile(r"[0-9]{1,9}")


def hashtags(cell: Any) -> list[str]:
    """Hashtags apart from each other and from their `#`."""
    return [tag for tag in re.split(r"[\s,;|#]+", str(cell)) if tag]


def contents(cell: Any) -> list[dict[str, Any]]:
    """What a kit holds: BERAS-5KG:1|MINYAK-1L:2."""
    found = []
    for part in re.split(r"[|;,\n]+", str(cell)):
        sku, _, pieces = part.strip().partition(":")
        if not sku or (pieces and not _PIECES.fullmatch(pieces.strip())):
            raise CellError("NOT_CONTENTS")
        found.append({"sku": sku.strip().upper(), "quantity": int(pieces or 1)})
    return found


def _upper(cell: Any) -> str:
    return cells.text(cell).upper()


def _reason(cell: Any) -> str:
    return re.sub(r"[^a-z]+", "_", cells.text(cell).casefold()).strip("_")


ACTIONS = {"baru": "submitted", "koreksi": "corrected", "batal": "voided"}
PURPOSES = {"donasi": "donation", "dipakai sendiri": "own_use", "donation": "donation", "own_use": "own_use"}
POSTERS = {"pegawai": "asn", "unit": "unit", "asn": "asn"}

COLUMNS: tuple[Column, ...] = (
    Column(
        "action", "Aksi", "receipt", cells.text, "", "baru, koreksi atau batal; kosong berarti baru", choices=ACTIONS
    ),
    Column(
        "source",
        "Sumber",
        "receipt",
        cells.text,
        "source",
        "hanya bila nota ini dilaporkan atas nama sumber lain, misalnya /pos/koperasi-depok",
    ),
    Column(
        "reference",
        "Nomor Nota",
        "receipt",
        cells.text,
        "reference",
        "nomor di nota atau kuitansi; baris dengan nomor yang sama adalah satu nota",
        (
            "No Nota",
            "No. Kuitansi",
            "Nomor Kuitansi",
            "Nomor Kwitansi",
            "No Kwitansi",
            "Nota",
            "Nomor Struk",
            "Referensi",
        ),
    ),
    Column(
        "date",
        "Tanggal",
        "receipt",
        cells.day,
        "purchased_at",
        "tanggal nota, hari lebih dulu: 22/07/2021",
        ("Tanggal Nota", "Tanggal Belanja", "Tgl", "Tanggal Pembelian"),
    ),
    Column("time", "Jam", "receipt", cells.clock, "purchased_at", "jam nota: 10.05; boleh kosong", ("Pukul", "Waktu")),
    Column(
        "unit",
        "Unit Kerja",
        "receipt",
        cells.text,
        "unit_code",
        "kode, singkatan atau nama unit kerja pembeli",
        ("Kode Unit", "Unit", "OPD", "Perangkat Daerah", "Instansi"),
    ),
    Column(
        "seller",
        "Penjual",
        "receipt",
        cells.text,
        "seller_code",
        "kode atau nama UMKM atau koperasi",
        ("Kode Penjual", "Toko", "UMKM", "Nama Penjual"),
    ),
    Column(
        "nip",
        "NIP",
        "payer",
        cells.nip,
        "buyer.nip",
        "NIP pembeli, 18 angka; jadikan kolom ini Teks",
        ("NIP Pembeli", "NIP Penyumbang", "NIP/NI PPPK", "Nomor Induk Pegawai"),
    ),
    Column(
        "contribution",
        "Iuran",
        "payer",
        cells.money,
        "contributors.amount_idr",
        "bila satu nota dibayar bersama: satu baris untuk tiap NIP, dengan iurannya",
        ("Sumbangan", "Jumlah Iuran", "Nominal", "Besar Iuran", "Nominal Iuran", "Iuran (Rp)"),
    ),
    Column(
        "sku",
        "Kode Barang",
        "line",
        _upper,
        "lines.sku",
        "kode dari lembar Daftar; kosongkan untuk barang baru",
        ("SKU", "Kode Produk", "Barang"),
    ),
    Column(
        "product",
        "Nama Barang Baru",
        "line",
        cells.text,
        "lines.product.name",
        "hanya untuk barang yang belum ada di lembar Daftar",
        ("Nama Barang", "Nama Produk"),
    ),
    Column(
        "category",
        "Kategori Barang Baru",
        "line",
        cells.text,
        "lines.product.category",
        "kategori barang baru, misalnya sembako",
        ("Kategori",),
    ),
    Column(
        "shelf_life",
        "Masa Simpan (jam)",
        "line",
        cells.count,
        "lines.product.shelf_life_hours",
        "berapa jam barang baru tahan sejak dibeli",
        ("Masa Simpan", "Tahan (jam)"),
    ),
    Column(
        "contents",
        "Isi Paket",
        "line",
        contents,
        "lines.product.contents",
        "isi satu paket baru: KODE:banyaknya, dipisah |",
        ("Isi",),
    ),
    Column(
        "quantity",
        "Banyaknya",
        "line",
        cells.count,
        "lines.quantity",
        "berapa buah",
        ("Jumlah", "Jumlah Barang", "Qty", "Kuantitas", "Banyak"),
    ),
    Column(
        "price",
        "Harga Satuan",
        "line",
        cells.money,
        "lines.unit_price_idr",
        "rupiah untuk satu buah",
        ("Harga", "Harga Satuan (Rp)", "Harga per Buah"),
    ),
    Column(
        "expires",
        "Kedaluwarsa",
        "line",
        cells.day,
        "lines.expires_at",
        "tanggal kedaluwarsa; boleh kosong",
        ("Tanggal Kedaluwarsa", "Kadaluarsa", "Expired"),
    ),
    Column(
        "total",
        "Total Nota",
        "receipt",
        cells.money,
        "total_idr",
        "jumlah seluruh nota; bila kosong dihitung dari barisnya",
        ("Total", "Total Belanja", "Jumlah Total", "Total (Rp)", "Total Harga"),
    ),
    Column(
        "purpose",
        "Tujuan",
        "receipt",
        cells.text,
        "purpose",
        "donasi atau dipakai sendiri; kosong berarti donasi",
        ("Peruntukan",),
        PURPOSES,
    ),
    Column("programme", "Program", "receipt", cells.text, "programme", "kode program; kosong berarti isoman"),
    Column(
        "pickup",
        "Kelurahan Pengambilan",
        "receipt",
        cells.text,
        "pickup.kelurahan",
        "kode atau nama kelurahan tempat barang diserahkan",
        ("Kelurahan", "Kelurahan Ambil", "Lumbung"),
    ),
    Column(
        "post",
        "Tautan Unggahan",
        "post",
        cells.text,
        "posts.url",
        "alamat unggahan di media sosial, dimulai https://",
        ("Tautan", "Link", "Link Posting", "URL"),
    ),
    Column(
        "hashtags",
        "Tagar",
        "post",
        hashtags,
        "posts.hashtags",
        "tagar di unggahan itu, dipisah spasi",
        ("Hashtag", "Tagar Unggahan"),
    ),
    Column(
        "posted",
        "Tanggal Unggahan",
        "post",
        cells.day,
        "posts.posted_at",
        "tanggal unggahan; boleh kosong",
        ("Tanggal Posting",),
    ),
    Column(
        "poster",
        "Pengunggah",
        "post",
        cells.text,
        "posts.by",
        "pegawai atau unit; kosong berarti pegawai",
        ("Diunggah Oleh",),
        POSTERS,
    ),
    Column(
        "reason",
        "Alasan Batal",
        "receipt",
        _reason,
        "reason",
        "hanya untuk aksi batal, misalnya salah input",
        ("Alasan Pembatalan",),
    ),
)
BY_NAME = {column.name: column for column in COLUMNS}
DERIVED = {"channel"}  # the seller's own: nobody has to write it
_ALSO_AT = {
    "buyer": "nip",
    "contributors": "contribution",
    "contributors.nip": "nip",
    "lines": "sku",
    "lines.product": "product",
    "channel": "seller",
    "pickup": "pickup",
}
PURCHASES = Columns(COLUMNS, needed=("reference",), also_at=_ALSO_AT)

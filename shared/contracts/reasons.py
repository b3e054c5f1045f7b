"""Why something was refused: a code, the path of the field, and a sentence in Bahasa Indonesia."""

from __future__ import annotations

from pydantic import BaseModel, ConfigDict

TEXTS: dict[str, str] = {
    "INVALID_JSON": "Isi pesan bukan JSON yang sah.",
    "MISSING_FIELD": "Kolom ini wajib diisi.",
    "INVALID_FIELD": "Nilai kolom ini tidak sesuai bentuk yang diminta.",
    "UNKNOWN_CITY": "Kota ini tidak dilayani di sini.",
    "UNKNOWN_PROGRAMME": "Program tidak dikenal di kota ini.",
    "UNKNOWN_UNIT": "Unit kerja tidak dikenal atau tidak aktif.",
    "UNKNOWN_SELLER": "Penjual tidak dikenal atau tidak aktif.",
    "CHANNEL_MISMATCH": "Saluran tidak sama dengan saluran penjual, atau tidak termasuk program ini.",
    "UNKNOWN_SKU": "Barang tidak dikenal; sertakan `product` dengan nama, kategori dan masa simpan.",
    "UNKNOWN_KELURAHAN": "Kelurahan pengambilan tidak dikenal.",
    "TOTAL_MISMATCH": "Jumlah total tidak sama dengan jumlah seluruh baris (banyaknya x harga).",
    "PURCHASED_IN_FUTURE": "Waktu pembelian ada di masa depan; periksa jam dan zona waktu.",
    "PURCHASED_TOO_EARLY": "Waktu pembelian sebelum hari pertama program ini.",
    "PURCHASED_TOO_LATE": "Waktu pembelian sesudah hari terakhir program ini.",
    "TIME_OUT_OF_RANGE": "Waktu ini di luar rentang yang masuk akal; periksa tahunnya.",
    "MISSING_OFFSET": "Waktu harus menyebut zona waktu, misalnya +07:00.",
    "INVALID_NIP": "NIP harus 18 angka yang sah.",
    "BUYER_OR_CONTRIBUTORS": "Sebutkan satu pembeli (`buyer`) atau daftar penyumbang (`contributors`), bukan keduanya.",
    "DUPLICATE_CONTRIBUTOR": "Penyumbang ini sudah ada di daftar.",
    "CONTRIBUTIONS_EXCEED_TOTAL": "Jumlah sumbangan melebihi total belanja.",
    "UNKNOWN_ROUND": "Putaran disebut dengan tanggal hari Seninnya, paling jauh empat minggu ke depan.",
    "DUPLICATE_CONFLICT": "Nomor ini sudah tercatat dengan isi lain; kirim sebagai koreksi.",
    "PURCHASE_NOT_FOUND": "Pembelian yang dikoreksi atau dibatalkan tidak datang dalam 24 jam.",
    "TOO_LARGE": "Isinya lebih besar dari 64 KiB; pecah menjadi beberapa pembelian.",
    "ALREADY_VOIDED": "Pembelian ini sudah dibatalkan.",
}


class Reason(BaseModel):
    """One thing that is wrong. It never carries the offending value: that could be personal data."""

    model_config = ConfigDict(frozen=True)

    code: str
    path: str
    message: str

    @classmethod
    def of(cls, code: str, path: str = "") -> Reason:
        """The reason `code` at `path`, with its text from `TEXTS` (KeyError for an unknown code)."""
        return cls(code=code, path=path, message=TEXTS[code])

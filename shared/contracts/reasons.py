"""Why something was refused: a code, the path of the field, and a sentence in two languages."""

from __future__ import annotations

from typing import NamedTuple

from pydantic import BaseModel, ConfigDict, ValidationError


class Text(NamedTuple):
    """One reason for two readers: an officer, and a developer who may be anywhere."""

    indonesian: str
    english: str


TEXTS: dict[str, Text] = {
    "INVALID_JSON": Text("Isi pesan bukan JSON yang sah.", "The body is not valid JSON."),
    "INVALID_EVENT": Text(
        "Amplop CloudEvents tidak lengkap atau tidak sah.", "The CloudEvents attributes are missing or not valid."
    ),
    "INVALID_TEXT": Text(
        "Ada huruf yang tidak dapat disimpan (U+0000).", "There is a character that cannot be stored (U+0000)."
    ),
    "UNKNOWN_TYPE": Text("Jenis pesan ini tidak diterima di sini.", "This type of event is not taken here."),
    "WRONG_TENANT": Text("ce-tenant menyebut kota lain.", "ce-tenant names another city."),
    "KEY_REUSED": Text(
        "Idempotency-Key ini sudah dipakai untuk isi lain.", "This Idempotency-Key was used for another body."
    ),
    "REQUEST_TOO_LARGE": Text(
        "Kiriman lebih besar dari batas; pecah menjadi beberapa kiriman.",
        "The request is larger than is read at once; split it.",
    ),
    "UNPROCESSABLE": Text(
        "Kiriman ini tidak dapat kami proses; beri tahu pengelola.",
        "This cannot be processed, and the fault is ours; tell the operator.",
    ),
    "MISSING_FIELD": Text("Kolom ini wajib diisi.", "This field is required."),
    "INVALID_FIELD": Text(
        "Nilai kolom ini tidak sesuai bentuk yang diminta.", "The value does not have the form that is asked for."
    ),
    "UNKNOWN_CITY": Text("Kota ini tidak dilayani di sini.", "This city is not served here."),
    "UNKNOWN_PROGRAMME": Text("Program tidak dikenal di kota ini.", "The programme is unknown in this city."),
    "OUTSIDE_THE_PROGRAMME": Text(
        "Program ini tidak untuk kelurahan itu.", "The programme does not help in this kelurahan."
    ),
    "NOT_OF_THE_PROGRAMME": Text(
        "Program ini hanya untuk keluarga dengan kelompok tertentu; centang yang sesuai.",
        "The programme helps households with certain groups only, and none of them is told.",
    ),
    "PROGRAMME_IS_OVER": Text(
        "Bantuan program ini sudah berakhir pada hari itu.", "The programme's help has ended by then."
    ),
    "HELPED_BY_ANOTHER_PROGRAMME": Text(
        "Keluarga ini sedang dibantu lewat program lain.",
        "The household is being helped by another programme that another reporter told of.",
    ),
    "SOURCE_NOT_YOURS": Text("Sumber ini bukan milik pengirim.", "This source is not the sender's."),
    "UNIT_NOT_YOURS": Text("Unit kerja ini di luar wewenang pengirim.", "This unit is not the sender's to tell of."),
    "UNKNOWN_UNIT": Text("Unit kerja tidak dikenal atau tidak aktif.", "The unit is unknown or not active."),
    "UNKNOWN_SELLER": Text("Penjual tidak dikenal atau tidak aktif.", "The seller is unknown or not active."),
    "CHANNEL_MISMATCH": Text(
        "Saluran tidak sama dengan saluran penjual, atau tidak termasuk program ini.",
        "The channel is not the seller's, or not one of this programme.",
    ),
    "UNKNOWN_SKU": Text(
        "Barang tidak dikenal; sertakan `product` dengan nama, kategori dan masa simpan.",
        "The item is unknown; add `product` with name, category and shelf_life_hours.",
    ),
    "INACTIVE_SKU": Text(
        "Barang ini tidak aktif lagi di daftar barang pada hari pembelian.",
        "The item was not active in the registry on the day of the purchase.",
    ),
    "UNKNOWN_KELURAHAN": Text("Kelurahan tidak dikenal.", "The kelurahan is unknown."),
    "KELURAHAN_NOT_YOURS": Text(
        "Kelurahan ini di luar wilayah pengirim.", "This kelurahan is not the sender's to tell of."
    ),
    "ENDS_BEFORE_IT_BEGINS": Text(
        "Masa isolasi atau bantuan berakhir sebelum mulai; periksa kedua tanggalnya.",
        "The isolation, or the time of need, ends before it begins.",
    ),
    "INVALID_NIK": Text("NIK harus 16 angka yang sah.", "A NIK has 16 digits that must parse."),
    "HOUSEHOLD_ERASED": Text(
        "Data keluarga ini sudah dihapus; daftarkan dengan nomor baru.",
        "The data of this household were erased; register it under a new reference.",
    ),
    "TOTAL_MISMATCH": Text(
        "Jumlah total tidak sama dengan jumlah seluruh baris (banyaknya x harga).",
        "The total is not the sum of all lines (quantity x unit price).",
    ),
    "PURCHASED_IN_FUTURE": Text(
        "Waktu pembelian ada di masa depan; periksa jam dan zona waktu.",
        "The purchase is in the future; look at the clock and the offset.",
    ),
    "PURCHASED_TOO_EARLY": Text(
        "Waktu pembelian sebelum hari pertama program ini.", "The purchase is before the first day of this programme."
    ),
    "PURCHASED_TOO_LATE": Text(
        "Waktu pembelian sesudah hari terakhir program ini.", "The purchase is after the last day of this programme."
    ),
    "TIME_OUT_OF_RANGE": Text(
        "Waktu ini di luar rentang yang masuk akal; periksa tahunnya.",
        "This time is out of a sensible range; look at the year.",
    ),
    "MISSING_OFFSET": Text(
        "Waktu harus menyebut zona waktu, misalnya +07:00.", "The time must have an offset, such as +07:00."
    ),
    "INVALID_NIP": Text("NIP harus 18 angka yang sah.", "A NIP has 18 digits that must parse."),
    "BUYER_OR_CONTRIBUTORS": Text(
        "Sebutkan satu pembeli (`buyer`) atau daftar penyumbang (`contributors`), bukan keduanya.",
        "Name one `buyer`, or a list of `contributors`, not both.",
    ),
    "DUPLICATE_CONTRIBUTOR": Text("Penyumbang ini sudah ada di daftar.", "This contributor is in the list already."),
    "CONTRIBUTIONS_EXCEED_TOTAL": Text(
        "Jumlah sumbangan melebihi total belanja.", "The contributions are more than the total."
    ),
    "UNKNOWN_ROUND": Text(
        "Putaran disebut dengan tanggal hari Seninnya, paling jauh empat minggu ke depan.",
        "A round is named by the date of its Monday, at most four weeks ahead.",
    ),
    "DUPLICATE_CONFLICT": Text(
        "Nomor ini sudah tercatat dengan isi lain; kirim sebagai koreksi.",
        "This reference is recorded with other content; send a correction.",
    ),
    "PURCHASE_NOT_FOUND": Text(
        "Pembelian yang dikoreksi atau dibatalkan tidak datang dalam 24 jam.",
        "The purchase to be corrected or voided did not come within 24 hours.",
    ),
    "TOO_LARGE": Text(
        "Isinya lebih besar dari 64 KiB; pecah menjadi beberapa pembelian.",
        "The content is larger than 64 KiB; split it into several purchases.",
    ),
    "PHOTO_TOO_LARGE": Text(
        "Foto lebih besar dari 200 kB. Perkecil, atau pakai kode penerima atau nama peran saksi.",
        "The photo is larger than 200 kB. Shrink it, or prove the delivery by code or witness.",
    ),
    "NOT_A_PHOTO": Text(
        "Isi yang datang bukan foto JPEG atau WebP yang disebut; unggah ulang.",
        "What came is not the JPEG or WebP that was announced; upload it again.",
    ),
    "NOT_SO_MANY_HERE": Text(
        "Di lumbung tidak ada sebanyak itu; hitung lagi.", "There are not so many in the lumbung; count again."
    ),
    "MORE_THAN_BOUGHT": Text(
        "Hasil hitung lebih banyak dari yang dibeli; koreksi pembeliannya.",
        "That is more than was bought; correct the purchase.",
    ),
    "NOT_SO_MANY_FREE": Text(
        "Paket barang yang bebas tidak sebanyak itu; yang sudah dijanjikan ke rumah tidak dibuka.",
        "Not so many kits are free; what packets hold is not opened.",
    ),
    "NOT_A_KIT": Text(
        "Barang ini bukan paket yang isinya dikenal.", "This is no kit whose contents are all in the registry."
    ),
    "LOT_WITHDRAWN": Text("Barang ini sudah ditarik dari peredaran.", "The lot is withdrawn."),
    "ALREADY_VOIDED": Text("Pembelian ini sudah dibatalkan.", "This purchase was voided before."),
}


class Reason(BaseModel):
    """One thing that is wrong. It never carries the offending value: that could be personal data."""

    model_config = ConfigDict(frozen=True)

    code: str
    path: str
    message: str
    message_en: str = ""

    @classmethod
    def of(cls, code: str, path: str = "") -> Reason:
        """The reason `code` at `path`, with its texts from `TEXTS` (KeyError for an unknown code)."""
        return cls(code=code, path=path, message=TEXTS[code].indonesian, message_en=TEXTS[code].english)


_CODES = {"missing": "MISSING_FIELD", "timezone_aware": "MISSING_OFFSET"}


def reasons_of_form(error: ValidationError) -> list[Reason]:
    """What is wrong with the form, once per field and without its value."""
    details = error.errors(include_input=False, include_url=False, include_context=False)
    found = {tuple(map(str, detail["loc"])): detail["type"] for detail in details}
    wrong_within = {place[:depth] for place in found for depth in range(1, len(place))}
    return [
        Reason.of(_CODES.get(kind, "INVALID_FIELD"), ".".join(place))
        for place, kind in found.items()
        if place not in wrong_within  # a list is not wrong beside its wrong items
    ]

"""What can be wrong with a sheet or with one of its cells, in Bahasa Indonesia: those who fill it in read it."""

from __future__ import annotations

from dataclasses import dataclass

from shared.errors import PeduliError

MAX_FILE_BYTES = 10 * 1024 * 1024
MAX_ROWS = 10_000

FILES: dict[str, str] = {
    "EMPTY": "Berkas ini kosong.",
    "TOO_LARGE": "Berkas lebih besar dari 10 MB; pecah menjadi beberapa berkas.",
    "TOO_LARGE_UNPACKED": "Isi berkas ini jauh lebih besar dari ukurannya dan tidak dibuka; simpan ulang.",
    "TOO_MANY_ROWS": "Berkas berisi lebih dari 10.000 baris; pecah menjadi beberapa berkas.",
    "TOO_MANY_HOUSEHOLDS": "Lembar berisi lebih dari 1.000 keluarga; pecah menjadi beberapa lembar.",
    "TOO_MANY_COLUMNS": "Ada isi sel jauh di kanan (lebih dari 200 kolom); hapus isi di luar tabel.",
    "ENCRYPTED": "Berkas dikunci kata sandi; simpan tanpa kata sandi, lalu unggah lagi.",
    "OLD_EXCEL": "Ini berkas Excel lama (.xls); simpan sebagai .xlsx atau .csv, lalu unggah lagi.",
    "NO_SPREADSHEET": "Ini bukan berkas .xlsx atau .csv.",
    "NO_WORKBOOK": "Berkas ini bukan buku kerja Excel (.xlsx); simpan sebagai .xlsx, lalu unggah lagi.",
    "BROKEN": "Berkas rusak atau tidak utuh; simpan ulang dari Excel, lalu unggah lagi.",
    "UNKNOWN_ENCODING": "Huruf dalam berkas ini tidak terbaca; simpan sebagai CSV UTF-8 atau .xlsx.",
    "BROKEN_CSV": "Baris ini tidak terbaca sebagai CSV; periksa tanda kutipnya.",
    "NO_HEADINGS": "Baris judul tidak ditemukan; pakai judul kolom dari templat.",
    "DOUBLE_HEADING": "Dua kolom berjudul sama artinya; ganti judul salah satunya.",
    "NO_ROWS": "Tidak ada baris di bawah judul.",
    "OUR_FAULT": "Berkas ini tidak dapat kami baca, dan itu kesalahan kami; beri tahu pengelola.",
}
CELLS: dict[str, str] = {
    "NOT_MONEY": "Tulis rupiah utuh, misalnya 65000, 65.000 atau Rp 65.000.",
    "NOT_A_NUMBER": "Tulis angka bulat.",
    "NOT_A_DATE": "Tulis tanggal sebagai hari/bulan/tahun, misalnya 22/07/2021.",
    "NOT_A_TIME": "Tulis jam sebagai 10.05 atau 10:05.",
    "NOT_A_CHOICE": "Pilih salah satu isi dari daftar di templat.",
    "NOT_CONTENTS": "Tulis isi paket sebagai KODE:banyaknya, dipisah |, misalnya BERAS-5KG:1|MINYAK-1L:2.",
    "DATE_IN_TEXT": "Excel mengubah isi sel ini menjadi tanggal; jadikan kolomnya Teks, lalu ketik ulang.",
    "NIP_ROUNDED": "NIP ini tersimpan sebagai angka, dan Excel membuang angka terakhirnya; jadikan kolomnya Teks, "
    "lalu ketik ulang.",
    "FORMULA_WITHOUT_VALUE": "Rumus di sel ini tidak punya hasil; buka dan simpan dengan Excel, atau tulis nilainya.",
    "FORMULA_ERROR": "Rumus di sel ini menghasilkan kesalahan.",
    "UNIT_NOT_YOURS": "Ini bukan unit kerja Anda; laporkan belanja unit sendiri saja.",
    "SOURCE_NOT_YOURS": "Sumber ini bukan unit kerja Anda; kosongkan.",
    "NO_REFERENCE": "Nomor nota kosong.",
    "CONTRADICTION": "Isinya berbeda dari baris lain dengan nomor nota yang sama.",
    "NO_CONTRIBUTION": "Nota ini dibayar beberapa orang; isi Iuran di baris ini.",
    "NO_NIP": "Iuran tanpa NIP.",
    "NO_POST": "Tagar tanpa tautan unggahan.",
    "NIK_ROUNDED": "NIK ini tersimpan sebagai angka, dan Excel membuang angka terakhirnya; jadikan kolomnya Teks, "
    "lalu ketik ulang.",
    "REPEATED": "Nomor ini sudah ada di baris lain lembar ini.",
}


class FileError(PeduliError):
    """The whole file cannot be used; `code` says why, `row` where (from 1, as the program shows it)."""

    def __init__(self, code: str, row: int | None = None) -> None:
        super().__init__(FILES[code])
        self.code = code
        self.row = row


class CellError(Exception):
    """A cell cannot be read as what its column holds."""

    def __init__(self, code: str) -> None:
        super().__init__(code)
        self.code = code


@dataclass(frozen=True)
class Wrong:
    """One thing that is wrong, at a row and under a heading of the sheet. It never carries the value."""

    row: int
    column: str
    code: str
    message: str

    @classmethod
    def of(cls, row: int, column: str, code: str) -> Wrong:
        """What is wrong with a cell, with its text."""
        return cls(row, column, code, CELLS[code])

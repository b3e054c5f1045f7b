"""What became of a report, and why a packet could not be handed over, in the volunteers' words."""

from __future__ import annotations

REASONS = {
    "not_home": "Tidak ada orang",
    "refused": "Menolak",
    "moved": "Pindah",
    "released": "Masa bantuan selesai",
    "unsafe": "Tidak aman",
    "wrong_address": "Alamat salah",
}
WITNESSES = ("Ketua RT", "Ketua RW", "Kader", "Satgas", "Linmas", "Petugas puskesmas", "Tetangga", "Keluarga")
OUTCOMES = {
    "accepted": "Tercatat: pintu ini milik tim Anda.",
    "delivered": "Tercatat: paket sudah di depan pintu.",
    "failed": "Tercatat: belum dapat diserahkan.",
    "returned": "Tercatat: paket kembali di lumbung.",
    "TAKEN_BY_ANOTHER_TEAM": "Tidak dipakai: tim lain sudah mengambil pintu ini.",
    "ANOTHER_TEAMS_TURN": "Pintu ini sekarang giliran tim lain.",
    "protocol_read": "Terima kasih. Selamat bertugas, jaga diri.",
    "chosen": "Waktu mengambil barang tercatat. Datang pada waktu itu, jaga jarak, dan langsung berangkat.",
    "SLOT_FULL": "Waktu itu sudah penuh atau lewat. Pilih waktu lain.",
    "pin_set": "PIN tersimpan. Pada giliran berikutnya, masuk dengan PIN ini di perangkat ini.",
    "EASY_PIN": "PIN belum tersimpan. Pilih 6 sampai 8 angka yang tidak mudah ditebak, bukan 123456 atau 111111.",
    "TEAM_PAUSED": "Tim Anda sedang dijeda oleh koordinator. Antarkan dulu yang ada di tangan.",
    "TEAM_FULL": "Muatan tim sudah penuh. Antarkan dulu yang ada.",
    "ACCEPT_FIRST": "Ambil dulu paketnya di lumbung, lalu laporkan.",
    "WRONG_CODE": "Kode tidak cocok. Tanyakan lagi, atau pilih saksi atau foto.",
    "CODE_LOCKED": "Kode salah lima kali. Pakai saksi atau foto.",
    "PHOTO_NOT_HERE": "Foto belum sampai. Kirim lagi fotonya, atau pakai saksi.",
    "PHOTO_TOO_LARGE": "Foto lebih besar dari 200 kB. Perkecil, atau pakai kode penerima atau saksi.",
    "NOT_A_PHOTO": "Foto ini tidak dapat dibaca. Pakai foto JPEG, kode penerima, atau saksi.",
    "UNKNOWN_WITNESS": "Pilih peran saksi, atau isi kode penerima.",
    "NOT_IN_THIS_PACKET": "Jumlah barang tidak sesuai isi paket.",
    "NO_CHAIRS_HERE": "Di kelurahan ini paket tidak dititipkan kepada ketua RT atau RW. Antarkan ke pintu.",
    "NOT_IN_YOUR_HANDS": "Paket ini tidak di tangan tim Anda.",
    "STALE_VERSION": "Disimpan untuk koordinator: ada laporan lain yang lebih dulu.",
    "REPORT_ID_USED": "Nomor laporan ini sudah dipakai laporan lain. Kirim lagi dengan nomor baru.",
    "UNKNOWN_TASK": "Paket ini tidak ada di daftar tim Anda.",
    "TASK_IS_DELIVERED": "Tidak dipakai: paket ini sudah dilaporkan sampai.",
    "TASK_IS_RETURNED": "Tidak dipakai: paket ini sudah kembali di lumbung.",
    "TASK_IS_RECALLED": "Paket ini ditarik. Yang sudah diambil, kembalikan ke lumbung.",
    "TASK_IS_ASSIGNED": "Waktu paket ini habis. Ambil lagi dari daftar.",
    "TASK_IS_ACCEPTED": "Paket ini sudah di tangan tim Anda.",
    "TASK_IS_FAILED": "Tidak dipakai: sudah dilaporkan belum dapat diserahkan.",
}


MEANWHILE = {
    "BROUGHT": "Sudah diantar oleh tim Anda.",
    "BROUGHT_BY_ANOTHER": "Sudah diantar tim lain. Bila paketnya masih pada Anda, kembalikan ke lumbung.",
    "TAKEN_BY_ANOTHER": "Sekarang giliran tim lain. Bila paketnya masih pada Anda, serahkan kepada tim itu.",
    "TO_BE_BROUGHT_BACK": "Ditarik: jangan diantar lagi. Kembalikan paket ini ke lumbung.",
    "RECALLED": "Ditarik: tidak perlu diambil.",
    "RETURNED": "Sudah kembali di lumbung.",
    "LEASE_OVER": "Waktu tim Anda habis. Bila paketnya pada Anda, laporkan saja; bila belum, ambil lagi dari daftar.",
}


def told(outcome: str) -> str:
    """An outcome as a sentence; empty for what is none."""
    return OUTCOMES.get(outcome, "")


def wa_number(phone: str) -> str:
    """A phone number as wa.me takes it: `0812-…` as `62812…`; empty when it cannot be one."""
    digits = "".join(char for char in phone if char.isdigit())
    if digits.startswith("0"):
        digits = "62" + digits[1:]
    return digits if 9 <= len(digits) <= 15 else ""


LEFT_WITH_CHAIR = "Dititipkan"
ON_PAPER = {
    "Sudah di depan pintu": {"deliver:code": "dengan kode penerima"}
    | {f"deliver:{role}": f"saksi: {role[0].lower()}{role[1:]}" for role in WITNESSES},
    LEFT_WITH_CHAIR: {"handover:rt": "kepada ketua RT", "handover:rw": "kepada ketua RW"},
    "Belum dapat diserahkan": {f"fail:{code}": name.lower() for code, name in REASONS.items()},
    "Dibawa kembali": {"return:": "kembali di lumbung"},
}


def on_paper(*, by_chair: bool) -> dict[str, dict[str, str]]:
    """What a line of a printed list can say, in groups; `by_chair` where a chair may be the last hand."""
    return {group: options for group, options in ON_PAPER.items() if by_chair or group != LEFT_WITH_CHAIR}


REPORTS = {
    "accept": "diambil",
    "deliver": "sudah di depan pintu",
    "handover": "dititipkan kepada ketua",
    "fail": "belum dapat diserahkan",
    "return": "kembali di lumbung",
}
STATUSES = {
    "assigned": "menunggu tim",
    "accepted": "di tangan tim",
    "failed": "belum dapat diserahkan",
    "delivered": "sudah di depan pintu",
    "returned": "kembali di lumbung",
    "recalled": "ditarik",
}
HANDS = {"lumbung": "lumbung", "team": "tim", "rt": "ketua RT", "rw": "ketua RW", "door": "depan pintu"}
REPLIES = {
    "to_come": "Yang kurang kami antarkan menyusul. Mohon tunggu relawan.",
    "brought": "Yang kurang sudah kami antarkan ke depan pintu.",
    "on_the_way": "Paket ini masih di jalan. Relawan mengantarkannya secepatnya.",
    "not_in_stock": "Mohon maaf, penggantinya sedang tidak ada di lumbung.",
    "checked": "Sudah kami periksa bersama relawan: paket ini tercatat lengkap di depan pintu.",
}
ACTS = {
    "reassign": "dialihkan",
    "call_back": "ditarik kembali",
    "keep_standing": "laporan pertama tetap dipakai",
    "keep_report": "laporan kedua dipakai",
    "pause": "tim dijeda",
    "resume": "tim bekerja lagi",
    "cut_off": "perangkat dikeluarkan",
    "answer_case": "laporan keluarga dijawab",
}
DECISIONS = {
    "reassign": "Paket dialihkan. Giliran tim itu berlaku 90 menit.",
    "call_back": "Paket ditarik kembali. Barang dan keluarganya direncanakan lagi.",
    "keep_standing": "Tercatat: yang pertama tetap dipakai.",
    "keep_report": "Tercatat: laporan kedua dipakai.",
    "pause": "Tim dijeda: tidak mendapat pintu baru.",
    "resume": "Tim bekerja lagi.",
    "cut_off": "Perangkat dikeluarkan. Begitu tersambung lagi, perangkat itu melupakan semua pintu.",
    "NOT_SIGNED_IN": "Perangkat itu sudah tidak dikenal.",
    "answer_case": "Tercatat. Jawabannya tampil di halaman keluarga itu.",
    "NO_OPEN_CASE": "Laporan keluarga ini sudah dijawab.",
    "TEAM_PAUSED": "Tim itu sedang dijeda. Pilih tim lain.",
    "TEAM_HAS_IT": "Paket ini sudah di tangan tim itu.",
    "STALE_VERSION": "Paket ini berubah sementara Anda melihatnya. Lihat lagi, lalu putuskan.",
    "CANNOT_BE_CHANGED": "Tidak dapat diubah lagi: barang sudah di depan pintu atau di lumbung. Pilih yang tercatat.",
    "typed": "Tercatat dari kertas, dengan jam kejadiannya.",
    "EMPTY_SHEET": "Belum ada baris yang diisi.",
    "NO_RESULT": "Pilih hasilnya; untuk kode penerima, isi 4 angkanya.",
    "NO_TIME": "Isi tanggal dan jam kejadiannya.",
    "NOT_THEN": "Jam itu tidak mungkin: paketnya belum ada, atau jamnya belum tiba.",
    "NO_REASON": "Tuliskan alasannya, paling sedikit 3 huruf.",
}


def decided(outcome: str) -> str:
    """What became of a coordinator's decision, as a sentence; empty for what is none."""
    return DECISIONS.get(outcome) or told(outcome)

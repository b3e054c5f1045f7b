"""What the registrar's pages call the codes of the contract."""

from __future__ import annotations

_ENDED = {"hospital": "dirawat di rumah sakit", "moved": "pindah", "deceased": "meninggal"}
GROUPS = {
    "infant": "Ada bayi",
    "elderly": "Ada lansia",
    "pregnant": "Ada ibu hamil",
    "diabetic": "Ada penderita diabetes",
    "no_cook": "Tidak bisa memasak",
    "alone": "Tinggal sendirian",
}
ALLERGENS = {
    "peanut": "Kacang tanah",
    "soy": "Kedelai",
    "fish": "Ikan",
    "shrimp": "Udang",
    "egg": "Telur",
    "milk": "Susu",
    "gluten": "Gandum (gluten)",
}
CASES = {
    "with_symptoms": "Positif, bergejala (tanggal gejala pertama)",
    "without_symptoms": "Positif, tanpa gejala (tanggal tes)",
    "close_contact": "Kontak erat (tanggal kontak terakhir)",
}
AIDS = {
    "parcel": "Paket sembako",
    "meals": "Makanan matang",
    "cash": "Uang",
    "hygiene": "Alat kebersihan",
    "baby": "Kebutuhan bayi",
    "medicine": "Obat atau vitamin",
}
LABELS = {
    "nama": "Nama penerima",
    "alamat": "Alamat",
    "kelurahan": "Kelurahan",
    "rw": "RW",
    "hp": "Nomor HP",
    "nik": "NIK",
    "jumlah": "Jumlah orang",
    "kelompok": "Di rumah ini",
    "kasus": "Keadaan",
    "tanggal": "Tanggal",
    "gejala": "Gejala terakhir",
    "selesai": "Selesai isolasi atau dibantu",
    "program": "Program",
    "bantuan": "Bantuan lain",
    "tanggal_bantuan": "Tanggal bantuan",
    "file": "Lembar",
    "alasan": "Alasan",
}
FIELDS = {  # of the contract, as the form calls them
    "people.name": "nama",
    "people.address": "alamat",
    "people.phone": "hp",
    "people.nik": "nik",
    "kelurahan": "kelurahan",
    "rw": "rw",
    "size": "jumlah",
    "groups": "kelompok",
    "cases": "tanggal",
    "cases.0.kind": "kasus",
    "cases.0.counted_from": "tanggal",
    "cases.0.last_symptom_on": "gejala",
    "isolation_until": "selesai",
    "isolation_from": "tanggal",
    "programme": "program",
    "other_aid.0.kind": "bantuan",
    "other_aid.0.at": "tanggal_bantuan",
    "other_aid.at": "tanggal_bantuan",
}
OUTCOMES = {
    "registered": "Keluarga tercatat. Barang dicarikan sekarang.",
    "changed": "Perubahan tercatat.",
    "known": "Keluarga ini sudah tercatat; tidak ada yang berubah.",
    "told": "Keluarga ini sudah dilaporkan pihak lain; laporan Anda memperbaruinya.",
}
SHEET = {"registered": "baru", "changed": "diperbarui", "known": "sudah tercatat", "rejected": "ditolak"}


def releases(*, isolates: bool) -> dict[str, str]:
    """Why the help of a household ends; where nobody isolates, nobody recovers either."""
    return {"recovered": "sembuh" if isolates else "tidak perlu dibantu lagi", **_ENDED}

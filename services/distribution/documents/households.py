"""The sheet of households that a puskesmas or an RT/RW fills in: one row tells one household (KK)."""

from __future__ import annotations

import re
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import date, datetime, time
from typing import Any

from pydantic import ValidationError

from services.distribution.domain.eligibility import in_words
from shared.contracts.field import HouseholdReport
from shared.contracts.reasons import Reason, reasons_of_form
from shared.reference.model import Reference
from shared.reference.naming import Names, plain
from shared.sheets import cells, workbook
from shared.sheets.columns import Column, Columns
from shared.sheets.faults import CellError, Wrong
from shared.sheets.spreadsheet import Row
from shared.sheets.workbook import Form

MOST_ROWS = 1000  # a kelurahan had a few hundred households in isolation at the height of July 2021
YES = {"ya": True, "y": True, "x": True, "v": True, "1": True, "tidak": False, "t": False, "-": False, "0": False}
ALLERGENS = {
    "kacang": "peanut",
    "kacang tanah": "peanut",
    "kedelai": "soy",
    "ikan": "fish",
    "udang": "shrimp",
    "telur": "egg",
    "susu": "milk",
    "gandum": "gluten",
    "gluten": "gluten",
}
CASES = {"bergejala": "with_symptoms", "tanpa gejala": "without_symptoms", "kontak erat": "close_contact"}
AIDS = {
    "paket": "parcel",
    "makanan": "meals",
    "uang": "cash",
    "kebersihan": "hygiene",
    "bayi": "baby",
    "obat": "medicine",
}
RELEASES = {"sembuh": "recovered", "dirawat": "hospital", "pindah": "moved", "meninggal": "deceased"}
RESIDENTS = {"warga": False, "aparatur": True, "asn": True}
GROUPS = {
    "infant": "Ada Bayi",
    "elderly": "Ada Lansia",
    "pregnant": "Ada Ibu Hamil",
    "diabetic": "Ada Penderita Diabetes",
    "no_cook": "Tidak Bisa Memasak",
    "alone": "Sendirian",
}


def allergens(cell: Any) -> list[str]:
    """Allergens as the products name them; raises `CellError` for one that no product names."""
    words = [word.strip() for word in re.split(r"[|;,\n]+", cells.text(cell).casefold()) if word.strip()]
    unknown = [word for word in words if word not in ALLERGENS]
    if unknown:
        raise CellError("NOT_A_CHOICE")
    return [ALLERGENS[word] for word in words]


def _column(name: str, heading: str, read: Any, path: str, text: str, *also: str, **choices: Any) -> Column:
    return Column(name, heading, "household", read, path, text, also, choices.get("choices", {}))


COLUMNS = (
    _column(
        "ref",
        "Nomor",
        cells.text,
        "household_ref",
        "nomor Anda sendiri untuk keluarga ini, jangan diganti",
        "No",
        "Nomor KK",
    ),
    _column("kelurahan", "Kelurahan", cells.text, "kelurahan", "kode atau nama kelurahan", "Desa"),
    _column("rw", "RW", cells.count, "rw", "angka saja; boleh kosong"),
    _column("name", "Nama", cells.text, "people.name", "kepala keluarga atau yang menerima", "Nama Kepala Keluarga"),
    _column("nik", "NIK", cells.nik, "people.nik", "salah satu anggota, 16 angka; boleh kosong; jadikan Teks"),
    _column(
        "phone", "HP", cells.text, "people.phone", "nomor HP; boleh kosong; jadikan Teks", "No HP", "Telepon", "WA"
    ),
    _column("address", "Alamat", cells.text, "people.address", "jalan, nomor rumah, RT/RW"),
    _column("size", "Jumlah Orang", cells.count, "size", "yang tinggal di rumah ini dan satu KK", "Jumlah Anggota"),
    *(
        _column(group, heading, cells.text, "groups", "ya atau tidak; kosong berarti tidak", choices=YES)
        for group, heading in GROUPS.items()
    ),
    _column("allergens", "Alergi", allergens, "allergens", f"dipisah koma: {', '.join(dict.fromkeys(ALLERGENS))}"),
    _column(
        "resident", "Warga/Aparatur", cells.text, "is_aparatur", "kosong berarti warga", "Status", choices=RESIDENTS
    ),
    _column("case", "Kasus", cells.text, "cases", "bila akhir isolasi belum ditetapkan", choices=CASES),
    _column(
        "since", "Tanggal Kasus", cells.day, "cases.counted_from", "hari tes, gejala pertama, atau kontak terakhir"
    ),
    _column("symptoms", "Gejala Terakhir", cells.day, "cases.last_symptom_on", "hari terakhir bergejala; boleh kosong"),
    _column("begins", "Mulai Isolasi", cells.day, "isolation_from", "kosong bila dihitung dari kasus"),
    _column(
        "ends", "Selesai Isolasi", cells.day, "isolation_until", "hari boleh keluar, kosong bila dihitung dari kasus"
    ),
    _column("aid", "Bantuan Lain", cells.text, "other_aid", "bantuan dari pihak lain; boleh kosong", choices=AIDS),
    _column("aid_day", "Tanggal Bantuan", cells.day, "other_aid.at", "hari bantuan itu diterima"),
    _column("released", "Akhir", cells.text, "released", "diisi bila isolasi sudah berakhir", choices=RELEASES),
    _column("programme", "Program", cells.text, "programme", "kode program; kosong berarti isoman"),
)
HOUSEHOLDS = Columns(
    COLUMNS, needed=("ref", "name"), also_at={"people": "name", "other_aid.kind": "aid", "cases.kind": "case"}
)
FORM = Form(
    sheet="Keluarga",
    columns=HOUSEHOLDS,
    text=frozenset({"ref", "nik", "phone"}),
    needed=frozenset({"ref", "kelurahan", "name", "address", "size"}),
    explanation=(
        "Satu baris untuk satu keluarga (KK); dua keluarga serumah ditulis dua baris dengan alamat yang sama.",
        "Isi tanggal Mulai dan Selesai dari surat puskesmas, atau Kasus dan Tanggal Kasus: akhirnya dihitung.",
        "Untuk program lain, Mulai dan Selesai Isolasi ialah masa bantuan; boleh kosong bila program menetapkannya.",
        "Lembar yang sama dapat diunggah lagi; yang sama tidak dicatat dua kali, yang berubah diperbarui.",
        "Urutan kolom bebas, kolom lain diabaikan. Hapus baris contoh sebelum mengunggah.",
    ),
)


@dataclass
class Told:
    """What a row tells: a report, unless something of it is wrong."""

    row: Row
    raw: dict[str, Any] = field(default_factory=dict)
    wrong: list[Wrong] = field(default_factory=list)
    report: HouseholdReport | None = None

    def refuse(self, reasons: Iterable[Reason]) -> None:
        """Add reasons under the headings of their columns, where nothing is told yet."""
        columns = {wrong.column for wrong in self.wrong}
        for reason in reasons:
            heading = HOUSEHOLDS.heading_of(reason.path)
            if heading not in columns:
                self.wrong.append(Wrong(self.row.number, heading, reason.code, reason.message))


def gather(rows: Sequence[Row], city: Reference) -> list[Told]:
    """What each row tells, in order."""
    names, seen = Names(city), set[str]()
    told = [_told(row, names, city) for row in rows]
    for one in told:
        reference = one.raw.get("household_ref", "")
        if reference and reference in seen:
            one.wrong.append(Wrong.of(one.row.number, HOUSEHOLDS.by_name["ref"].heading, "REPEATED"))
        seen.add(reference)
    return told


def _told(row: Row, names: Names, city: Reference) -> Told:
    told = Told(row)
    values: dict[str, Any] = {}
    for name, cell in row.cells.items():
        try:
            values[name] = HOUSEHOLDS.by_name[name].value(cell)
        except CellError as error:
            told.wrong.append(Wrong.of(row.number, HOUSEHOLDS.by_name[name].heading, error.code))
    told.raw = _raw(values, names, city)
    try:
        told.report = HouseholdReport.model_validate(told.raw)
    except ValidationError as error:
        told.refuse(reasons_of_form(error))
    return told


def _raw(values: Mapping[str, Any], names: Names, city: Reference) -> dict[str, Any]:
    """The cells of a row as the contract has them; what is blank is left out."""
    plainly = ("rw", "size", "allergens", "released", "programme")
    raw = {name: values[name] for name in plainly if name in values}
    raw |= {"household_ref": values["ref"]} if "ref" in values else {}
    raw["people"] = {name: values[name] for name in ("name", "phone", "address", "nik") if name in values}
    raw["groups"] = [group for group in GROUPS if values.get(group)]
    raw["is_aparatur"] = values.get("resident", False)
    if "kelurahan" in values:
        raw["kelurahan"] = names.kelurahan.get(plain(values["kelurahan"]), values["kelurahan"])
    for name, path in (("begins", "isolation_from"), ("ends", "isolation_until")):
        if name in values:
            raw[path] = _moment(values[name], city)
    if "case" in values or "since" in values:
        days = {"counted_from": values.get("since"), "last_symptom_on": values.get("symptoms")}
        case = {"kind": values.get("case"), **days}
        raw["cases"] = [{name: value for name, value in case.items() if value is not None}]
    if "aid" in values or "aid_day" in values:
        aid = {"kind": values.get("aid"), "at": values.get("aid_day") and _moment(values["aid_day"], city)}
        raw["other_aid"] = [{name: value for name, value in aid.items() if value is not None}]
    return raw


def _moment(day: date, city: Reference) -> str:
    return datetime.combine(day, time.min, city.zone).isoformat()


def examples(city: Reference) -> list[dict[str, Any]]:
    """Rows as an RT fills them in: one by the letter of a puskesmas, one by the day of the first symptoms."""
    day = city.programmes[min(city.programmes)].starts_on.strftime("%d/%m/%Y")
    place = city.regions[city.kelurahan[0]].code
    home = {"kelurahan": place, "rw": 3, "name": "Nama Contoh", "address": "Jl. Contoh 1, RT 002"}
    begun = city.programmes[min(city.programmes)].starts_on
    until = begun.fromordinal(begun.toordinal() + 10).strftime("%d/%m/%Y")
    return [
        {"ref": "CONTOH-1", **home, "size": 4, "infant": "ya", "allergens": "kacang", "begins": day, "ends": until},
        {"ref": "CONTOH-2", **home, "size": 2, "elderly": "ya", "case": "bergejala", "since": day},
    ]


def template_xlsx(city: Reference) -> bytes:
    """The template: a sheet with examples, what each column holds, and the city's kelurahan and programmes."""
    places = [(code, city.regions[code].name) for code in city.kelurahan]
    causes = [(code, cause.name, in_words(cause, city)) for code, cause in city.programmes.items()]
    return workbook.template_xlsx(
        FORM, examples(city), [(("Kelurahan", "Nama"), places), (("Program", "Nama", "Untuk"), causes)]
    )


def template_csv(city: Reference) -> bytes:
    """The template as CSV."""
    return workbook.template_csv(FORM, examples(city))


def refused_xlsx(told: Iterable[Told]) -> bytes:
    """Refused rows in the template's columns, and why beside each."""
    return workbook.refused_xlsx(FORM, [(one.row.number, one.row.cells, one.wrong) for one in told])

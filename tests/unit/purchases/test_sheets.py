"""Real files as offices make them: what an officer means is read, what nobody can read is told with its row."""

from __future__ import annotations

import io
import random
import zipfile
from datetime import UTC, date, datetime, time, timedelta
from typing import Any

import pytest
import xlsxwriter

from services.purchases.documents.columns import COLUMNS, DERIVED, PURCHASES
from services.purchases.documents.receipts import Receipt, gather
from services.purchases.documents.workbook import refused_xlsx, template_csv, template_xlsx
from services.purchases.domain.submission import read_purchase, read_void
from shared.contracts.submissions import PurchaseSubmission, Submitted, VoidSubmission
from shared.reference.load import load
from shared.sheets import cells
from shared.sheets.faults import CellError, FileError, Wrong
from shared.sheets.spreadsheet import read
from tests.support.sheets import HEADINGS, nip, purchases, told, xlsx

CITY = load("3276")
NOW = datetime(2021, 7, 23, tzinfo=UTC)
ZEROS = 70_000_000  # in the bomb: a little more than may be unpacked
OWN = ["No. Nota", "TANGGAL", "unit", "penjual", "nip", "kode barang", "jumlah", "harga", "TOTAL BELANJA", "catatan"]


def own(reference: object = "KW-1", **changes: Any) -> list[Any]:
    """A row of an officer's own sheet."""
    row = {
        "reference": reference,
        "date": "22/07/2021",
        "unit": "DKUM",
        "seller": "KOP-BEJI-01",
        "nip": "198001012005011001",
        "sku": "beras-5kg",
        "quantity": 2,
        "price": "Rp 65.000",
        "total": "130.000,00",
        "note": "=nothing",
        **changes,
    }
    return list(row.values())


def receipts(content: bytes) -> list[Receipt]:
    return gather(read(content, PURCHASES).rows, CITY, "/unit/dkum")


def judged(receipt: Receipt) -> list[Wrong]:
    found = read_void(receipt.raw) if receipt.kind == "voided" else read_purchase(receipt.raw, CITY, NOW)
    return receipt.located(found if isinstance(found, list) else [])


def csv_of(rows: list[list[Any]], separator: str = ",") -> str:
    return "\r\n".join(separator.join(f'"{cell}"' for cell in row) for row in rows)


def fault(content: bytes) -> tuple[str, int | None]:
    with pytest.raises(FileError) as caught:
        read(content, PURCHASES)
    return caught.value.code, caught.value.row


def leaves(model: type[Submitted], path: str = "") -> list[str]:
    """Every field of the contract that holds a value, without positions in lists."""
    found: list[str] = []
    for name, field in model.model_fields.items():
        inner = [part for part in _parts(field.annotation) if isinstance(part, type) and issubclass(part, Submitted)]
        here = f"{path}.{name}".lstrip(".")
        found += leaves(inner[0], here) if inner and name != "contents" else [here]
    return found


def _parts(annotation: Any) -> list[Any]:
    return [annotation, *(part for each in getattr(annotation, "__args__", ()) for part in _parts(each))]


def test_every_field_of_the_contract_has_a_column() -> None:
    told_paths = {column.path for column in COLUMNS} | DERIVED | {"contributors.nip"}  # a NIP is a buyer's or not
    assert set(leaves(PurchaseSubmission)) | set(leaves(VoidSubmission)) <= told_paths


@pytest.mark.parametrize("template", [template_xlsx, template_csv])
def test_the_template_is_read_as_it_is_and_its_examples_are_valid(template: Any) -> None:
    found = receipts(template(CITY))
    assert [receipt.kind for receipt in found] == ["submitted", "submitted", "voided"]
    assert [judged(receipt) for receipt in found] == [[], [], []]
    assert len(found[0].raw["lines"]) == 2
    assert len(found[1].raw["contributors"]) == 2
    assert found[1].raw["lines"][0]["sku"] == "PAKET-ISOMAN"


@pytest.mark.parametrize(
    "content",
    [
        xlsx([OWN, own()]),
        xlsx([["PEMKOT DEPOK"], [], ["Laporan belanja", "", "", "", ""], OWN, own()]),
        xlsx([OWN, own()], before={"Catatan": [["apa saja"]], "Kosong": []}),
        xlsx([OWN, own(date=datetime(2021, 7, 22), price=65000, total=130000.0)]),  # noqa: DTZ001 - Excel knows no zone
        csv_of([OWN, own()]).encode(),
        csv_of([OWN, own()], ";").encode("utf-8-sig"),
        csv_of([OWN, own()], "\t").encode("utf-16"),
        csv_of([OWN, own(note="café")], ";").encode("cp1252"),
        csv_of([OWN[::-1], own()[::-1]]).encode(),
    ],
)
def test_an_officers_own_sheet_is_read_whatever_its_form(content: bytes) -> None:
    (found,) = receipts(content)
    assert judged(found) == []
    assert found.raw == {
        "reference": "KW-1",
        "purchased_at": "2021-07-22T00:00:00+07:00",
        "unit_code": "32.76.DKUM",
        "buyer": {"nip": "198001012005011001"},
        "seller_code": "KOP-BEJI-01",
        "channel": "koperasi_depok",
        "lines": [{"sku": "BERAS-5KG", "quantity": 2, "unit_price_idr": 65000}],
        "total_idr": 130000,
    }
    assert found.source == "/unit/dkum"


def test_one_receipt_paid_by_63_is_one_purchase_of_63() -> None:
    draw = random.Random(63)
    kit = {"product": "Paket isoman", "category": "sembako", "shelf_life": 720, "contents": "BERAS-5KG:1|MINYAK-1L:1"}
    head = {"reference": "KW-9", "date": "23/7/2021", "unit": "DKUM", "seller": "KOP-BEJI-01"}
    first = told(**head, **kit, quantity=40, price="Rp150.000", nip=nip(draw), contribution="Rp 50.000")
    rows = [first, *(told(nip=nip(draw), contribution="50.000") for _ in range(62))]
    (found,) = receipts(xlsx([HEADINGS, *rows]))
    assert judged(found) == []
    assert (found.raw["total_idr"], len(found.raw["contributors"]), len(found.rows)) == (6_000_000, 63, 63)
    assert sum(one["amount_idr"] for one in found.raw["contributors"]) == 63 * 50_000


def test_what_is_wrong_is_told_at_its_row_under_its_heading() -> None:
    rows = [
        told(reference="A", date="31/02/2021", unit="X", seller="KOP-BEJI-01", nip="123", sku="B", quantity=1, price=1),
        told(sku="BERAS-5KG", quantity="dua", price="65,5"),
        told(reference="A", unit="DKUM"),
        told(date="22/07/2021", unit="DKUM"),
        told(action="hapus", reference="B"),
        told(action="batal", reference="C"),
        told(reference="D", nip="198001012005011001", contribution=1000, hashtags="#x"),
        told(nip="199008172021212003"),
    ]
    found = [
        (wrong.row, wrong.column, wrong.code) for one in receipts(xlsx([HEADINGS, *rows])) for wrong in judged(one)
    ]
    assert {
        (2, "Tanggal", "NOT_A_DATE"),
        (4, "Unit Kerja", "CONTRADICTION"),
        (3, "Banyaknya", "NOT_A_NUMBER"),
        (3, "Harga Satuan", "NOT_MONEY"),
        (2, "NIP", "INVALID_NIP"),
        (2, "Kode Barang", "UNKNOWN_SKU"),
        (5, "Nomor Nota", "NO_REFERENCE"),
        (6, "Aksi", "NOT_A_CHOICE"),
        (7, "Alasan Batal", "MISSING_FIELD"),
        (8, "Tautan Unggahan", "NO_POST"),
        (9, "Iuran", "NO_CONTRIBUTION"),
    } <= set(found)
    assert len(found) == len(set(found))


def test_a_number_that_lost_its_end_is_never_read_as_somebody_elses_nip() -> None:
    rows = [own("A", nip=198001012005011001), own("B", nip=198001012005011000), own("C", nip=1.98001012005011e17)]
    content = xlsx([OWN, *rows])
    codes = [[wrong.code for wrong in judged(one)] for one in receipts(content)]
    assert codes == [["NIP_ROUNDED"]] * 3
    whole = rewritten(content, b"<v>1.98001012005011E+17</v>", b"<v>198001012005011001</v>")
    assert judged(receipts(whole)[0]) == []
    assert receipts(whole)[0].raw["buyer"] == {"nip": "198001012005011001"}


def rewritten(content: bytes, old: bytes, new: bytes) -> bytes:
    """The workbook with its sheet changed, as another program would have written it."""
    target = io.BytesIO()
    with zipfile.ZipFile(io.BytesIO(content)) as source, zipfile.ZipFile(target, "w", zipfile.ZIP_DEFLATED) as archive:
        for name in source.namelist():
            archive.writestr(name, source.read(name).replace(old, new))
    return target.getvalue()


@pytest.mark.parametrize(
    ("told_", "wanted"),
    [
        ("65000", 65000),
        ("65.000", 65000),
        ("Rp 65.000", 65000),
        ("Rp65.000,-", 65000),
        ("rp. 65.000,00", 65000),
        ("IDR 1.250.000", 1_250_000),
        (65000.0, 65000),
        ("65,000", None),
        ("65.50", None),
        ("65.000,50", None),
        (65.5, None),
        ("-5", None),
        ("9" * 5000, None),
        (True, None),
    ],
)
def test_money_is_whole_rupiah_and_never_guessed(told_: Any, wanted: int | None) -> None:
    if wanted is not None:
        assert cells.money(told_) == wanted
        return
    with pytest.raises(CellError):
        cells.money(told_)


@pytest.mark.parametrize(
    "told_", ["22/07/2021", "22-7-2021", "22.07.2021", "22 Juli 2021", "22 jul 2021", "2021-07-22", 44399, 44399.0]
)
def test_a_day_is_read_day_first(told_: Any) -> None:
    assert cells.day(told_) == date(2021, 7, 22)


def test_a_month_never_comes_first() -> None:
    assert cells.day("07/08/2021") == date(2021, 8, 7)
    for told_ in ("07/22/2021", "22/07/21", "kemarin", "", 1e300, float("nan")):
        with pytest.raises(CellError):
            cells.day(told_)


@pytest.mark.parametrize("told_", ["10.05", "10:05", "10:05:00 WIB", time(10, 5), timedelta(hours=10, minutes=5)])
def test_a_time_is_read_with_dots_or_colons(told_: Any) -> None:
    assert cells.clock(told_) == time(10, 5)


def test_excel_must_not_turn_a_number_into_a_date() -> None:
    (found,) = receipts(xlsx([OWN, own(reference=datetime(2021, 1, 3))]))  # noqa: DTZ001 - Excel knows no zone
    assert ("Nomor Nota", "DATE_IN_TEXT") in [(wrong.column, wrong.code) for wrong in judged(found)]


def workbook(*formulas: tuple[str, Any]) -> bytes:
    target = io.BytesIO()
    with xlsxwriter.Workbook(target) as book:
        page = book.add_worksheet()
        page.write_row(0, 0, OWN)
        for number, (formula, value) in enumerate(formulas, start=1):
            page.write_row(number, 0, own(f"F-{number}"))
            page.write_formula(number, 8, formula, None, value)
    return target.getvalue()


def test_a_formula_counts_with_its_value_and_without_one_is_told() -> None:
    found = receipts(workbook(("=G2*H2", 130000), ("=G3*H3", ""), ("=1/0", "#DIV/0!")))
    told_ = [[(wrong.row, wrong.column, wrong.code) for wrong in judged(one)] for one in found]
    assert told_ == [[], [(3, "Total Nota", "FORMULA_WITHOUT_VALUE")], [(4, "Total Nota", "FORMULA_ERROR")]]


def test_what_we_write_is_never_a_formula_and_can_be_mended_and_read_again() -> None:
    evil = '=HYPERLINK("http://x")'
    content = csv_of([OWN, own(reference="=1+1", unit="+cmd", seller="@x", nip="-1")]).encode()
    rows = read(content, PURCHASES).rows
    sheet = refused_xlsx([(rows[0].number, {**rows[0].cells, "product": evil}, [Wrong.of(2, "NIP", "NIP_ROUNDED")])])
    with zipfile.ZipFile(io.BytesIO(sheet)) as archive:
        assert not any(b"<f>" in archive.read(name) for name in archive.namelist() if "worksheets" in name)
    again = read(sheet, PURCHASES)
    assert again.rows[0].cells["reference"] == "=1+1"
    assert again.ignored == ["Baris Asal", "Kolom Salah", "Alasan Ditolak"]


def bomb() -> bytes:
    """An archive of a few KB, which holds more zeros than may be unpacked."""
    target = io.BytesIO()
    with zipfile.ZipFile(target, "w", zipfile.ZIP_DEFLATED) as archive:
        archive.writestr("xl/workbook.xml", b"\0" * ZEROS)
    return target.getvalue()


def lying(content: bytes, declared: int) -> bytes:
    """The bomb, which says that it holds so few."""
    return content.replace(ZEROS.to_bytes(4, "little"), declared.to_bytes(4, "little"))


def far_cell() -> bytes:
    target = io.BytesIO()
    with xlsxwriter.Workbook(target, {"constant_memory": True}) as book:
        page = book.add_worksheet()
        page.write_row(0, 0, OWN)
        page.write_string(1_048_575, 16_383, "x")
    return target.getvalue()


def test_a_whole_file_that_cannot_be_used_is_told_why() -> None:
    good = xlsx([OWN, own()])
    assert fault(b"") == ("EMPTY", None)
    assert fault(b"x" * (10 * 1024 * 1024 + 1)) == ("TOO_LARGE", None)
    large = bomb()
    assert fault(large) == ("TOO_LARGE_UNPACKED", None)
    assert fault(lying(large, 1000))[0] in ("BROKEN", "NO_WORKBOOK")
    assert fault(far_cell()) == ("TOO_MANY_ROWS", None)
    assert fault(good[: len(good) // 2]) == ("BROKEN", None)
    assert fault(b"PK\x03\x04" + b"\0" * 100) == ("BROKEN", None)
    assert fault(b"\xd0\xcf\x11\xe0\xa1\xb1\x1a\xe1" + "EncryptedPackage".encode("utf-16-le")) == ("ENCRYPTED", None)
    assert fault(b"\xd0\xcf\x11\xe0\xa1\xb1\x1a\xe1" + b"\0" * 512) == ("OLD_EXCEL", None)
    assert fault(b"%PDF-1.7\n\x00\x01") == ("NO_SPREADSHEET", None)
    assert fault(b"\x81\x8d\x8f") == ("UNKNOWN_ENCODING", None)
    assert fault(xlsx([["Nama", "Alamat"], ["x", "y"]])) == ("NO_HEADINGS", None)
    assert fault(xlsx([OWN])) == ("NO_ROWS", None)
    assert fault(xlsx([["", *OWN, "Qty"], own()])) == ("DOUBLE_HEADING", 1)
    assert fault((csv_of([OWN, own()]) + '\r\n"x"y,z').encode()) == ("BROKEN_CSV", 3)
    many = [OWN, *([own()] * 10_001)]
    assert fault(csv_of(many).encode()) == ("TOO_MANY_ROWS", None)
    assert fault(xlsx(many)) == ("TOO_MANY_ROWS", None)
    other = io.BytesIO()
    with zipfile.ZipFile(other, "w") as archive:
        archive.writestr("content.xml", "<x/>")
    assert fault(other.getvalue()) == ("NO_WORKBOOK", None)


def test_ten_thousand_rows_are_read_each_where_it_stands() -> None:
    table = read(xlsx([HEADINGS, *purchases(CITY, 10_000)]), PURCHASES)
    assert [row.number for row in table.rows] == list(range(2, 10_002))

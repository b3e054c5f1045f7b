"""What must be known of an XLSX before it is unpacked in memory: that it is small, whole, and where its cells are."""

from __future__ import annotations

import io
import re
import zipfile
from dataclasses import dataclass, field
from xml.etree import ElementTree
from xml.parsers import expat

from shared.sheets.faults import FileError

MAX_UNPACKED_BYTES = 64 * 1024 * 1024  # 10,000 rows of 25 columns are 10-15 MB of XML
MAX_COLUMNS = 200
_OLE = b"\xd0\xcf\x11\xe0\xa1\xb1\x1a\xe1"
_ENCRYPTED = "EncryptedPackage".encode("utf-16-le")
_CELL = re.compile(r"([A-Z]{1,3})([0-9]{1,7})")
_LONG_NUMBER = re.compile(r"[0-9]{16,18}")  # a float keeps 15 digits only: a NIP needs all of its 18


@dataclass
class Sheet:
    """Formulas without a value or with an error, and long numbers as they are written, by (row, column) from 0."""

    valueless: set[tuple[int, int]] = field(default_factory=set)
    errors: set[tuple[int, int]] = field(default_factory=set)
    long_numbers: dict[tuple[int, int], str] = field(default_factory=dict)


def refuse_foreign(content: bytes) -> None:
    """Raise `FileError` for what is no XLSX, as far as its first bytes tell."""
    if content.startswith(_OLE):
        raise FileError("ENCRYPTED" if _ENCRYPTED in content else "OLD_EXCEL")
    if not content.startswith(b"PK\x03\x04"):
        raise FileError("NO_SPREADSHEET")


def sheets(content: bytes, *, max_rows: int) -> dict[str, Sheet]:
    """The sheets by name; raises `FileError` when the archive is broken, too large unpacked, or spreads too far."""
    try:
        with zipfile.ZipFile(io.BytesIO(content)) as archive:
            if sum(member.file_size for member in archive.infolist()) > MAX_UNPACKED_BYTES:
                raise FileError("TOO_LARGE_UNPACKED")
            if any(member.flag_bits & 1 for member in archive.infolist()):
                raise FileError("ENCRYPTED")
            if archive.testzip() is not None:  # reads each member no further than its declared size, and checks it
                raise FileError("BROKEN")
            return {name: _scan(archive.read(path), max_rows) for name, path in _paths(archive).items()}
    except (zipfile.BadZipFile, NotImplementedError, EOFError, OSError, ValueError, RuntimeError) as error:
        raise FileError("BROKEN") from error
    except (KeyError, ElementTree.ParseError, expat.ExpatError) as error:
        raise FileError("NO_WORKBOOK") from error


def _paths(archive: zipfile.ZipFile) -> dict[str, str]:
    """The member of each sheet, by the sheet's name."""
    links = _elements(archive.read("xl/_rels/workbook.xml.rels"), "Relationship")
    targets = {link["Id"]: link["Target"] for link in links if "Id" in link and "Target" in link}
    found = {}
    for sheet in _elements(archive.read("xl/workbook.xml"), "sheet"):
        target = targets[next(value for name, value in sheet.items() if name.endswith("}id"))]
        path = target.lstrip("/") if target.startswith("/") else f"xl/{target}"
        if "worksheets/" in path:  # charts and macros are sheets too
            found[sheet["name"]] = path
    return found


def _elements(xml: bytes, tag: str) -> list[dict[str, str]]:
    root = ElementTree.fromstring(xml)  # noqa: S314 - expat itself bounds what entities may expand to
    return [element.attrib for element in root.iter() if element.tag.rpartition("}")[2] == tag]


def _scan(xml: bytes, max_rows: int) -> Sheet:
    """Read a sheet cell by cell: where the last one is decides how much memory reading it takes."""
    sheet = Sheet()
    here: tuple[int, int] = (0, 0)
    inside, kind, is_formula, text = "", "", False, ""

    def start(tag: str, attributes: dict[str, str]) -> None:
        nonlocal here, inside, kind, is_formula, text
        inside = tag.rpartition(":")[2]
        if inside == "c":
            kind, is_formula, text = attributes.get("t", ""), False, ""
            here = _place(attributes.get("r", ""), here)
        elif inside == "f":
            is_formula = True

    def characters(data: str) -> None:
        nonlocal text
        if inside in ("v", "t"):
            text += data

    def end(tag: str) -> None:
        nonlocal inside
        inside = ""
        if tag.rpartition(":")[2] != "c":
            return
        if text and (here[1] >= MAX_COLUMNS or here[0] >= max_rows):
            raise FileError("TOO_MANY_ROWS" if here[0] >= max_rows else "TOO_MANY_COLUMNS")
        if is_formula and not text:
            sheet.valueless.add(here)
        elif kind == "e":
            sheet.errors.add(here)
        elif _LONG_NUMBER.fullmatch(text):
            sheet.long_numbers[here] = text

    parser = expat.ParserCreate()
    parser.buffer_text = True
    parser.StartElementHandler, parser.EndElementHandler, parser.CharacterDataHandler = start, end, characters
    parser.Parse(xml, True)
    return sheet


def _place(reference: str, last: tuple[int, int]) -> tuple[int, int]:
    """(row, column) of `B7`, from 0; a cell without a reference stands right of the last one."""
    found = _CELL.fullmatch(reference)
    if found is None:
        return last[0], last[1] + 1
    column = 0
    for letter in found[1]:
        column = column * 26 + ord(letter) - 64
    return int(found[2]) - 1, column - 1

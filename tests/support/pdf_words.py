"""The words of a PDF that typst wrote, as a reader sees them: each marked piece of its pages, in their order.

No general reader: typst writes every object in clear, and every text in fonts that tell their characters.
"""

from __future__ import annotations

import re
import zlib

_OBJECT = re.compile(rb"(\d+) 0 obj\n(.*?)\nendobj", re.DOTALL)
_PIECE = re.compile(rb"/MCID \d+.*?BDC(.*?)\nEMC", re.DOTALL)
_INNER = rb"(?:\\.|[^\\()])*"
_NESTED = rb"(?:\\.|[^\\()]|\(" + _INNER + rb"\))*"  # brackets that match need no stroke before them
_TEXT = re.compile(rb"/(f\d+) [\d.]+ Tf|(\((?:\\.|[^\\()]|\(" + _NESTED + rb"\))*\))", re.DOTALL)
_ESCAPE = re.compile(rb"\\([0-7]{1,3}|.)", re.DOTALL)
_LETTERS = {b"n": b"\n", b"r": b"\r", b"t": b"\t", b"b": b"\b", b"f": b"\f"}
Font = dict[int, str]


def words_of(pdf: bytes) -> list[str]:
    """Every cell, heading and line."""
    objects = {int(number): body for number, body in _OBJECT.findall(pdf)}
    found = []
    for page in re.findall(rb"(\d+) 0 R", _entry(objects[1], rb"/Kids\[(.*?)\]")):
        body = objects[int(page)]
        resources = objects[int(_entry(body, rb"/Resources (\d+)"))]
        names = re.findall(rb"/(f\d+) (\d+) 0 R", _entry(resources, rb"/Font<<(.*?)>>"))
        fonts = {name: _font(objects, int(number)) for name, number in names}
        content = _inflated(objects[int(_entry(body, rb"/Contents (\d+)"))])
        found += [_words(piece, fonts) for piece in _PIECE.findall(content)]
    return found


def _words(piece: bytes, fonts: dict[bytes, Font]) -> str:
    """One piece; its lines are joined by a space."""
    lines = []
    for line in piece.split(b"\nET")[:-1]:
        font: Font = {}
        text = ""
        for name, quoted in _TEXT.findall(line):
            font = fonts[name] if name else font
            codes = _ESCAPE.sub(lambda at: _unescaped(at[1]), quoted[1:-1])
            text += "".join(font[int.from_bytes(codes[n : n + 2])] for n in range(0, len(codes), 2))
        lines.append(text)
    return " ".join(lines)


def _unescaped(code: bytes) -> bytes:
    return bytes([int(code, 8)]) if code.isdigit() else _LETTERS.get(code, code)


def _font(objects: dict[int, bytes], number: int) -> Font:
    """What each code of a font means, by the table that it brings for readers."""
    table = _inflated(objects[int(_entry(objects[number], rb"/ToUnicode (\d+)"))])
    font = {}
    for part in re.findall(rb"beginbfchar(.*?)endbfchar", table, re.DOTALL):
        for code, text in re.findall(rb"<([0-9A-Fa-f]+)>\s*<([0-9A-Fa-f]+)>", part):
            font[int(code, 16)] = bytes.fromhex(text.decode()).decode("utf-16-be")
    return font


def _inflated(body: bytes) -> bytes:
    return zlib.decompress(body.partition(b"stream\n")[2].removesuffix(b"\nendstream"))


def _entry(body: bytes, pattern: bytes) -> bytes:
    found = re.search(pattern, body, re.DOTALL)
    assert found, pattern
    return found[1]

"""What the columns of a sheet are called, what they hold, and which field of a contract they fill."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any

from shared.reference.naming import plain
from shared.sheets import cells
from shared.sheets.faults import CellError

LEAST = 3  # headings that make a row the row of headings


@dataclass(frozen=True)
class Column:
    """`path` is the field of the contract, without positions in lists; a reason at it is shown under `heading`.

    `part` is what of a row's story it tells. `also` are other headings that people use.
    """

    name: str
    heading: str
    part: str
    read: Callable[[Any], Any]
    path: str
    help: str
    also: tuple[str, ...] = ()
    choices: Mapping[str, Any] = field(default_factory=dict)

    def value(self, cell: Any) -> Any:
        """The cell as the contract wants it; raises `CellError`."""
        cells.refuse_faulty(cell)
        value = self.read(cell)
        if not self.choices:
            return value
        try:
            return self.choices[str(value).casefold()]
        except KeyError:
            raise CellError("NOT_A_CHOICE") from None


class Columns:
    """The columns of one kind of sheet, in the order of its template.

    `needed` must be among the headings; `also_at` are more paths whose reasons are shown at a column.
    """

    def __init__(
        self, columns: Sequence[Column], *, needed: Sequence[str], also_at: Mapping[str, str] | None = None
    ) -> None:
        self.columns = tuple(columns)
        self.by_name = {column.name: column for column in columns}
        self._needed = frozenset(needed)
        self._names = {plain(told): column.name for column in columns for told in (column.heading, *column.also)}
        self._by_path = {column.path: column for column in reversed(columns)}
        self._by_path |= {path: self.by_name[name] for path, name in (also_at or {}).items()}

    def match(self, row: Sequence[object]) -> dict[int, str]:
        """The columns that a row of headings names, by position; others are none of ours."""
        return {place: self._names[plain(cell)] for place, cell in enumerate(row) if plain(cell) in self._names}

    def is_heading(self, found: Mapping[int, str]) -> bool:
        """True when these are enough columns for the row of headings."""
        names = set(found.values())
        return len(names) >= LEAST and names.issuperset(self._needed)

    def heading_of(self, path: str) -> str:
        """The heading under which a reason's path of the contract is found; empty for the whole of it."""
        parts = [part for part in path.split(".") if not part.isdecimal()]
        while parts:
            if found := self._by_path.get(".".join(parts)):
                return found.heading
            parts.pop()
        return ""

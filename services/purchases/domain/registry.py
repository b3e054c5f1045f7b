"""What changes in a city's registry: which items differ, and how one is retired and comes back."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass, fields, replace
from datetime import date

from shared.errors import PeduliError
from shared.reference.merge import kept, known_in
from shared.reference.model import Item, Reference
from shared.reference.rows import Kind, code_of, of_kind


class UnknownItemError(PeduliError):
    """The registry has no item of this code."""


@dataclass(frozen=True)
class Change:
    """An item before (None: it is new) and after."""

    before: Item | None
    after: Item

    @property
    def code(self) -> str:
        """The code that names the item."""
        return code_of(self.after)

    @property
    def differing(self) -> dict[str, tuple[object, object]]:
        """Field -> (before, after), of those that differ; empty for a new item."""
        if self.before is None:
            return {}
        pairs = {
            field.name: (getattr(self.before, field.name), getattr(self.after, field.name))
            for field in fields(self.after)
        }
        return {name: pair for name, pair in pairs.items() if pair[0] != pair[1]}


def changes(city: Reference | None, items: Iterable[Item]) -> list[Change]:
    """What the loading of `items` changes in `city`: those that are new or differ, in their order."""
    found = []
    for item in kept(items, city):
        before = known_in(city, item) if city else None
        if before != item:
            found.append(Change(before, item))
    return found


def retired(city: Reference, kind: Kind, code: str, day: date | None) -> Item:
    """The item as not active from `day` on (None: as active again); raises `UnknownItemError`."""
    item = of_kind(city, kind).get(code)
    if item is None:
        raise UnknownItemError(
            f"no {kind} of {city.name} has the code {code}", hint=f"see `peduli registry list {kind}`"
        )
    return replace(item, retired_from=day)

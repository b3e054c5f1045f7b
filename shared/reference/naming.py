"""What people write for the codes of a city: names and short names, in any case and spacing."""

from __future__ import annotations

import re
from collections.abc import Sequence

from shared.reference.model import Reference


def plain(told: object) -> str:
    """A name or a heading without case, blanks and signs."""
    return re.sub(r"[^a-z0-9]", "", str(told).casefold())


class Names:
    """Codes of a city by what people write for them: the code itself, a short name or a name, where only one has it."""

    def __init__(self, city: Reference) -> None:
        units = city.units.values()
        self.units = _codes([(u.unit_code, (u.unit_code, u.short_name, u.name)) for u in units])
        sellers = city.sellers.values()
        self.sellers = _codes([(s.seller_code, (s.seller_code, s.name)) for s in sellers])
        places = [region for region in city.regions.values() if region.is_kelurahan]
        self.kelurahan = _codes([(r.code, (r.code, r.name, f"kelurahan {r.name}", f"kel {r.name}")) for r in places])


def _codes(named: Sequence[tuple[str, tuple[str, ...]]]) -> dict[str, str]:
    found: dict[str, set[str]] = {}
    for code, names in named:
        for name in names:
            found.setdefault(plain(name), set()).add(code)
    return {name: codes.pop() for name, codes in found.items() if len(codes) == 1}

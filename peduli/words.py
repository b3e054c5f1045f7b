"""How people write money, moments and places."""

from __future__ import annotations

from datetime import UTC, datetime

from shared.reference.load import CityError, load
from shared.reference.model import Reference


def rupiah(amount: int) -> str:
    """Whole rupiah: Rp1.250.000."""
    return f"Rp{amount:,}".replace(",", ".")


def decimal(number: float, places: int = 1) -> str:
    """A number with a decimal comma: 14,3."""
    return f"{number:.{places}f}".replace(".", ",")


def city_of(tenant: str) -> Reference | None:
    """The city with this code, when its data comes with the code."""
    try:
        return load(tenant)
    except CityError:
        return None


def local(moment: str, city: Reference | None) -> str:
    """An ISO moment as a clock on the city's wall shows it: 22-07-2021 10.05.00 WIB."""
    return datetime.fromisoformat(moment).astimezone(city.zone if city else UTC).strftime("%d-%m-%Y %H.%M.%S %Z")


def place(code: str, city: Reference | None) -> str:
    """The name of a unit or region of the city; an unknown code stays as it is."""
    known = (city.units.get(code) or city.regions.get(code)) if city else None
    return known.name if known else code

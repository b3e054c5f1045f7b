"""Which city a request speaks for: the one place that decides it, for every HTTP door."""

from __future__ import annotations

from typing import Annotated

from fastapi import Depends, Header, Request

from shared.reference.model import Reference
from shared.reference.store import Cities


async def city_of(
    request: Request,
    tenant: Annotated[str, Header(alias="Peduli-Tenant", max_length=8, description="city code; 3276 is Depok")] = "",
) -> Reference:
    """The city that the header names, else the service's default; raises `UnknownCityError`."""
    # async: FastAPI calls a plain function in a thread, which costs more than the look-up
    cities: Cities = request.app.state.cities
    return cities[tenant or request.app.state.default_tenant]


City = Annotated[Reference, Depends(city_of)]

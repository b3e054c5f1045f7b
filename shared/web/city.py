"""Which city a request speaks for: its token's, else (with open doors) the one that the header names."""

from __future__ import annotations

from typing import Annotated

from fastapi import Depends

from shared.reference.model import Reference
from shared.web.caller import AnyCaller


async def city_of(caller: AnyCaller) -> Reference:
    """The caller's city; raises `UnknownCityError`, and all that `caller_of` raises."""
    # async: FastAPI calls a plain function in a thread, which costs more than the look-up
    return caller.city


City = Annotated[Reference, Depends(city_of)]

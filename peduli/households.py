"""`peduli household`: what is kept of one household, and its erasure, for the operator who was asked for it."""

from __future__ import annotations

import asyncio
import getpass
import json
from typing import TYPE_CHECKING, Annotated
from uuid import UUID

import typer

if TYPE_CHECKING:
    from services.distribution.cli.households import Households

app = typer.Typer(no_args_is_help=True, help="Personal data of one household: handed out, or erased.")

Identity = Annotated[UUID, typer.Argument(help="id of the household, as registering it answered")]
City = Annotated[str, typer.Option(envvar="PEDULI_TENANT", help="city code")]


def _households(city: str) -> Households:
    from services.distribution.cli.households import Households, Keys
    from shared.settings import Settings

    settings = Settings()
    keys = Keys(settings.hash_key.get_secret_value().encode(), settings.seal_key.get_secret_value().encode())
    return Households(settings.database_url, city, keys)


@app.command()
def export(
    identity: Identity,
    reason: Annotated[str, typer.Option(help="why it is read: kept beside the reader's name")],
    city: City = "3276",
) -> None:
    """Print all that is kept of a household, and who read of it; this reading is written down too."""
    found = asyncio.run(_households(city).export(identity, operator=getpass.getuser(), reason=reason))
    print(json.dumps(found, default=str, indent=2, ensure_ascii=False))


@app.command()
def erase(identity: Identity, city: City = "3276") -> None:
    """Delete the key of a released household: no copy of its people that is without that key can be read any more."""
    asyncio.run(_households(city).erase(identity))
    print(f"{identity}: erased")

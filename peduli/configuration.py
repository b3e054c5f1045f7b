"""What the environment says, read when a command runs: pydantic takes its time to load."""

from __future__ import annotations

from typing import TYPE_CHECKING

from shared.errors import PeduliError

if TYPE_CHECKING:
    from shared.settings import Settings


def settings() -> Settings:
    """The settings of the environment; what is missing is named as it is to be set."""
    from pydantic import ValidationError

    from shared.settings import Settings

    try:
        return Settings()
    except ValidationError as error:
        names = ", ".join(f"PEDULI_{'_'.join(map(str, detail['loc'])).upper()}" for detail in error.errors())
        raise PeduliError(f"not set, or not as it must be: {names}", hint="docs/reference/settings.md tells") from None

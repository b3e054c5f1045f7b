"""Errors that tell a person what to do next. Refusals are values (`shared.contracts.reasons`), not errors."""

from __future__ import annotations


class PeduliError(Exception):
    """Something that should not happen did; `hint` says what to do."""

    def __init__(self, message: str | None = None, *, hint: str = "") -> None:
        super().__init__(message or (type(self).__doc__ or "").strip())
        self.hint = hint

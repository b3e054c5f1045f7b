"""The one place that makes ids: time-ordered UUIDv7, and ids derived from a name."""

from __future__ import annotations

from uuid import NAMESPACE_URL, UUID

from uuid_utils.compat import uuid5, uuid7


def new_id() -> UUID:
    """A new UUIDv7: sorts by time of making, so that index pages stay hot."""
    return uuid7()


def derived_id(*parts: str) -> UUID:
    """The same id for the same parts, for ever (UUIDv5): what a resend must hit again."""
    return uuid5(NAMESPACE_URL, "\x1f".join(parts))

"""Whether a client has any use for the machine's certificates."""

from __future__ import annotations


def needed(*urls: str) -> bool:
    """Whether any of these is asked over TLS: only then are certificates read, which takes 50 ms of a processor."""
    return any(url.lower().startswith("https:") for url in urls)

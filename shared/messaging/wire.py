"""AMQP frames that a publisher got wrong: decoded anyway, because they must not end our connection.

A timestamp in microseconds, or a name that is no UTF-8, makes pamqp raise; aiormq then closes the connection, the
broker delivers the message again, and a lane is dead for a hundred deliveries. Without its properties it cannot be
read, and is parked as such.
"""

from __future__ import annotations

import pamqp.decode
from pamqp.commands import Basic
from pamqp.header import ContentHeader

_unmarshal = ContentHeader.unmarshal


def forgive() -> None:
    """Make this process read such frames; harmless when called again."""
    pamqp.decode.METHODS["shortstr"] = _short_string
    ContentHeader.unmarshal = _header  # type: ignore[method-assign]


def _short_string(value: bytes) -> tuple[int, str]:
    end = value[0] + 1
    return end, value[1:end].decode("utf-8", errors="replace")


def _header(self: ContentHeader, data: bytes) -> None:
    try:
        _unmarshal(self, data)
    except (ValueError, OverflowError, RecursionError, OSError):
        self.properties = Basic.Properties()

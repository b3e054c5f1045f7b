"""What a test's own process logs, as the rows that they are before they become text."""

from __future__ import annotations

import contextlib
from collections.abc import Iterator, MutableMapping
from typing import Any

import structlog
from structlog.testing import capture_logs

Lines = list[MutableMapping[str, Any]]


@contextlib.contextmanager
def logged() -> Iterator[Lines]:
    """Every line from now on; also when a command before has silenced the log of this process."""
    structlog.reset_defaults()
    with capture_logs() as lines:
        yield lines

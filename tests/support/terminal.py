"""The command `peduli` in the test's own process: a new one would spend a second on imports that are not tested."""

from __future__ import annotations

import contextlib
import io
import os
from collections.abc import Mapping
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass
from unittest.mock import patch

import structlog

from peduli.__main__ import main


@dataclass(frozen=True)
class Ended:
    """How a command ended: its exit code, and what it wrote to standard output and standard error."""

    code: int
    out: str
    err: str


def type_(words: tuple[str, ...], environment: Mapping[str, str]) -> Ended:
    """Run `peduli` with these words, in this environment beside the test's own; nobody is there to answer a question.

    The test waits, with all that runs in its loop: no command that is typed here may need a service in that loop.
    """
    out, err, logging = io.StringIO(), io.StringIO(), structlog.get_config()

    def run() -> int:
        with (
            patch.dict(os.environ, environment),
            patch("sys.stdin", io.StringIO()),
            contextlib.redirect_stdout(out),
            contextlib.redirect_stderr(err),
        ):
            try:
                main(words)
            except SystemExit as end:
                return int(end.code or 0)
        return 0

    with ThreadPoolExecutor(max_workers=1) as thread:  # a command has a loop of its own, which the test's would forbid
        code = thread.submit(run).result()
    structlog.configure(**logging)  # a command may have silenced the log, and its process would have ended
    return Ended(code, out.getvalue(), err.getvalue())

"""Requests that a service's contract knows or forbids, thousands of them: `python -m tests.support.odd_requests URL…`.

One process asks all doors: to import schemathesis, and to make ready what it draws from, takes longer than to ask one.
"""

from __future__ import annotations

import gc
import os
import sys
from collections.abc import Iterator

from schemathesis.cli import schemathesis

OPTIONS = (
    *("--checks", "not_a_server_error", "--max-examples", "5", "--seed", "1", "--generation-deterministic"),
    *("--phases", "coverage,fuzzing"),
)
AS_ANYBODY = ("--generation-with-security-parameters", "false")  # a token that is none would be all that is looked at
ODD_TOKENS = ("--include-path", "/v1/trace/{identity}", "--include-path", "/v1/registry/units")  # a door for all doors


def runs(url: str) -> Iterator[list[str]]:
    """What is asked of one service: of every door without a token, for it is open; and of one with any token."""
    document = f"{url}/openapi.json"
    yield ["run", document, *OPTIONS, *AS_ANYBODY]
    yield ["run", document, *OPTIONS, *ODD_TOKENS]


def code_of(run: list[str]) -> int:
    """How one run of the command ends."""
    try:
        schemathesis.main(run, standalone_mode=False)
    except SystemExit as end:
        return int(end.code or 0)
    return 0


def main(urls: list[str]) -> int:
    """Ask them all; the worst of the exit codes."""
    os.environ["NO_PROXY"] = "127.0.0.1"  # else all of the environment is read for each request
    gc.freeze()
    gc.set_threshold(100_000, 50, 50)  # what is drawn is little and soon gone: a fifth of the time went into looking
    return max(code_of(run) for url in urls for run in runs(url))


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))

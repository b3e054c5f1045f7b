"""JSON logs, ours and the libraries': one line per event, no personal data.

Of an error its class is told, and the places that it came through: its message and local variables may hold a NIP.
"""

from __future__ import annotations

import logging
import re
import sys
import traceback
from collections.abc import Iterable
from pathlib import Path
from typing import Any

import orjson
import structlog
from structlog.typing import EventDict

AT_ONCE = 100  # ids in a line: collectors of logs cut lines of over 16 kB
FRAMES = 20  # of one error, the innermost
CAUSES = 5  # deep
WORDS = re.compile(r"[A-Za-z' .,-]*")

log = structlog.get_logger()


def configure(service: str) -> None:
    """Log JSON to standard error, each line with `service`, a UTC `timestamp` and a `level`.

    What libraries log from a warning on comes as `library_logged`, and what ends the process as `process_failed`.
    """
    structlog.configure(
        processors=[
            structlog.contextvars.merge_contextvars,
            structlog.processors.add_log_level,
            structlog.processors.TimeStamper(fmt="iso", utc=True),
            _without_values,
            structlog.processors.JSONRenderer(serializer=orjson.dumps, default=str),
        ],
        wrapper_class=structlog.make_filtering_bound_logger(logging.INFO),
        logger_factory=structlog.BytesLoggerFactory(file=sys.stderr.buffer),
        cache_logger_on_first_use=True,
    )
    structlog.contextvars.bind_contextvars(service=service)
    logging.basicConfig(handlers=[_Libraries()], level=logging.WARNING, force=True)
    logging.captureWarnings(True)
    # it tells of each lost connection with a traceback; we do it in a line
    logging.getLogger("aiormq").setLevel(logging.CRITICAL)
    sys.excepthook = lambda _, error, __: log.critical("process_failed", exc_info=error)
    sys.unraisablehook = lambda ignored: log.error("error_ignored", exc_info=ignored.exc_value)


def silence() -> None:
    """Log nothing: a command at the terminal gives its answer itself."""
    structlog.configure(wrapper_class=structlog.make_filtering_bound_logger(logging.CRITICAL))


def correlate(event: str, told: Iterable[tuple[str, Iterable[str]]]) -> None:
    """Log a batch: for each kind and hundred of the ids that it is about, one line with these as its `correlation`.

    `told` are pairs of a kind and ids. A line for each id was a fifteenth of the intake's time.
    """
    by_kind: dict[str, dict[str, None]] = {}
    for kind, ids in told:
        by_kind.setdefault(kind, {}).update(dict.fromkeys(ids))
    for kind, found in by_kind.items():
        ids = list(found)
        for start in range(0, len(ids), AT_ONCE):
            log.info(event, kind=kind, correlation=ids[start : start + AT_ONCE])


class _Libraries(logging.Handler):
    """Passes on what libraries log: who, where, and the first words, which are theirs; values come behind them."""

    def emit(self, record: logging.LogRecord) -> None:
        is_error = isinstance(record.msg, BaseException)
        log.log(
            min(record.levelno // 10 * 10, logging.CRITICAL),
            "library_logged",
            logger=record.name,
            at=_place(record.pathname, record.lineno, record.funcName),
            said="" if is_error else WORDS.match(str(record.msg)).group().strip(),  # type: ignore[union-attr]
            exc_info=record.msg if is_error else record.exc_info,
        )


def _without_values(_: Any, __: str, event: EventDict) -> EventDict:
    """In place of `exc_info` the error's class, its frames, and because of which others it came."""
    info = event.pop("exc_info", None)
    error = sys.exc_info()[1] if info is True else info[1] if isinstance(info, tuple) else info
    return {**event, **_told(error)} if isinstance(error, BaseException) else event


def _told(error: BaseException, depth: int = 1) -> dict[str, Any]:
    frames = [
        _place(frame.f_code.co_filename, line, frame.f_code.co_name)
        for frame, line in traceback.walk_tb(error.__traceback__)
    ]
    cause = error.__cause__ or (None if error.__suppress_context__ else error.__context__)
    inner = [*getattr(error, "exceptions", ()), *([cause] if cause else [])]
    because = [_told(each, depth + 1) for each in inner] if depth < CAUSES else []
    return {"error": type(error).__name__, "frames": frames[-FRAMES:]} | ({"because": because} if because else {})


def _place(file: str, line: int, function: str | None) -> str:
    return f"{'/'.join(Path(file).parts[-3:])}:{line} {function}"

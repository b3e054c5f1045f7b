"""Child processes that never outlive their maker."""

from __future__ import annotations

import contextlib
import ctypes
import signal
import subprocess
from collections.abc import Mapping, Sequence
from functools import partial
from pathlib import Path

import psutil

STOP_SECONDS = 20.0
_PR_SET_PDEATHSIG = 1  # prctl(2)


def spawn(
    command: Sequence[str],
    log: Path,
    *,
    environment: Mapping[str, str] | None = None,
    on_death: signal.Signals = signal.SIGTERM,
) -> subprocess.Popen[bytes]:
    """Start `command`, its output in `log`. It gets no signal from the terminal, so that Ctrl-C lets us stop all in
    order; it gets `on_death` when the thread that calls this is gone, so that a killed test leaves no server.
    """
    log.parent.mkdir(parents=True, exist_ok=True)
    with log.open("ab") as output:
        return subprocess.Popen(
            command,
            env=environment,
            stdin=subprocess.DEVNULL,
            stdout=output,
            stderr=output,
            start_new_session=True,
            preexec_fn=partial(die_with_parent, on_death),
        )


def die_with_parent(how: signal.Signals) -> None:
    """Let this process get a signal when the thread that made it is gone."""
    with contextlib.suppress(OSError):  # a system without Linux's prctl
        ctypes.CDLL(None).prctl(_PR_SET_PDEATHSIG, how)


def end(processes: Sequence[psutil.Process], how: signal.Signals) -> None:
    """Send `how` to all, and wait until they are gone; what is still there after 20 s gets SIGKILL."""
    for process in processes:
        with contextlib.suppress(psutil.NoSuchProcess):
            process.send_signal(how)
    _, left = psutil.wait_procs(processes, timeout=STOP_SECONDS)
    if left and how != signal.SIGKILL:
        end(left, signal.SIGKILL)


def tree(pid: int) -> list[psutil.Process]:
    """A process and all below it; empty when it is gone."""
    try:
        parent = psutil.Process(pid)
        return [*parent.children(recursive=True), parent]
    except psutil.NoSuchProcess:
        return []

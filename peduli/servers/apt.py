"""Debian's packages, for the servers and for the tools of tests."""

from __future__ import annotations

import os
import shutil
import subprocess
import sys
from collections.abc import Callable, Sequence
from pathlib import Path

from peduli.servers.server import ServersError

POLICY = "/usr/sbin/policy-rc.d"  # Debian asks it whether a new service may start


def is_possible() -> bool:
    """True where apt-get is, for root and for whoever may ask sudo: at a terminal it asks for the password."""
    may = os.getuid() == 0 or (shutil.which("sudo") is not None and (sys.stdin.isatty() or _sudo_is_silent()))
    return may and shutil.which("apt-get") is not None


def install(packages: Sequence[str], say: Callable[[str], None]) -> None:
    """Install `packages` without starting any service; raises `ServersError` with what to type."""
    hint = f"sudo apt-get install {' '.join(packages)}"
    if not is_possible():
        raise ServersError(f"not installed: {', '.join(packages)}", hint=hint)
    is_ours = not Path(POLICY).exists()
    if is_ours:
        _as_root(["sh", "-c", f"printf '#!/bin/sh\\nexit 101\\n' > {POLICY} && chmod 755 {POLICY}"], hint)
    try:
        for command in (
            ["apt-get", "update", "-qq"],
            ["apt-get", "install", "-y", "-qq", "--no-install-recommends", *packages],
        ):
            say(" ".join(command))
            _as_root(["env", "DEBIAN_FRONTEND=noninteractive", *command], hint)
    finally:
        if is_ours:
            _as_root(["rm", "-f", POLICY], hint)


def _sudo_is_silent() -> bool:
    return subprocess.run(["sudo", "-n", "true"], capture_output=True, check=False).returncode == 0


def _as_root(command: Sequence[str], hint: str) -> None:
    sudo = [] if os.getuid() == 0 else ["sudo"]
    done = subprocess.run([*sudo, *command], capture_output=True, check=False)
    if done.returncode:
        raise ServersError(f"{' '.join(command)} failed: {done.stderr.decode(errors='replace')[-400:]}", hint=hint)

"""Debian's packages, for the servers and for the tools of tests."""

from __future__ import annotations

import os
import shutil
import subprocess
from collections.abc import Callable, Sequence
from pathlib import Path

from peduli.servers.server import ServersError


def is_possible() -> bool:
    """True for root where apt-get is."""
    return os.getuid() == 0 and shutil.which("apt-get") is not None


def install(packages: Sequence[str], say: Callable[[str], None]) -> None:
    """Install `packages`, as root and without starting any service; raises `ServersError` with what to type."""
    hint = f"sudo apt-get install {' '.join(packages)}"
    if not is_possible():
        raise ServersError(f"not installed: {', '.join(packages)}", hint=hint)
    policy = Path("/usr/sbin/policy-rc.d")
    made = not policy.exists()
    if made:
        policy.write_text("#!/bin/sh\nexit 101\n")
        policy.chmod(0o755)
    try:
        for command in (
            ["apt-get", "update", "-qq"],
            ["apt-get", "install", "-y", "-qq", "--no-install-recommends", *packages],
        ):
            say(" ".join(command))
            environment = {**os.environ, "DEBIAN_FRONTEND": "noninteractive"}
            done = subprocess.run(command, env=environment, capture_output=True, check=False)
            if done.returncode:
                said = done.stderr.decode(errors="replace")[-400:]
                raise ServersError(f"{command[1]} failed: {said}", hint=hint)
    finally:
        if made:
            policy.unlink()

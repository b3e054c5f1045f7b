"""What some tests need beside the servers: programs of the machine, else of Debian's packages, else a skip."""

from __future__ import annotations

import os
import shutil
import subprocess
from pathlib import Path

import pytest

from peduli.servers import apt
from peduli.servers.server import ServersError
from shared.access import pins

JS = Path(__file__).parent.parent / "contracts" / "js"
PACKAGES = {
    "node": ("nodejs", "npm"),
    "npm": ("npm",),
    "php": ("php-cli", "php-curl", "php-amqplib"),
    "curl": ("curl",),
    "jq": ("jq",),
    "chromium-headless-shell": ("chromium-headless-shell",),
}  # others are used where they are, and never installed: java


PHP_LIBRARIES = "require 'PhpAmqpLib/autoload.php'; exit(function_exists('curl_init') ? 0 : 1);"


def need(*programs: str) -> None:
    """Have these programs; skips the test with what to type when they cannot be installed here."""
    missing = [program for program in programs if not _is_here(program)]
    if not PACKAGES.keys() >= set(missing):
        pytest.skip(f"not on this machine: {', '.join(missing)}")
    if missing:
        try:
            apt.install([package for program in missing for package in PACKAGES[program]], print)
        except ServersError as error:
            pytest.skip(f"{error}; {error.hint}")


def _is_here(program: str) -> bool:
    if shutil.which(program) is None:
        return False
    return program != "php" or subprocess.run(["php", "-r", PHP_LIBRARIES], capture_output=True).returncode == 0


@pytest.fixture
def quick_pins(monkeypatch: pytest.MonkeyPatch) -> None:
    """A PIN's hash takes 0.1 s of a processor, which its unit test spends; whom a PIN lets in does not depend on it."""
    monkeypatch.setattr(pins, "COST", 2**5)


@pytest.fixture(scope="session")
def node_modules() -> Path:
    """The JavaScript packages of the tests, as the lock names them."""
    need("node", "npm")
    made, lock = JS / "node_modules" / ".package-lock.json", JS / "package-lock.json"
    if not made.exists() or made.stat().st_mtime < lock.stat().st_mtime:
        done = subprocess.run(["npm", "ci"], cwd=JS, capture_output=True, text=True, check=False)
        assert done.returncode == 0, done.stderr
        os.utime(made)
    return JS / "node_modules"

"""Fills .env with fresh secrets for docker compose. Standard library only: nothing is installed yet."""

from __future__ import annotations

import secrets
from pathlib import Path

NAMES = (
    "RABBITMQ_ADMIN_PASSWORD",
    "POSTGRES_ADMIN_PASSWORD",
    "PURCHASES_PASSWORD",
    "DISTRIBUTION_PASSWORD",
    "REPORTING_PASSWORD",
    "PURCHASES_HASH_KEY",
    "PURCHASES_SEAL_KEY",
    "DISTRIBUTION_HASH_KEY",
    "DISTRIBUTION_SEAL_KEY",
    "REPORTING_SEAL_KEY",
    "GRAFANA_ADMIN_PASSWORD",
    "GRAFANA_READER_PASSWORD",
)


def fill(env: Path) -> list[str]:
    """Add what `env` lacks, and return the names. What is there stays: a seal key that is lost locks what it sealed."""
    env.touch(mode=0o600)
    text = env.read_text(encoding="utf-8")
    there = {name for name, _, value in (line.partition("=") for line in text.splitlines()) if value}
    added = [name for name in NAMES if name not in there]
    lines = [*text.splitlines(), *(f"{name}={secrets.token_hex(24)}" for name in added)]
    if added:
        env.write_text("".join(f"{line}\n" for line in lines), encoding="utf-8")
    return added


if __name__ == "__main__":
    fill(Path(".env"))

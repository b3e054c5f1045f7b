"""Where the tables of distribution are; apart from its app, for commands that need no more of the service."""

from __future__ import annotations

from pathlib import Path

SCHEMA = "distribution"
MIGRATIONS = Path(__file__).parent / "migrations"

"""Where the tables of purchases are; apart from its app, for commands that need no more of the service."""

from __future__ import annotations

from pathlib import Path

SCHEMA = "purchases"
MIGRATIONS = Path(__file__).parent / "migrations"

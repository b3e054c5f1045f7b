"""Where the tables of reporting are; apart from its app, for commands that need no more of the service."""

from __future__ import annotations

from pathlib import Path

SCHEMA = "facts"
MIGRATIONS = Path(__file__).parent / "migrations"
VIEWS = tuple(Path(__file__).parent / name for name in ("views.sql", "views_explained.sql"))  # in this order

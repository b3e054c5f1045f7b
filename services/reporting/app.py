"""Wiring of the reporting service, and nothing else."""

from __future__ import annotations

from pathlib import Path

MIGRATIONS = Path(__file__).parent / "migrations"
SCHEMA = "facts"

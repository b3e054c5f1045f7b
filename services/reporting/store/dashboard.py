"""What the pages show; only published views are read."""

from __future__ import annotations

from shared.database.queries import load_queries

queries = load_queries(__file__)

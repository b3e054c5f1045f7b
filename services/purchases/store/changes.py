"""What was changed in purchases after they were recorded."""

from __future__ import annotations

from shared.database.queries import load_queries

queries = load_queries(__file__)

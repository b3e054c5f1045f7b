"""What an auditor asks of the facts. These queries read them from end to end, so no page asks them."""

from __future__ import annotations

from shared.database.queries import load_queries

queries = load_queries(__file__)

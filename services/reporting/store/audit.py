"""One purchase, its lines and its packets, for who follows a rupiah."""

from __future__ import annotations

from shared.database.queries import load_queries

queries = load_queries(__file__)

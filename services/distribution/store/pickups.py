"""Rows of when teams fetch packets at a lumbung."""

from __future__ import annotations

from shared.database.queries import load_queries

queries = load_queries(__file__)

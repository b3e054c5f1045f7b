"""Rows of coordinators, of what they look at, and of what they decided."""

from __future__ import annotations

from shared.database.queries import load_queries

queries = load_queries(__file__)

"""Rows of households' pages, and of what households answer."""

from __future__ import annotations

from shared.database.queries import load_queries

queries = load_queries(__file__)

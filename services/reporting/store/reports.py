"""Numbers of a report to the Mayor, and the reports that were issued."""

from __future__ import annotations

from shared.database.queries import load_queries

queries = load_queries(__file__)

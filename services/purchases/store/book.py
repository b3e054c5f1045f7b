"""A unit's book: what it told and what it bought."""

from __future__ import annotations

from shared.database.queries import load_queries

queries = load_queries(__file__)

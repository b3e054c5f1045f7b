"""Rows of teams, and of the doors that they see."""

from __future__ import annotations

from shared.database.queries import load_queries

queries = load_queries(__file__)

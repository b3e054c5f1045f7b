"""Rows of notes for households, of which nobody is the writer."""

from __future__ import annotations

from shared.database.queries import load_queries

queries = load_queries(__file__)

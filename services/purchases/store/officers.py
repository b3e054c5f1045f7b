"""Rows of links, PINs and sessions of reporting officers."""

from __future__ import annotations

from shared.database.queries import load_queries

queries = load_queries(__file__)

"""Rows of files: everything that may name a person is sealed before it comes here."""

from __future__ import annotations

from shared.database.queries import load_queries

queries = load_queries(__file__)

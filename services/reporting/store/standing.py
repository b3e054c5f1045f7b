"""Tallies of what stands now: one that rests on facts of several aggregates, told in any order, is counted anew.

Each table of what was counted (`fct_delivery`, `fct_stock_line`) has beside it a view of how it is now; the difference
of the two goes into the tally.
"""

from __future__ import annotations

from shared.database.queries import load_queries

queries = load_queries(__file__)

"""Texts that Hypothesis draws."""

from __future__ import annotations

from hypothesis import strategies as st

# All that UTF-8 can write, as of `st.text()`, which first tries each of 1.1 million characters: three seconds of a
# processor in every worker of a fresh checkout.
_ANY = st.characters(exclude_categories=["Cs"])


def texts(min_size: int = 0, max_size: int | None = None) -> st.SearchStrategy[str]:
    """Any texts of such a length."""
    return st.text(_ANY, min_size=min_size, max_size=max_size)

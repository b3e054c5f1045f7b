"""The laws of the ledger (docs/explanation/ledger.md): each is a query that returns no row while it holds."""

from __future__ import annotations

from dataclasses import dataclass

from shared.database.pool import Transaction
from shared.database.queries import load_queries

queries = load_queries(__file__)
LAWS = {
    "L1": ("every piece is somewhere, and the entries say where", queries.find_lost_pieces),
    "L2": ("no account is below 0, at any moment", queries.find_overdrawn_accounts),
    "L3": ("what packets hold is what is reserved for them", queries.find_unreserved_lines),
    "L4": ("a piece is in one packet at most", queries.find_pieces_promised_twice),
    "L5": ("what is planned arrives in time", queries.find_late_packets),
    "L6": ("no packet has what its household must not get", queries.find_forbidden_goods),
    "L7": ("task, packet and ledger agree", queries.find_disagreements),
    "L8": ("each delivered packet has one proof", queries.find_unproven_deliveries),
}


@dataclass(frozen=True)
class Breach:
    """A row that should not be: which law it breaks, of what city, about what."""

    law: str
    meaning: str
    tenant: str
    subject: str
    detail: str


async def breaches(tx: Transaction) -> list[Breach]:
    """Whatever breaks a law, at most 100 rows of each."""
    found = []
    for law, (meaning, query) in LAWS.items():
        found += [Breach(law, meaning, row["tenant"], row["subject"], row["detail"]) for row in await query(tx)]
    return found

"""Tokens: random, shown once, kept as a hash."""

from __future__ import annotations

import hashlib
import secrets

PREFIX = "peduli_"  # lets a scanner of leaked secrets, and a person, know what it is


def new_token() -> str:
    """256 random bits as text."""
    return PREFIX + secrets.token_urlsafe(32)


def hash_of(token: str) -> bytes:
    """SHA-256, without salt or stretching: what was drawn from 2^256 cannot be guessed from it."""
    return hashlib.sha256(token.encode()).digest()

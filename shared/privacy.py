"""Sealed boxes and keyed hashes: how personal data rests, and how it leaves as something else."""

from __future__ import annotations

import hashlib
import hmac
import os
from functools import lru_cache

from cryptography.hazmat.primitives.ciphers.aead import AESGCM

_NONCE_BYTES = 12  # NIST SP 800-38D: 96-bit nonces for AES-GCM


def keyed_hash(key: bytes, value: str) -> str:
    """32 hex characters of HMAC-SHA256(key, value): equal for equal values, meaningless without the key."""
    return hmac.new(key, value.encode(), "sha256").hexdigest()[:32]


def seal(key: bytes, plain: bytes, *, bound_to: str) -> bytes:
    """Encrypt with AES-256-GCM. `bound_to` (an id) is authenticated, so a box cannot be moved to another row."""
    nonce = os.urandom(_NONCE_BYTES)
    return nonce + _cipher(key).encrypt(nonce, plain, bound_to.encode())


def unseal(key: bytes, box: bytes, *, bound_to: str) -> bytes:
    """Decrypt what `seal` made; raises `cryptography.exceptions.InvalidTag` when key, box or owner differ."""
    return _cipher(key).decrypt(box[:_NONCE_BYTES], box[_NONCE_BYTES:], bound_to.encode())


@lru_cache(maxsize=8)  # a process has a key or two, and scheduling one costs more than sealing a name
def _cipher(key: bytes) -> AESGCM:
    return AESGCM(hashlib.sha256(key).digest())

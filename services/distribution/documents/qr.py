"""An address as a picture that a phone's camera reads."""

from __future__ import annotations

import segno


def svg(address: str) -> str:
    """A QR code as inline SVG, dark on light in every colour scheme; a quarter of it may be smudged (level Q)."""
    made: str = segno.make(address, error="q", micro=False).svg_inline(
        scale=5, dark="#000", light="#fff", svgclass="qr", lineclass=None, omitsize=True
    )
    return made

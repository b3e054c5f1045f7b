"""The icon of the field page as PNG, in the two sizes without which a phone's Chromium does not install it."""

from __future__ import annotations

from pathlib import Path

import typst

ROOT = Path(__file__).parent.parent
STATIC = ROOT / "shared" / "web" / "static"
LAYOUT = Path(__file__).with_name("icon.typ")
SIZES = (192, 512)  # pixels


def icons() -> dict[Path, bytes]:
    """Each PNG with its content, drawn from `peduli.svg`."""
    return {STATIC / f"peduli-{size}.png": _drawn(size) for size in SIZES}


def _drawn(size: int) -> bytes:
    # 72 points an inch: a point is a pixel
    return bytes(typst.compile(LAYOUT, root=ROOT, format="png", ppi=72, sys_inputs={"size": f"{size}"}))

"""What was published stays as it was: `contracts/published.sha256`, in the form that `sha256sum -c` reads.

`make publish` adds the schemas and examples that are not in it yet. What is in it is never written again: a schema that
grows gets a new minor, and an example that no longer holds gets a younger one beside it. The OpenAPI documents are kept
as they are at each publish; before the next one they may only have grown.
"""

from __future__ import annotations

import hashlib
import shutil
import sys
from pathlib import Path

from shared.contracts import http
from shared.contracts.changelog import OPENAPI, PUBLISHED_DOORS, doors, unnamed, unreleased
from shared.contracts.corpus import CONTRACTS, EXAMPLES, SCHEMAS

LIST = CONTRACTS / "published.sha256"


def published() -> dict[Path, str]:
    """The SHA-256 of every file ever published."""
    lines = LIST.read_text(encoding="utf-8").splitlines()
    return {CONTRACTS / name: digest for digest, name in (line.split("  ", 1) for line in lines)}


def digest_of(path: Path) -> str:
    """The SHA-256 of a file as it is now; empty when it is gone."""
    return hashlib.sha256(path.read_bytes()).hexdigest() if path.exists() else ""


def hindrances() -> list[str]:
    """What must be mended first: a door that no longer takes its callers, and what the changelog does not tell."""
    new = set(SCHEMAS.glob("*/*.json")) - set(published())
    told = [f"contracts/CHANGELOG.md, Unreleased: {what} is not told" for what in unnamed(unreleased(), new)]
    return [why for before, now in doors() for why in http.breaks(before, now)] + told


def main() -> None:
    """Publish what is new, unless something stands against it."""
    if found := hindrances():
        sys.exit("\n".join(found))
    known = published()
    files = sorted([*SCHEMAS.glob("*/*.json"), *EXAMPLES.glob("*/*.json")])
    lines = [f"{known.get(path) or digest_of(path)}  {path.relative_to(CONTRACTS)}\n" for path in files]
    LIST.write_text("".join(lines), encoding="utf-8")
    for path in OPENAPI.glob("*.json"):
        shutil.copy(path, PUBLISHED_DOORS)


if __name__ == "__main__":
    main()

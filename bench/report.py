"""docs/performance.md in parts: each measurement replaces its own and leaves the others."""

from __future__ import annotations

import re
from pathlib import Path

PAGE = Path("docs/performance.md")


def write_part(name: str, text: str) -> None:
    """Put `text` between the marks of `name`, at the page's end when it has none yet."""
    begin, end = f"<!-- {name} -->", f"<!-- end of {name} -->"
    part = f"{begin}\n{text.strip()}\n{end}\n"
    page = PAGE.read_text(encoding="utf-8")
    found = re.compile(f"{re.escape(begin)}.*?{re.escape(end)}\n", re.DOTALL)
    page = found.sub(lambda _: part, page) if found.search(page) else f"{page.rstrip()}\n\n{part}"
    PAGE.write_text(page, encoding="utf-8")

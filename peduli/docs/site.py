"""The contract as pages to browse, rendered from the committed files; every page stands alone, without a request."""

from __future__ import annotations

import base64
import hashlib
import json
import re
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from jinja2 import Environment, FileSystemLoader, StrictUndefined
from markdown_it import MarkdownIt
from markupsafe import Markup

from peduli.docs import fields
from shared.contracts.corpus import CONTRACTS, SCHEMAS, Example, examples, schema_path
from shared.contracts.reasons import TEXTS
from shared.contracts.registry import ALL, INBOUND, TOLD, summary_of
from shared.web.doors import Operation, operations

TEMPLATES = Path(__file__).parent / "templates"
STYLE = (TEMPLATES / "style.css").read_text(encoding="utf-8")
STYLE_HASH = base64.b64encode(hashlib.sha256(STYLE.encode()).digest()).decode()
POLICY = f"default-src 'none'; style-src 'sha256-{STYLE_HASH}'; base-uri 'none'; form-action 'none'"
PUBLISH = CONTRACTS.parent / "docs" / "publish.md"
FILES = "berkas"
_COMMENT = re.compile(r"<!--.*?-->\n*", re.DOTALL)


@dataclass(frozen=True)
class Message:
    """One type of message with all that its page shows."""

    kind: str
    summary: str
    is_told: bool
    versions: list[str]
    rows: list[fields.Row]
    schema: str
    examples: list[Example]


def render() -> dict[str, bytes]:
    """Every file of the site by its path: pages, and the contract's own files below `berkas/`."""
    messages = [_message(kind) for kind in ALL]
    jinja = _jinja()
    pages: dict[str, tuple[str, dict[str, Any]]] = {
        "index.html": ("index.html", {"inbound": messages[: len(INBOUND)], "told": messages[len(INBOUND) :]}),
        "alasan.html": ("reasons.html", {"texts": TEXTS}),
        "http.html": ("http.html", {"doors": _doors()}),
        "kirim.html": ("text.html", {"title": "Cara mengirim", "text": _markdown(PUBLISH)}),
        "perubahan.html": ("text.html", {"title": "Perubahan kontrak", "text": _markdown(CONTRACTS / "CHANGELOG.md")}),
        **{f"{message.kind}.html": ("message.html", {"message": message}) for message in messages},
    }
    found = {
        path: jinja.get_template(template).render(here=path, **values).encode()
        for path, (template, values) in pages.items()
    }
    files = sorted(path for path in CONTRACTS.rglob("*") if path.is_file())
    return found | {f"{FILES}/{path.relative_to(CONTRACTS)}": path.read_bytes() for path in files}


def _jinja() -> Environment:
    jinja = Environment(
        loader=FileSystemLoader(TEMPLATES),
        autoescape=True,
        undefined=StrictUndefined,
        trim_blocks=True,
        lstrip_blocks=True,
    )
    jinja.globals |= {"style": Markup(STYLE), "policy": POLICY, "files": FILES}  # noqa: S704 - our own file
    jinja.filters["pretty"] = lambda value: json.dumps(value, indent=1, ensure_ascii=False)
    return jinja


def _message(kind: str) -> Message:
    name, _, major = kind.rpartition(".v")
    schema = schema_path(kind).read_text(encoding="utf-8")
    return Message(
        kind=kind,
        summary=summary_of(kind),
        is_told=kind in TOLD,
        versions=sorted(path.stem for path in (SCHEMAS / name).glob(f"{major}.*.json")),
        rows=fields.rows(json.loads(schema)),
        schema=schema,
        examples=[example for example in examples() if example.kind == kind],
    )


def _doors() -> dict[str, list[Operation]]:
    """The requests of each service."""
    return {
        path.stem: list(operations(json.loads(path.read_text(encoding="utf-8"))))
        for path in sorted((CONTRACTS / "openapi").glob("*.json"))
    }


def _markdown(path: Path) -> Markup:
    """A page of ours as HTML; raw HTML in it is shown, not obeyed."""
    markdown = MarkdownIt("commonmark", {"html": False}).enable("table")
    return Markup(markdown.render(_COMMENT.sub("", path.read_text(encoding="utf-8"))))  # noqa: S704

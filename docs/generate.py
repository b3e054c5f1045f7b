"""Writes .env.example, docs/reference and the icons from the code itself: `make docs`. A test compares them with it."""

from __future__ import annotations

import asyncio
import tempfile
from collections.abc import Iterable, Iterator, Mapping, Sequence
from pathlib import Path
from typing import Any

import typer
from prometheus_client.metrics import MetricWrapperBase
from pydantic import BaseModel
from pydantic.fields import FieldInfo
from pydantic_settings import BaseSettings

from docs.icons import icons
from peduli.__main__ import app
from peduli.prepare import prepare_database
from peduli.servers import private
from services.distribution.domain import explain
from shared.contracts.corpus import SCHEMAS, schema_path
from shared.contracts.reasons import TEXTS
from shared.contracts.registry import INBOUND, TOLD, summary_of
from shared.database.pool import Transaction, connect
from shared.observability import metrics
from shared.settings import Operations, Settings
from shared.sheets.faults import CELLS

ROOT = Path(__file__).parent.parent
REFERENCE = ROOT / "docs" / "reference"
TABLES = REFERENCE / "tables.md"
MADE = "*Made by `make docs`; do not edit.*"


def pages() -> dict[Path, str]:
    """Every page that needs no server, with its text."""
    return {
        ROOT / ".env.example": env_example(),
        REFERENCE / "settings.md": settings(),
        REFERENCE / "events.md": events(),
        REFERENCE / "metrics.md": metrics_page(),
        REFERENCE / "reasons.md": reasons(),
        REFERENCE / "cli.md": cli(),
    }


def table(head: Sequence[str], rows: Iterable[Sequence[str]]) -> str:
    """A Markdown table; a pipe in a cell would end it."""
    lines = [head, ["---"] * len(head), *rows]
    return "".join("| " + " | ".join(cell.replace("|", "\\|") for cell in line) + " |\n" for line in lines)


def page(title: str, *parts: str) -> str:
    """A whole page."""
    return "\n\n".join([f"# {title}", MADE, *(part.strip() for part in parts)]) + "\n"


def _fields(model: type[BaseSettings]) -> Iterator[tuple[str, FieldInfo, str | None]]:
    """Each variable with its field and its default; None when it must be set."""
    for name, field in model.model_fields.items():
        default = None if field.is_required() else "" if field.default is None else str(field.default)
        yield f"PEDULI_{name.upper()}", field, default


def env_example() -> str:
    """A file to copy: what must be set is open, the rest shows its default."""
    lines = ["# Every setting of a service, by `make docs`. `make up` makes a .env of its own, with fresh secrets.\n"]
    for model in (Settings, Operations):
        for name, field, default in _fields(model):
            lines.append(f"\n# {field.description}\n{'' if default is None else '# '}{name}={default or ''}\n")
    return "".join(lines)


def settings() -> str:
    """Settings as environment variables."""

    def rows(model: type[BaseSettings]) -> list[tuple[str, str, str]]:
        shown = {None: "must be set", "": "none"}
        return [
            (f"`{name}`", shown.get(default, f"`{default}`"), str(field.description))
            for name, field, default in _fields(model)
        ]

    head = ("variable", "default", "meaning")
    return page(
        "Settings",
        "All come from the environment; nothing is read from a file.",
        "## Of every service\n\n" + table(head, rows(Settings)),
        "## Of the commands\n\n" + table(head, rows(Operations)),
    )


def _named(model: type[BaseModel]) -> str:
    return ", ".join(f"`{name}`{'' if field.is_required() else '?'}" for name, field in model.model_fields.items())


def _messages(kinds: Mapping[str, type[BaseModel]]) -> str:
    rows = []
    for kind, model in kinds.items():
        schema = f"../../contracts/schemas/{schema_path(kind).relative_to(SCHEMAS)}"
        rows.append((f"[`{kind}`]({schema})", summary_of(kind).splitlines()[0], _named(model)))
    return table(("message", "meaning", "fields (`?` may be left out)"), rows)


def events() -> str:
    """Every message with its fields, and a link to its schema."""
    return page(
        "Messages",
        "CloudEvents 1.0 in JSON; attributes travel as `ce-*` headers. The routing key is the city's code, a dot, and\n"
        "the type. Each links to its JSON Schema; [contracts/examples](../../contracts/examples) has one of each.",
        "## What others publish to `peduli.intake`\n\n"
        "`ce-id`, `ce-type` (`id.go.depok.peduli.` before the type) and `ce-source` must be there. Sending again is "
        "harmless.\n\n" + _messages(INBOUND),
        "## What the services tell on `peduli.events`\n\n"
        "`ce-aggregate` and `ce-version` order the events of one thing. No event holds personal data.\n\n"
        + _messages(TOLD),
    )


def metrics_page() -> str:
    """Every metric with its type, labels and meaning."""
    rows = []
    for metric in vars(metrics).values():
        if isinstance(metric, MetricWrapperBase):
            family = metric.describe()
            for told in family:
                name = told.name + ("_total" if told.type == "counter" else "")
                rows.append((f"`{name}`", told.type, ", ".join(metric._labelnames), told.documentation))
    return page(
        "Metrics",
        "Each service shows its own on `/metrics`, in the form of Prometheus.",
        table(("metric", "type", "labels", "meaning"), rows),
    )


def reasons() -> str:
    """Codes with the sentences that people read."""
    why = [(f"`{code}`", *text) for code, text in explain.TEXTS.items()]
    return page(
        "Reasons",
        "Codes are for programs and stay; sentences are for people.",
        "## Why a submission is refused\n\nAll reasons come at once, each with the path of its field.\n\n"
        + table(("code", "Bahasa Indonesia", "English"), [(f"`{code}`", *text) for code, text in TEXTS.items()]),
        "## Why a cell of a sheet cannot be read\n\nThe path names row and column: `rows.9.date`.\n\n"
        + table(("code", "Bahasa Indonesia"), [(f"`{code}`", text) for code, text in CELLS.items()]),
        "## Why a packet goes to this household, or does not come yet\n\n"
        "A code may carry figures after colons, which take the place of {0} and {1}.\n\n"
        + table(("code", "volunteer", "household", "auditor"), why),
    )


def cli() -> str:
    """Every command with its arguments and options."""
    parts = ["`peduli` is `.venv/bin/python -m peduli` in a clone, and the entry point of the image."]
    for name, command in _commands(typer.main.get_command(app), "peduli"):
        parameters = [parameter for parameter in command.params if parameter.name != "help"]
        shown = [
            f"- `{parameter.opts[0] if parameter.param_type_name == 'option' else parameter.name.upper()}`"
            f"{' (must be given)' if parameter.required else ''}: {parameter.help}"
            for parameter in parameters
        ]
        parts.append("\n".join([f"## `{name}`", "", command.help, *([""] if shown else []), *shown]))
    return page("The command `peduli`", *parts)


def _commands(command: Any, name: str) -> Iterator[tuple[str, Any]]:
    """Every command that does something, with the words that call it."""
    children = getattr(command, "commands", {})
    if not children:
        yield name, command
    for word, child in children.items():
        yield from _commands(child, f"{name} {word}")


COLUMNS = """select c.relname::text as view, obj_description(c.oid) as meaning, a.attname::text as name,
  format_type(a.atttypid, a.atttypmod) as type, col_description(c.oid, a.attnum) as text
from pg_class c join pg_attribute a on a.attrelid = c.oid and a.attnum > 0
where c.relnamespace = 'reporting'::regnamespace and c.relkind = 'v' order by c.relname, a.attnum"""


async def tables(tx: Transaction) -> str:
    """The published views, as their own comments explain them."""
    parts: dict[str, list[Any]] = {}
    for row in await tx.fetch(COLUMNS):
        parts.setdefault(row["view"], []).append(row)
    return page(
        "Published views",
        "The contract with analysts: connect as a member of `dashboard_reader` and read `reporting.v1_*`. Columns are\n"
        "only added; a change of meaning makes a `v2_`. Times are `timestamptz`, dates are days of the city,\n"
        "money is whole rupiah.",
        *(
            f"## `reporting.{view}`\n\n{rows[0]['meaning']}\n\n"
            + table(("column", "type", "meaning"), [(f"`{row['name']}`", row["type"], row["text"]) for row in rows])
            for view, rows in parts.items()
        ),
    )


async def _tables_of_a_new_database(url: str) -> str:
    await prepare_database(url, "3276")
    connection = await connect(url, "reporting")
    try:
        return await tables(connection)
    finally:
        await connection.close()


def main() -> None:
    """Write all pages; the comments of the views are read from a Postgres made for the moment."""
    with tempfile.TemporaryDirectory() as folder:
        postgres = private.postgres(Path(folder) / "postgres", fsync=False)
        try:
            postgres.start()
            found = pages() | {TABLES: asyncio.run(_tables_of_a_new_database(postgres.url))}
        finally:
            postgres.remove()
    REFERENCE.mkdir(exist_ok=True)
    for path, text in found.items():
        path.write_text(text, encoding="utf-8")
    for path, picture in icons().items():
        path.write_bytes(picture)


if __name__ == "__main__":
    main()

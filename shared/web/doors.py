"""An HTTP door for people: what it takes and answers, read from its own OpenAPI document."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from functools import cache
from typing import Any

from fastapi.responses import HTMLResponse

from shared.web.pages import Pages

_METHODS = ("get", "post", "put", "patch", "delete")


@dataclass(frozen=True)
class Operation:
    """One request of an HTTP door."""

    method: str
    path: str
    description: str
    parameters: list[str]
    answers: dict[str, str]


def operations(document: Mapping[str, Any]) -> Iterator[Operation]:
    """Every request of an OpenAPI document, in its order."""
    for path, item in document["paths"].items():
        for method in _METHODS:
            if method in item:
                yield _operation(method, path, item[method])


def page_of(document: Mapping[str, Any]) -> HTMLResponse:
    """A service's `/docs`, ours: FastAPI's own would load its parts from third parties, and offline from nowhere."""
    return _pages().show(
        "doors.html", 200, {"title": document["info"]["title"], "operations": list(operations(document))}
    )


@cache
def _pages() -> Pages:
    return Pages()


def _operation(method: str, path: str, found: Mapping[str, Any]) -> Operation:
    return Operation(
        method=method.upper(),
        path=path,
        description=found.get("description", found["summary"]),
        parameters=[f"{item['name']} ({item['in']})" for item in found.get("parameters", [])],
        answers={code: answer["description"] for code, answer in sorted(found["responses"].items())},
    )

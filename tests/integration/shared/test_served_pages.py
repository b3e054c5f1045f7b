"""What a service serves to a browser asks nobody else for anything, also its page for programmers."""

from __future__ import annotations

from html.parser import HTMLParser

import pytest
from fastapi.routing import APIRoute

import services.distribution.app as distribution
import services.purchases.app as purchases
import services.reporting.app as reporting
from shared.web.doors import operations
from tests.support.running import Door, running
from tests.support.servers import World

BROWSER = {"Accept": "text/html"}
APPS = {"purchases": purchases, "distribution": distribution, "reporting": reporting}


class Loads(HTMLParser):
    """The addresses that a browser asks for by itself, and where forms lead."""

    def __init__(self, page: str) -> None:
        super().__init__()
        self.found: list[str] = []
        self.feed(page)

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        names = ("src", "srcset", "data", "action", "poster") + (("href",) if tag != "a" else ())
        self.found += [value for name, value in attrs if name in names and value]


def paths(door: Door) -> set[str]:
    """Pages whose address is one."""
    routes = [route for route in door.app.routes if isinstance(route, APIRoute)]
    return {route.path for route in routes if "GET" in (route.methods or ()) and "{" not in route.path}


@pytest.mark.parametrize("name", APPS)
async def test_no_page_makes_an_outside_request(world: World, name: str) -> None:
    async with running(APPS[name].service(world.settings())) as door:
        answers = {path: await door.get(path, headers=BROWSER) for path in paths(door)}
        shown = {path: it for path, it in answers.items() if it.headers.get("content-type", "").startswith("text/html")}
        assert "/docs" in shown
        for path, answer in shown.items():
            assert answer.headers["Content-Security-Policy"].startswith("default-src 'none'; style-src 'self'"), path
            loads = Loads(answer.text).found
            assert loads, path
            assert [address for address in loads if not address.startswith("/") or address.startswith("//")] == [], path
        told = [f"{it.method} {it.path}" for it in operations((await door.get("/openapi.json")).json())]
        assert told
        assert [operation for operation in told if operation not in shown["/docs"].text] == []
        assert (await door.get("/redoc")).status_code == 404

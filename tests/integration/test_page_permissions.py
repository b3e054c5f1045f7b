"""Every page and form of the three services, from their own route tables, tried by each kind of people.

Whose a route is, its address says. One that says nothing of it is everybody's, and must be named here: a new one cannot
be forgotten. (Doors of programs: `test_permissions`.)
"""

from __future__ import annotations

import contextlib
import re
from base64 import b64encode
from collections.abc import AsyncIterator
from dataclasses import dataclass, field
from typing import Any
from uuid import UUID

import httpx
import pytest
from fastapi import FastAPI
from fastapi.routing import APIRoute, iter_route_contexts

import services.distribution.app as distribution
import services.purchases.app as purchases
import services.reporting.app as reporting
from tests.support import coordinators, officers, volunteers
from tests.support.access import add
from tests.support.coordinators import add_coordinator
from tests.support.journey import KELURAHAN, one_task, query, recent, register, tell
from tests.support.officers import browsing, key_of
from tests.support.running import running
from tests.support.servers import World
from tests.support.volunteers import add_team

SERVICES = ("distribution", "purchases", "reporting")
ELSEWHERE = "32.76.06.1002"
WHOSE = {
    ("distribution", "/lapangan"): "team",
    ("distribution", "/koordinator"): "coordinator",
    ("distribution", "/keluarga"): "registrar",
    ("purchases", "/"): "officer",
    ("reporting", "/"): "reader",
}
EVERYBODYS = {
    ("distribution", "/"),
    *(("distribution", f"{home}/masuk") for home in ("/lapangan", "/koordinator", "/keluarga")),
    *(("distribution", f"{home}/masuk/{{link}}") for home in ("/lapangan", "/koordinator")),
    ("distribution", "/lapangan/{name}"),  # the script, the worker and the manifest
    *(("distribution", path) for path in ("/dukungan", "/rumah", "/rumah/{code}", "/rumah/{code}/jawaban")),
    *(("purchases", path) for path in ("/", "/masuk", "/masuk/{link}")),
    *((service, path) for service in SERVICES for path in ("/static/{name}", "/livez", "/readyz", "/metrics", "/docs")),
}
PARAMS = {"versi": "1", "tugas": str(UUID(int=1)), "tim": "tim-beji"}
HEADERS = {"Accept": "text/html", "Upload-Offset": "0", "Upload-Length": "1"}
VALUES = {"digest": "0" * 64, "kind": "csv", "name": "a.js", "code": "x", "link": "x", "step": "nota"}
MEANT = {  # by who is of elsewhere, with the packet of another kelurahan
    "versi": "1",
    "jenis": "deliver",
    "saksi": "Kader",
    "diambil": "ya",
    "kertas": "ya",
    "tim": "tim-lain",
    "jeda": "tidak",
    "pakai": "keep_report",
    "jawab": "checked",
    "alasan": "sembuh sudah",
}


@dataclass
class Somebody:
    """One of a kind of people: what his browser carries, and the key of his forms."""

    cookies: dict[str, str] = field(default_factory=dict)
    key: str = "0" * 32
    headers: dict[str, str] = field(default_factory=dict)
    form: dict[str, str] = field(default_factory=dict)  # what it says beside the key


@dataclass(frozen=True)
class Tried:
    """The three services with a task of Beji, and who tries."""

    apps: dict[str, FastAPI]
    task: str
    household: str
    people: dict[str, Somebody]


def pages(app: FastAPI) -> list[tuple[str, str]]:
    """The routes that are no doors of programs: method and path; who leaves does it last."""
    found = [told.original_route for told in iter_route_contexts(app.routes)]  # also of routers in routers
    forms = [route for route in found if isinstance(route, APIRoute) and not route.include_in_schema]
    walked = [(method, route.path) for route in forms for method in sorted(route.methods or ())]
    return sorted(walked, key=lambda route: route[1].endswith("/keluar"))


def whose(service: str, path: str) -> str:
    """The kind of people whose a route is; empty for everybody's."""
    if (service, path) in EVERYBODYS:
        return ""
    found = [kind for (name, home), kind in WHOSE.items() if name == service and path.startswith(home)]
    assert found, f"whose is {path} of {service}?"
    return found[0]


async def ask(tried: Tried, service: str, method: str, path: str, who: Somebody) -> httpx.Response:
    """His browser asks, with a form of his own page; a form that carries a file is told as one."""
    act = "periksa" if "/lembar/" in path else "akhiri"
    values = {**VALUES, "act": act, "task_id": tried.task, "identity": tried.household}
    address = re.sub(r"\{(\w+)\}", lambda found: values.get(found[1], str(UUID(int=1))), path)
    async with browsing(tried.apps[service]) as client:
        client.cookies.update(who.cookies)
        said: dict[str, Any] = {"params": PARAMS, "headers": {**HEADERS, **who.headers, "Peduli-Kunci": who.key}}
        if method != "POST":
            return await client.request(method, address, **said)
        form = {"kunci": who.key, **who.form}
        answer = await client.post(address, data=form, **said)
        if answer.status_code != 403:
            return answer
        return await client.post(address, data={"kunci": who.key}, files={"lain": b""}, **said)


def is_let_in(answer: httpx.Response) -> bool:
    """Neither refused nor sent to a sign-in page; who leaves is sent there too, and loses his cookie."""
    is_sent_away = answer.headers.get("location", "").endswith("/masuk") and "set-cookie" not in answer.headers
    return answer.status_code not in (401, 403) and not is_sent_away


async def _signed_in(app: FastAPI, world: World, enter: Any, *more: str) -> Somebody:
    async with browsing(app) as client:
        key = await enter(client, world, *more)
        return Somebody(dict(client.cookies), key)


async def _registrar(app: FastAPI, world: World, name: str, place: str) -> Somebody:
    made = await add(world, name, "puskesmas", sources=(f"/rt/{name}",), units=(place,))
    async with browsing(app) as client:
        said = {"kunci": key_of(await client.get("/keluarga/masuk")), "kode": made.token}
        await client.post("/keluarga/masuk", data=said)
        return Somebody(dict(client.cookies), key_of(await client.get("/keluarga/baru")))


async def _reader(app: FastAPI, token: str) -> Somebody:
    """Whoever has this token and asks for the page of reports; only a reader is shown its form."""
    headers = {"Authorization": "Basic " + b64encode(f"x:{token}".encode()).decode()}
    async with browsing(app) as client:
        shown = await client.get("/laporan", headers=headers)
        key = key_of(shown) if shown.status_code == 200 else "0" * 32
        return Somebody(dict(client.cookies), key, headers)


@pytest.fixture
async def tried(world: World) -> AsyncIterator[Tried]:
    """Everybody at the pages, of Beji and of elsewhere."""
    for place, suffix in ((KELURAHAN, "beji"), (ELSEWHERE, "lain")):
        add_team(world, f"tim-{suffix}", place)
        add_coordinator(world, f"koordinator-{suffix}", place)
    async with contextlib.AsyncExitStack() as stack:
        field = await stack.enter_async_context(running(distribution.service(world.settings())))
        shop = await stack.enter_async_context(running(purchases.service(world.settings())))
        facts = await stack.enter_async_context(running(reporting.service(world.settings(open_doors=False))))
        household = await register(field)
        await tell(world, recent())
        task = str((await one_task(field))["task_id"])
        people = {"nobody": Somebody(), "officer": await _signed_in(shop.app, world, officers.sign_in)}
        for suffix in ("beji", "lain"):
            where = "" if suffix == "beji" else " elsewhere"
            people[f"team{where}"] = await _signed_in(field.app, world, volunteers.enter, f"tim-{suffix}")
            coordinator = await _signed_in(field.app, world, coordinators.enter, f"koordinator-{suffix}")
            people[f"coordinator{where}"] = coordinator
            place = KELURAHAN if suffix == "beji" else ELSEWHERE
            people[f"registrar{where}"] = await _registrar(field.app, world, f"pages-{suffix}", place)
        for role in ("reader", "publisher"):
            people[role] = await _reader(facts.app, (await add(world, f"pages-{role}", role)).token)
        for kind, who in people.items():
            if kind.endswith(" elsewhere"):
                who.form = {**MEANT, "tugas": task}
        apps = {"distribution": field.app, "purchases": shop.app, "reporting": facts.app}
        yield Tried(apps, task, household, people)


def is_right(tried: Tried, path: str, owner: str, kind: str, answer: httpx.Response) -> bool:
    """Whether this is what somebody of this kind should be told at a route of these people (empty: everybody's)."""
    if answer.status_code >= 500 or (not owner and answer.status_code == 401):
        return False
    if owner and is_let_in(answer) != kind.startswith(owner):
        return False
    if not kind.endswith(" elsewhere"):
        return True
    names_one = re.search(r"\{(task_id|identity)\}", path) and kind.startswith(owner)
    return tried.task not in answer.text and (answer.status_code == 404 or not names_one)


async def test_each_page_lets_in_whose_it_is_and_nobody_else(world: World, tried: Tried) -> None:
    wrong: list[tuple[str, str, str, str, int]] = []
    walked: set[str] = set()
    for service, app in tried.apps.items():
        for method, path in pages(app):
            owner = whose(service, path)
            walked.add(owner)
            for kind, who in tried.people.items():
                answer = await ask(tried, service, method, path, who)
                if not is_right(tried, path, owner, kind, answer):
                    wrong.append((service, method, path, kind, answer.status_code))
    assert wrong == []
    assert walked == {"", *WHOSE.values()}
    his = "(select count(*)::int from distribution.field_reports where team = 'tim-lain') as his"
    states = await query(world, f"select status, version, asked, {his} from distribution.tasks")
    assert states == [{"status": "assigned", "version": 1, "asked": "", "his": 0}]

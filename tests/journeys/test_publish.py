"""Mas Dimas reads docs/publish.md: each publisher of that page runs as printed, against the real servers."""

from __future__ import annotations

import asyncio
import contextlib
import json
import os
import re
import shutil
import subprocess
import sys
from collections.abc import AsyncIterator, Iterator
from dataclasses import dataclass
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path
from threading import Thread

import aio_pika
import pytest

from peduli.servers.private import AnyRabbitMQ
from peduli.servers.server import Server, free_port
from services.purchases.app import service
from shared.messaging import topology
from shared.messaging.topology import Topology
from tests.support.access import add, amqp_url
from tests.support.eventually import eventually
from tests.support.running import serving
from tests.support.servers import World
from tests.support.tools import need

ROOT = Path(__file__).parent.parent.parent
PAGE = (ROOT / "docs" / "publish.md").read_text(encoding="utf-8")
BLOCK = re.compile(r"<!-- file: (\S+) -->\n+```\w+\n(.*?)```\n", re.DOTALL)
SNIPPETS = dict(BLOCK.findall(PAGE))
SHOWN_JSON = [json.loads(block) for block in re.findall(r"```json\n(.*?)```\n", PAGE, re.DOTALL)]
FOLDER = "examples/publishers"
RECEIPTS = (ROOT / FOLDER / "receipts.jsonl").read_text(encoding="utf-8").splitlines(keepends=True)

QUICKLY = ["-XX:TieredStopAtLevel=1", "-XX:+UseSerialGC"]  # a machine for a second: it shall not prepare for days
PROGRAMS = {
    "python/publish.py": [sys.executable],
    "node/publish.js": ["node"],
    "php/publish.php": ["php"],
    "php/send-day.php": ["php"],
    "shell/send-day.sh": ["sh"],
    "java/SendDay.java": ["java", *QUICKLY, "--source", "11"],
    "http/send.sh": ["sh"],
}
OVER_AMQP = ["python/publish.py", "node/publish.js", "php/publish.php"]
OVER_HTTP = ["php/send-day.php", "shell/send-day.sh", "java/SendDay.java"]
NEEDS = {
    "node": ["node", "npm"],
    "php": ["php"],
    "shell": ["curl", "jq"],
    "java": ["java"],
    "http": ["curl"],
    "python": [],
}

ACCEPTED = "KOP-2021-000201 recorded\nKOP-2021-000202 recorded\n"
FULL = 5  # messages that may wait in a publisher's queue
AGAIN = "KOP-2021-000201 known\nKOP-2021-000202 known\n"
REFUSED = """\
KOP-2021-000203 rejected
  lines.0.unit_price_idr INVALID_FIELD Nilai kolom ini tidak sesuai bentuk yang diminta.
  unit_code UNKNOWN_UNIT Unit kerja tidak dikenal atau tidak aktif.
  purchased_at PURCHASED_IN_FUTURE Waktu pembelian ada di masa depan; periksa jam dan zona waktu.
"""


@dataclass
class Ran:
    code: int
    out: str
    err: str


@dataclass
class Publisher:
    """One snippet of the page, laid in a folder of its own."""

    name: str
    folder: Path
    environment: dict[str, str]
    compiled: list[str] | None = None  # the command that runs it as it was compiled, where it is and was

    @property
    def own_name(self) -> str:
        """Its name as a publisher of the city."""
        return re.sub(r"[^a-z]", "-", self.name.lower())

    async def run(self, receipts: list[str], *changes: tuple[str, str], **environment: str) -> Ran:
        """Run it over these receipts, with `changes` made in its text, and others in its environment."""
        text = SNIPPETS[f"{FOLDER}/{self.name}"]
        for old, new in changes:
            assert old in text
            text = text.replace(old, new)
        script, data = self.folder / Path(self.name).name, self.folder / "receipts.jsonl"
        script.write_text(text, encoding="utf-8")
        data.write_text("".join(receipts), encoding="utf-8")
        command = self.compiled if self.compiled and not changes else [*PROGRAMS[self.name], str(script)]
        process = await asyncio.create_subprocess_exec(
            *command,
            str(data),
            env={**os.environ, **self.environment, **environment},
            stdout=asyncio.subprocess.PIPE,
            stderr=asyncio.subprocess.PIPE,
        )
        out, err = await asyncio.wait_for(process.communicate(), 60)
        return Ran(process.returncode or 0, out.decode(), err.decode())


@pytest.fixture
def publisher(request: pytest.FixtureRequest, tmp_path: Path) -> Publisher:
    """The snippet that a test names, with its packages at hand."""
    name: str = request.param
    language = name.partition("/")[0]
    need(*NEEDS[language])
    packages = {"NODE_PATH": str(request.getfixturevalue("node_modules"))} if language == "node" else {}
    compiled = request.getfixturevalue("compiled_java") if language == "java" else None
    return Publisher(name, tmp_path, packages, compiled)


@pytest.fixture(scope="session")
def compiled_java(tmp_path_factory: pytest.TempPathFactory) -> list[str] | None:
    """The command of the Java program, compiled once for many runs; None where only the page's way works.

    A run with changes goes the page's way, which compiles it each time.
    """
    folder = tmp_path_factory.mktemp("java")
    source = folder / "SendDay.java"
    source.write_text(SNIPPETS[f"{FOLDER}/java/SendDay.java"], encoding="utf-8")
    if shutil.which("javac") is None:
        return None
    compiler = ["javac", *(f"-J{option}" for option in QUICKLY), "--release", "11", str(source)]
    subprocess.run(compiler, check=True)
    return ["java", *QUICKLY, "-cp", str(folder), "SendDay"]


@pytest.fixture
def broker(servers: tuple[Server, AnyRabbitMQ], declared: Topology) -> str:
    """The URL of a broker that has all queues, for what needs no service."""
    return servers[1].url


@contextlib.asynccontextmanager
async def at_work(world: World, publisher: Publisher, *, let_in: bool = False) -> AsyncIterator[str]:
    """The purchases service on a port, and the publisher told where everything is; yields the service's URL.

    `let_in`: the doors are closed to all but the publisher, which has a token and a login of its own.
    """
    access = {"PEDULI_AMQP_URL": world.rabbitmq.url}
    if let_in:
        made = await add(world, publisher.own_name, queue_length=FULL)
        access = {"PEDULI_AMQP_URL": amqp_url(world, made.amqp_user, made.amqp_password)}
        access |= {"PEDULI_TOKEN": made.token, "PEDULI_KEY": made.routing_keys[0]}
    async with serving(service(world.settings(open_doors=not let_in))) as url:
        publisher.environment |= {"PEDULI_URL": url, **access}
        yield url


def each(names: list[str]) -> pytest.MarkDecorator:
    return pytest.mark.parametrize("publisher", names, indirect=True)


async def ask(publisher: Publisher, reference: str) -> list[dict[str, object]]:
    """What the page's `ask.sh` says of a receipt."""
    script = publisher.folder / "ask.sh"
    script.write_text(SNIPPETS[f"{FOLDER}/http/ask.sh"], encoding="utf-8")
    process = await asyncio.create_subprocess_exec(
        "sh", str(script), reference, env={**os.environ, **publisher.environment}, stdout=asyncio.subprocess.PIPE
    )
    return list(json.loads((await process.communicate())[0]))


@pytest.mark.parametrize("path", sorted(SNIPPETS))
def test_the_page_shows_the_file(path: str) -> None:
    assert SNIPPETS[path] == (ROOT / path).read_text(encoding="utf-8"), "copy the file into docs/publish.md"


def test_the_page_shows_every_publisher() -> None:
    assert {f"{FOLDER}/{name}" for name in (*PROGRAMS, "http/ask.sh")} == set(SNIPPETS)


@each([*OVER_AMQP, *OVER_HTTP])
async def test_a_publisher_sends_a_day_and_again_and_is_told_every_refusal_as_the_page_shows_it(
    world: World, publisher: Publisher
) -> None:
    async with at_work(world, publisher, let_in=True):
        first = await publisher.run(RECEIPTS)
        assert (first.out, first.code, first.err) == (ACCEPTED + REFUSED, 1, "")
        assert_shown(publisher, first)
        again = await publisher.run(RECEIPTS[:2])
        assert (again.out, again.code, again.err) == (AGAIN, 0, "")
        foreign = await publisher.run(RECEIPTS[:1], PEDULI_SOURCE="/pos/warung-sebelah")
        assert foreign.code == 1
        assert_shown(publisher, foreign)
        if publisher.name in OVER_AMQP:
            wrong_key = await publisher.run(RECEIPTS[:1], PEDULI_KEY="3276.purchase.submitted.v1")
            assert (wrong_key.out, wrong_key.code) == ("", 75)
            assert_shown(publisher, wrong_key)
        else:
            wrong_token = await publisher.run(RECEIPTS[:1], PEDULI_TOKEN="salah")
            assert (wrong_token.out, wrong_token.code) == ("", 1)
            assert_shown(publisher, wrong_token)
    if publisher.name in OVER_AMQP:  # nobody takes anything from its queue any more
        full = await publisher.run(RECEIPTS * FULL)
        assert (full.out, full.code) == ("", 75)
        assert_shown(publisher, full)


def assert_shown(publisher: Publisher, ran: Ran) -> None:
    """The page has every line that a program printed, with the login of its example."""
    printed = (ran.out + ran.err).replace(publisher.own_name, "koperasi-depok").splitlines()
    assert [line for line in printed if line not in PAGE.splitlines()] == []


@each(["http/send.sh"])
async def test_one_purchase_is_sent_with_curl(world: World, publisher: Publisher) -> None:
    async with at_work(world, publisher):
        accepted = await publisher.run(RECEIPTS[:1])
        assert (json.loads(accepted.out)["outcome"], accepted.code) == ("recorded", 0)
        refused = await publisher.run(RECEIPTS[2:])
        assert refused.code == 22
        assert json.loads(refused.out) in SHOWN_JSON
        reasons = json.loads(refused.out)["reasons"]
        assert [item["outcome"] for item in await ask(publisher, "KOP-2021-000201")] == ["recorded"]
        assert [item["reasons"] for item in await ask(publisher, "KOP-2021-000203")] == [reasons]


@each(["http/send.sh"])
async def test_curl_is_told_as_the_page_shows_it_when_it_is_not_let(world: World, publisher: Publisher) -> None:
    async with at_work(world, publisher, let_in=True):
        for wrong in ({"PEDULI_SOURCE": "/pos/warung-sebelah"}, {"PEDULI_TOKEN": "salah"}):
            found = await publisher.run(RECEIPTS[:1], **wrong)
            assert found.code == 22
            assert found.out.strip() in PAGE.splitlines()


@each(OVER_AMQP)
async def test_a_returned_message_is_told_as_unroutable(broker: str, publisher: Publisher) -> None:
    """`mandatory` works where an exchange has no alternate; a topic exchange that nobody reads stands for it."""
    publisher.environment["PEDULI_AMQP_URL"] = broker
    connection = await aio_pika.connect(broker)
    async with connection:
        await (await connection.channel()).declare_exchange("nobody.reads", "topic", auto_delete=False)
        found = await publisher.run(RECEIPTS[:2], ("peduli.intake", "nobody.reads"))
        assert (found.out, found.code) == ("KOP-2021-000201 unroutable\nKOP-2021-000202 unroutable\n", 1)


@each(OVER_AMQP)
async def test_a_wrong_routing_key_is_kept_for_the_operator_and_has_no_answer(
    world: World, publisher: Publisher
) -> None:
    async def depth() -> int:
        return (await topology.depths(world.rabbitmq.url, [topology.UNROUTABLE]))[topology.UNROUTABLE]

    async with at_work(world, publisher):
        found = await publisher.run(RECEIPTS[:1], ("submitted.v1", "submitted.v9"), ("SECONDS = 10", "SECONDS = 1"))
        assert (found.out, found.code) == ("KOP-2021-000201 confirmed, no answer yet\n", 75)
        await eventually(depth, lambda seen: seen == 1)


@each(OVER_AMQP)
async def test_without_the_broker_nothing_is_told_as_sent(broker: str, publisher: Publisher) -> None:
    publisher.environment["PEDULI_AMQP_URL"] = f"amqp://guest:guest@127.0.0.1:{free_port()}/"
    found = await publisher.run(RECEIPTS)
    assert (found.out, found.code) == ("", 75)
    assert found.err.startswith("Broker tidak menerima (")
    publisher.environment["PEDULI_AMQP_URL"] = broker.replace("guest:guest", "guest:salah")
    assert (await publisher.run(RECEIPTS)).code == 75


@each(["php/send-day.php", "shell/send-day.sh", "http/send.sh"])
async def test_over_http_an_outage_is_waited_for(world: World, publisher: Publisher) -> None:
    async with at_work(world, publisher):
        world.postgres.stop()
        try:
            running = asyncio.create_task(publisher.run(RECEIPTS[:1]))
            await asyncio.wait([running], timeout=3)
            assert not running.done()
        finally:
            world.postgres.start()
        found = await running
        assert found.code == 0
        assert "recorded" in found.out


@each(OVER_HTTP)
async def test_over_http_a_long_outage_ends_with_send_again(publisher: Publisher) -> None:
    publisher.environment["PEDULI_URL"] = f"http://127.0.0.1:{free_port()}"
    tries = ("--retry 5", "--retry 1") if publisher.name.endswith("sh") else ("TRIES = 5", "TRIES = 1")
    found = await publisher.run(RECEIPTS, tries)
    assert (found.out, found.code) == ("", 75)
    assert "jalankan lagi nanti" in found.err


class Door(BaseHTTPRequestHandler):
    """Says that everything is recorded, and keeps who asked."""

    tokens: list[str]

    def do_GET(self) -> None:
        self.tokens.append(self.headers["Authorization"])
        self.rfile.read(int(self.headers["Content-Length"] or 0))
        body = b'[{"reference": "KOP-2021-000201", "outcome": "recorded", "reasons": []}]'
        self.send_response(202 if self.command == "POST" else 200)
        self.send_header("Content-Length", str(len(body)))
        self.end_headers()
        self.wfile.write(body)

    do_POST = do_GET

    def log_message(self, format: str, *args: object) -> None:
        """The test looks at `tokens`."""


@pytest.fixture
def door() -> Iterator[tuple[str, list[str]]]:
    """A door that keeps the Authorization of every request: its URL and the list."""
    Door.tokens = []
    server = ThreadingHTTPServer(("127.0.0.1", 0), Door)
    thread = Thread(target=server.serve_forever)
    thread.start()
    yield f"http://127.0.0.1:{server.server_port}", Door.tokens
    server.shutdown()
    server.server_close()
    thread.join()


@each(list(PROGRAMS))
async def test_a_token_is_sent_when_there_is_one(
    broker: str, publisher: Publisher, door: tuple[str, list[str]]
) -> None:
    publisher.environment |= {"PEDULI_URL": door[0], "PEDULI_AMQP_URL": broker}
    await publisher.run(RECEIPTS[:1])
    publisher.environment["PEDULI_TOKEN"] = "rahasia-1"
    assert (await publisher.run(RECEIPTS[:1])).code == 0
    assert door[1][0] in (None, "")
    assert door[1][-1] == "Bearer rahasia-1"


NEWER_THAN_7_4 = ["T_MATCH", "T_ENUM", "T_READONLY", "T_NULLSAFE_OBJECT_OPERATOR", "T_ATTRIBUTE"]


@pytest.mark.parametrize("name", [name for name in PROGRAMS if name.startswith("php/")])
async def test_the_php_is_php_7_4(name: str, tmp_path: Path) -> None:
    need("php")
    script = tmp_path / "tokens.php"
    script.write_text("<?php foreach (token_get_all(file_get_contents($argv[1])) as $t) "
                      "if (is_array($t)) echo token_name($t[0]), ' ', trim($t[1]), PHP_EOL;")  # fmt: skip
    process = await asyncio.create_subprocess_exec(
        "php", str(script), str(ROOT / FOLDER / name), stdout=asyncio.subprocess.PIPE
    )
    tokens = (await process.communicate())[0].decode().splitlines()
    assert "T_OPEN_TAG <?php" in tokens
    assert not [token for token in tokens if token.split()[0] in NEWER_THAN_7_4]
    assert not [token for token in tokens if token in ("T_STRING str_contains", "T_STRING str_starts_with")]

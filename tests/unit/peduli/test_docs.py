"""`peduli docs`: the whole contract, on pages that ask nobody else for anything."""

from __future__ import annotations

from html.parser import HTMLParser
from pathlib import Path, PurePosixPath

import httpx
import pytest
from typer.testing import CliRunner

from peduli.__main__ import app
from peduli.docs.fields import rows
from peduli.docs.serve import application
from peduli.docs.site import render
from shared.contracts.corpus import CONTRACTS, examples
from shared.contracts.reasons import TEXTS
from shared.contracts.registry import ALL
from shared.contracts.schema import schema_of

SITE = render()
PAGES = {path: content.decode() for path, content in SITE.items() if path.endswith(".html")}


class Links(HTMLParser):
    """Everything on a page that a browser could ask for, and its tags."""

    def __init__(self, page: str) -> None:
        super().__init__()
        self.hrefs: list[str] = []
        self.loads: list[str] = []
        self.text = ""
        self.feed(page)

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        self.hrefs += [value or "" for name, value in attrs if name == "href" and tag == "a"]
        self.loads += [tag for name, _ in attrs if name in ("src", "srcset", "action", "data")]
        self.loads += [tag] if tag in ("link", "script", "iframe", "img", "object", "form") else []

    def handle_data(self, data: str) -> None:
        self.text += data


@pytest.mark.parametrize("path", PAGES)
def test_a_page_loads_nothing_and_every_link_leads_somewhere(path: str) -> None:
    page = Links(PAGES[path])
    assert page.loads == []
    assert page.hrefs
    for href in page.hrefs:
        assert str(PurePosixPath(path).parent / href) in SITE


@pytest.mark.parametrize("path", PAGES)
def test_a_page_is_made_for_a_phone_and_forbids_all_but_its_own_style(path: str) -> None:
    assert '<meta name="viewport" content="width=device-width, initial-scale=1">' in PAGES[path]
    assert "default-src &#39;none&#39;; style-src &#39;sha256-" in PAGES[path]
    assert '<html lang="id">' in PAGES[path]
    assert len(PAGES[path]) < 60_000  # a phone on prepaid data


def test_every_message_field_example_and_reason_has_its_place() -> None:
    for kind in ALL:
        text = Links(PAGES[f"{kind}.html"]).text
        for row in rows(schema_of(kind)):
            assert row.path in text
    for example in examples():
        assert example.title.replace("-", " ") in PAGES[f"{example.kind}.html"]
    for code, words in TEXTS.items():
        assert code in PAGES["alasan.html"]
        assert words.english in Links(PAGES["alasan.html"]).text
    assert "GET /v1/submissions" in PAGES["http.html"]
    assert "basic_publish" in PAGES["kirim.html"]


def test_the_contracts_own_files_are_there_to_download() -> None:
    assert SITE["berkas/asyncapi.yaml"] == (CONTRACTS / "asyncapi.yaml").read_bytes()


def test_a_field_says_its_form_and_its_rules() -> None:
    found = {row.path: row for row in rows(schema_of("purchase.submitted.v1"))}
    quantity, purpose, tags = found["lines[].quantity"], found["purpose"], found["posts[].hashtags"]
    assert (quantity.form, quantity.is_required, quantity.rules) == ("bilangan bulat", True, "≥ 1; ≤ 1000000")
    assert (purpose.is_required, purpose.rules) == (False, "donation | own_use; bila kosong: donation")
    assert (tags.form, tags.rules) == ("daftar teks", "maksimal 30 isi; isi: maksimal 80 karakter")
    assert found["lines[].expires_at"].form == "teks atau null"


async def test_the_server_answers_with_a_policy_and_nothing_beside_the_site() -> None:
    transport = httpx.ASGITransport(app=application())
    async with httpx.AsyncClient(transport=transport, base_url="http://test") as client:
        page = await client.get("/")
        assert page.headers["content-type"] == "text/html; charset=utf-8"
        assert page.headers["content-security-policy"].startswith("default-src 'none'")
        assert (await client.get("/berkas/schemas/purchase.submitted/1.0.json")).json()["type"] == "object"
        missing = await client.get("/../pyproject.toml")
        assert (missing.status_code, "content-security-policy" in missing.headers) == (404, True)


def test_the_command_writes_the_same_site_as_files(tmp_path: Path) -> None:
    done = CliRunner().invoke(app, ["docs", "--out", str(tmp_path)])
    assert done.exit_code == 0
    written = {str(path.relative_to(tmp_path)): path.read_bytes() for path in tmp_path.rglob("*") if path.is_file()}
    assert written == SITE

"""The terminal door of the purchases service.

`peduli verify` needs no server, `peduli import` uses the HTTP door, `peduli officer` the database.
"""

from __future__ import annotations

import json
import secrets
import sys
import time
from collections.abc import Awaitable, Callable
from datetime import datetime
from pathlib import Path
from typing import Any, TypeVar
from urllib.parse import quote

import httpx
from rich.console import Console
from rich.progress import Progress
from rich.prompt import Confirm
from rich.table import Table

from services.purchases.domain.hints import SHORT
from services.purchases.usecases import officers
from services.purchases.usecases.verify import Checked, read_file, verify
from shared import certificates
from shared.clock import now
from shared.database.pool import Transaction
from shared.errors import PeduliError
from shared.reference.load import load
from shared.reference.model import Reference
from shared.reference.terminal import act_within

__all__ = ["Checked", "Importer", "check", "make_link", "revoke", "set_pin"]

T = TypeVar("T")

ALL_GOOD, SOME_REFUSED, NOTHING_DONE = 0, 1, 2
LOOK_SECONDS, LONGEST_LOOK_SECONDS = 0.2, 2.0  # ever slower: a large file must not use up a minute's requests
LIMITED = 429
SHOWN = 20  # refused receipts listed in the terminal; the sheet has them all
WORDS = {
    "recorded": "akan dicatat",
    "corrected": "akan dikoreksi",
    "voided": "akan dibatalkan",
    "waiting": "menunggu notanya",
    "known": "sudah tercatat",
    "rejected": "ditolak",
}
UNREADABLE = "jawaban server tidak terbaca"


def check(content: bytes, *, tenant: str, source: str, now: datetime) -> list[Checked]:
    """What `peduli verify` shows: the intake's answer to each submission of a file; needs no server."""
    return verify(list(read_file(content)), source=source, city=load(tenant), now=now)


class NotImportedError(PeduliError):
    """The file was not brought in."""


class Importer:
    """Brings one file to the service at `url`, and tells a person (stderr) and a program (stdout) how it goes."""

    def __init__(self, url: str, *, source: str, tenant: str, token: str) -> None:
        headers = {"Peduli-Source": source, "Peduli-Tenant": tenant}
        if token:
            headers["Authorization"] = f"Bearer {token}"
        self._client = httpx.Client(base_url=url, headers=headers, timeout=60, verify=certificates.needed(url))
        self._console = Console(stderr=True)
        self._accepted = ""  # where the file is that the service records, whether we look on or not

    def run(self, path: Path, *, yes: bool, as_json: bool) -> int:
        """Upload, preview, ask, accept. The exit code: all recorded or known, some refused, or nothing done."""
        with self._client:
            try:
                found = self._bring(path, yes)
            except (httpx.HTTPError, NotImportedError) as error:
                told = f"Pencatatan berjalan terus ({self._accepted})" if self._accepted else "Tidak ada yang dicatat"
                self._console.print(f"[red]{told}:[/red] {str(error) or type(error).__name__}")
                found = {"status": "failed", "detail": str(error), "accepted": self._accepted}
        if as_json:
            sys.stdout.write(json.dumps(found, indent=2) + "\n")
        if found["status"] != "accepted":
            return NOTHING_DONE
        return SOME_REFUSED if found["rows_refused"] else ALL_GOOD

    def _bring(self, path: Path, yes: bool) -> dict[str, Any]:
        name = {"Peduli-File-Name": quote(path.name)}
        where = str(self._ask("POST", "/v1/files", content=path.read_bytes(), headers=name).headers["location"])
        found = self._watch(where, "rows_judged", "membaca dan memeriksa", "previewed", "unusable")
        if found["fault"]:
            at = f" (baris {found['fault']['row']})" if found["fault"]["row"] else ""
            raise NotImportedError(f"{found['fault']['message']}{at}")
        self._show(found, where)
        good = found["receipts"] - found["preview"].get("rejected", 0)
        if not good:
            refused = self._save_refused(found, where, path)
            self._ask("DELETE", where)
            raise NotImportedError("semua baris ditolak" + refused)
        if not yes and not self._confirmed(good):
            self._ask("DELETE", where)
            raise NotImportedError("dibatalkan")
        self._ask("POST", f"{where}/accept")
        self._accepted = where
        found = self._watch(where, "rows_recorded", "mencatat", "accepted")
        self._console.print(f"{found['rows_recorded']} baris tercatat{self._save_refused(found, where, path)}")
        return {name: value for name, value in found.items() if name not in ("page", "next_after")}

    def _ask(self, method: str, path: str, **more: Any) -> httpx.Response:
        """One request, asked again when a limit allows it; raises `NotImportedError` with what is said against it."""
        while (answer := self._client.request(method, path, **more)).status_code == LIMITED:
            told = answer.headers.get("retry-after", "")
            seconds = int(told) if told.isdecimal() else 1
            self._console.print(f"Batas per menit tercapai; dilanjutkan dalam {seconds} detik", highlight=False)
            time.sleep(seconds)
        if answer.is_success:
            return answer
        try:
            told = answer.json()
            reasons = "; ".join(reason["message"] for reason in told.get("reasons", ()))
        except (ValueError, KeyError, AttributeError):
            raise NotImportedError(f"{UNREADABLE} ({answer.status_code})") from None
        raise NotImportedError(": ".join(part for part in (str(told.get("title", "")), reasons) if part))

    def _watch(self, where: str, counter: str, title: str, *until: str) -> dict[str, Any]:
        """Look until the file is there, with a bar of its rows."""
        pause = LOOK_SECONDS
        with Progress(console=self._console, transient=True) as progress:
            bar = progress.add_task(title, total=None)
            while True:
                found: dict[str, Any] = self._ask("GET", where, params={"limit": 0}).json()
                progress.update(bar, total=found["rows_read"] or None, completed=found[counter])
                if found["status"] in until:
                    return found
                time.sleep(pause)
                pause = min(pause * 1.5, LONGEST_LOOK_SECONDS)

    def _show(self, found: dict[str, Any], where: str) -> None:
        table = Table("nota", "jumlah", title=f"{found['name']}: {found['rows_read']} baris")
        for outcome, number in sorted(found["preview"].items()):
            table.add_row(WORDS.get(outcome, outcome), str(number))
        self._console.print(table)
        if found["ignored_headings"]:
            self._console.print(f"Kolom yang tidak dipakai: {', '.join(found['ignored_headings'])}")
        refused = self._ask("GET", where, params={"outcome": "rejected", "limit": SHOWN}).json()["page"]
        for one in (each for receipt in refused for each in receipt["wrong"]):
            self._console.print(f"  baris {one['row']} {one['column']}: {one['message']}", highlight=False)
        self._advise(found, where)

    def _advise(self, found: dict[str, Any], where: str) -> None:
        """What could be better about the posts; nothing is refused for it."""
        if not found["hints"]:
            return
        counts = ", ".join(f"{number} nota {SHORT[code]}" for code, number in found["hints"].items())
        self._console.print(f"Saran (dicatat juga tanpa ini): {counts}", highlight=False)
        hinted = self._ask("GET", where, params={"hinted": True, "limit": SHOWN}).json()["page"]
        for one in (each for receipt in hinted for each in receipt["hints"]):
            self._console.print(f"  baris {one['row']} {one['column']}: {one['message']}", highlight=False)

    def _confirmed(self, good: int) -> bool:
        if not sys.stdin.isatty():
            raise NotImportedError("tanpa terminal perlu --yes")
        return Confirm.ask(f"Catat {good} nota?", console=self._console, default=False)

    def _save_refused(self, found: dict[str, Any], where: str, path: Path) -> str:
        """Write the refused rows beside the file; returns how that is told."""
        if not found["rows_refused"]:
            return ""
        target = path.with_name(f"{path.stem}-ditolak.xlsx")
        target.write_bytes(self._ask("GET", f"{where}/rejected.xlsx").content)
        return f"; {found['rows_refused']} baris ditolak ada di {target}"


def make_link(database_url: str, tenant: str, unit_code: str) -> str:
    """The token of a one-time link for the unit's reporting officer."""
    return _within(database_url, tenant, lambda tx, city: officers.make_link(tx, city, unit_code, now=now()))


def set_pin(database_url: str, tenant: str, unit_code: str, pin: str) -> str:
    """Give a unit this PIN, or one that is drawn; returns it."""
    given = pin or f"{secrets.randbelow(10**6):06}"
    _within(database_url, tenant, lambda tx, city: officers.set_pin(tx, city, unit_code, given, now=now()))
    return given


def revoke(database_url: str, tenant: str, unit_code: str) -> None:
    """End every session, PIN and link of a unit."""
    _within(database_url, tenant, lambda tx, city: officers.revoke(tx, city, unit_code, now=now()))


def _within(database_url: str, tenant: str, act: Callable[[Transaction, Reference], Awaitable[T]]) -> T:
    """`act` in a transaction of the service's database, with the city as it is loaded there."""
    return act_within(database_url, "purchases", tenant, act)

"""What a person sees of the demo, in Bahasa Indonesia: a live panel while it plays, and the end of the story."""

from __future__ import annotations

import time
from dataclasses import dataclass
from pathlib import Path
from types import TracebackType
from typing import Any

from rich.console import Console, Group, RenderableType
from rich.live import Live
from rich.panel import Panel
from rich.progress_bar import ProgressBar
from rich.spinner import Spinner
from rich.table import Table
from rich.text import Text

from peduli import trace
from peduli.words import decimal, rupiah

WIDTH = 80
COUNTERS = (
    ("Belanja", (("tercatat", "purchases"), ("dikoreksi", "corrected"), ("batal", "voided"), ("ditolak", "rejected"))),
    ("Paket", (("ditugaskan", "assigned"), ("dibawa", "accepted"), ("sampai", "delivered"), ("gagal", "failed"))),
    ("", (("ditarik", "recalled"),)),
)


@dataclass
class Step:
    """One step of the story, with the seconds of its begin and end."""

    text: str
    began: float
    ended: float | None = None


class Board:
    """A panel that moves on a terminal; where the output is piped, a plain line per step."""

    def __init__(self, console: Console) -> None:
        self._console = console
        self._began = time.monotonic()
        self._steps: list[Step] = []
        self._seen: dict[str, int] = {}
        self._spinner = Spinner("dots")
        self._live = Live(self, console=console, refresh_per_second=10) if console.is_terminal else None

    @property
    def seconds(self) -> float:
        """Since the board was made."""
        return time.monotonic() - self._began

    def __enter__(self) -> Board:
        if self._live:
            self._live.start()
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, traceback: TracebackType | None
    ) -> None:
        self._end_step()
        if self._live:
            self._live.stop()
            self._live = None  # what is said later stands below the panel

    def step(self, text: str) -> None:
        """The step before is done, and this one begins."""
        self._end_step()
        self._steps.append(Step(text, self.seconds))
        if not self._live:
            self._console.print(f"{decimal(self.seconds):>6} detik  {text}", soft_wrap=True, highlight=False)

    def show(self, overview: dict[str, int]) -> None:
        """The city as it is now."""
        self._seen = overview

    def _end_step(self) -> None:
        if self._steps and self._steps[-1].ended is None:
            self._steps[-1].ended = self.seconds

    def __rich__(self) -> RenderableType:
        title = f"[bold]Peduli[/bold]: dari belanja sampai ke pintu, {decimal(self.seconds)} detik"
        body = [self._rendered_steps(), Text(), *self._rendered_counters()]
        return Panel(Group(*body), title=title, title_align="left", width=min(WIDTH, self._console.width))

    def _rendered_steps(self) -> Table:
        grid = Table.grid(padding=(0, 1), expand=True)
        grid.add_column(width=1)
        grid.add_column(ratio=1)
        grid.add_column(justify="right", style="dim")
        for step in self._steps:
            mark = self._spinner if step.ended is None else Text("✓", style="green")
            grid.add_row(mark, step.text, decimal((step.ended or self.seconds) - step.began))
        return grid

    def _rendered_counters(self) -> list[RenderableType]:
        seen = self._seen
        grid = Table.grid(padding=(0, 1))
        for name, counters in COUNTERS:
            cells = [cell for word, key in counters for cell in (f"  {word}", f"[bold]{seen.get(key, 0)}[/bold]")]
            grid.add_row(name, *cells)
        for column in grid.columns[2::2]:
            column.justify = "right"
        money = f"[bold]{seen.get('pieces', 0)}[/bold] buah senilai [bold]{rupiah(seen.get('spend_idr', 0))}[/bold]"
        bar = ProgressBar(total=max(1, seen.get("assigned", 0)), completed=seen.get("delivered", 0))
        return [grid, Text.from_markup(f"Rekap     {money}"), Text(), bar]


def show_ending(result: dict[str, Any], console: Console) -> None:
    """The end of the story: a packet's journey, the tally, the refusal, the accounting, and what still runs."""
    sent, seen = result["sent"], result["overview"]
    _heading(console, f"Dari {sent['messages']} pesan belanja")
    console.print(
        f"{seen['purchases']} pembelian berlaku ({seen['corrected']} dikoreksi), {seen['voided']} dibatalkan, "
        f"{seen['rejected']} ditolak; {sent['repeats']} kiriman ulang tidak dihitung lagi; "
        f"{seen['recalled']} paket ditarik sebelum diantar, karena nota dikoreksi atau keluarga sembuh lebih cepat",
        highlight=False,
    )
    _heading(console, "Perjalanan satu paket")
    trace.render(result["trace"], console)
    _heading(console, "Unit kerja dengan belanja terbanyak")
    console.print(_top_units(result["top_units"]))
    _heading(console, "Pembelian yang ditolak")
    console.print(_reasons(result["rejected"]["reasons"]))
    _heading(console, "Hitungan barang")
    console.print(accounting_line(result["accounting"]), highlight=False)
    if not result["holds"]:
        console.print(f"[bold red]Tidak cocok:[/bold red] {'; '.join(result['faults'])}", highlight=False)


def show_addresses(addresses: dict[str, str], folder: Path, command: str, console: Console) -> None:
    """Where to look while everything still runs, and a `command` of peduli to try."""
    _heading(console, "Masih berjalan")
    for name, address in addresses.items():
        console.print(f"  {name:<13} {address}", highlight=False, soft_wrap=True)
    console.print("Di terminal lain:", highlight=False)
    console.print(f"  . {folder}/env", highlight=False)
    console.print(f"  .venv/bin/python -m peduli {command}", highlight=False, soft_wrap=True)
    console.print("[bold]Ctrl-C menghentikan semuanya.[/bold]")


def accounting_line(accounting: dict[str, int]) -> str:
    """bought + out of kits = delivered + on the way + in stock + returned or expired (of these expired) + opened kits;
    0 lost, 0 doubled.
    """
    over = " + lebih {over_delivered}" if accounting["over_delivered"] else ""
    loose, opened = (" + isi paket {loose}", " + paket dibuka {opened}") if accounting["opened"] else ("", "")
    line = (
        f"dibeli {{bought}}{loose}{over} = sampai {{delivered}} + di jalan {{on_the_way}} + di lumbung {{in_stock}} "
        f"+ kembali/kedaluwarsa {{returned_or_expired}} (kedaluwarsa {{expired}}){opened}\n"
        "hilang {lost}, ganda {doubled}"
    )
    return line.format(**accounting)


def _heading(console: Console, text: str) -> None:
    console.print(f"\n[bold]{text}[/bold]")


def _reasons(reasons: list[dict[str, str]]) -> Table:
    grid = Table.grid(padding=(0, 2, 0, 0))
    for reason in reasons:
        grid.add_row(reason["path"], reason["message"])
    return grid


def _top_units(units: list[dict[str, Any]]) -> Table:
    table = Table("Unit kerja", box=None, pad_edge=False, padding=(0, 2, 0, 0))
    for head in ("Pembeli", "ASN", "Partisipasi", "Belanja"):
        table.add_column(head, justify="right")
    for unit in units:
        counts = (str(unit["buyers"]), str(unit["headcount"]), decimal(unit["participation_percent"], 2) + " %")
        table.add_row(unit["unit_name"], *counts, rupiah(unit["spend_idr"]))
    return table

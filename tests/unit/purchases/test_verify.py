"""`peduli verify`: which files are read, and what is said of them."""

from __future__ import annotations

import json
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

import pytest
from typer.testing import CliRunner

from peduli.__main__ import app
from services.purchases.usecases.verify import Checked, read_file, verify
from shared.reference.load import load
from tests.support.publish import purchase

CITY = load("3276")
NOW = datetime(2021, 7, 23, tzinfo=UTC)


def check(content: str) -> list[Checked]:
    return verify(list(read_file(content.encode())), source="/pos/x", city=CITY, now=NOW)


def event(kind: str, data: Any, **changes: Any) -> dict[str, Any]:
    attributes = {"specversion": "1.0", "id": "1", "source": "/pos/x", "type": f"id.go.depok.peduli.{kind}.v1"}
    return {**attributes, "data": data, **changes}


ONE, TWO = json.dumps(purchase("KOP-1")), json.dumps(purchase("KOP-2"))


@pytest.mark.parametrize(
    "content",
    [
        f"[{ONE}, {TWO}]",
        f"{ONE}\n{TWO}",
        f"\n{ONE}\r\n\n{TWO}\n",
        json.dumps([json.loads(ONE), json.loads(TWO)], indent=2),
    ],
)
def test_a_list_and_json_lines_are_read(content: str) -> None:
    assert [(item.reference, item.outcome) for item in check(content)] == [("KOP-1", "recorded"), ("KOP-2", "recorded")]


@pytest.mark.parametrize(
    ("content", "places"),
    [("", ["1:1"]), ('{\n "a": }\n', ["2:7"]), (f"{ONE}\n{{\n{TWO}", ["2:2"])],
)
def test_what_is_not_json_is_told_with_its_line_and_column(content: str, places: list[str]) -> None:
    refused = [item for item in check(content) if item.outcome == "rejected"]
    assert [(item.reasons[0].code, item.reasons[0].path) for item in refused] == [("INVALID_JSON", p) for p in places]


def test_a_file_is_judged_as_one_conversation() -> None:
    said = [
        event("purchase.submitted", purchase("KOP-1")),
        event("purchase.submitted", purchase("KOP-1")),
        event("purchase.submitted", purchase("KOP-1", purpose="own_use")),
        event("purchase.correction_submitted", purchase("KOP-1", purpose="own_use")),
        event("purchase.void_submitted", {"reference": "KOP-1", "reason": "salah_input"}),
        event("purchase.void_submitted", {"reference": "KOP-9", "reason": "salah_input"}),
        event("purchase.submitted", purchase("KOP-1"), source="/pos/y"),
    ]
    outcomes = [item.outcome for item in check(json.dumps(said))]
    assert outcomes == ["recorded", "known", "rejected", "corrected", "voided", "waiting", "recorded"]


def test_a_pledge_is_judged_too() -> None:
    word = {"round": "2021-07-26", "unit_code": "32.76.DKUM", "sum_idr": 1_000_000, "packets": 5}
    said = [word, word, {**word, "packets": 6}, {**word, "round": "2021-07-27"}]
    found = check(json.dumps([event("pledge.submitted", body) for body in said]))
    assert [item.outcome for item in found] == ["recorded", "known", "changed", "rejected"]
    assert found[-1].reasons[0].code == "UNKNOWN_ROUND"


@pytest.mark.parametrize(
    "item",
    [
        event("purchase.sung", purchase()),
        event("purchase.submitted", purchase(), id=""),
        event("purchase.submitted", [purchase()]),
        event("purchase.submitted", purchase(), tenant="3273"),
        event("purchase.submitted", purchase(reference="x" * 70_000)),
        [purchase()],
        "text",
    ],
)
def test_what_the_intake_would_park_is_said_so(item: Any) -> None:
    (found,) = check(json.dumps([item]))
    assert (found.outcome, bool(found.note), found.is_fine) == ("parked", True, False)


def test_the_command_ends_with_1_when_something_must_be_mended(tmp_path: Path) -> None:
    good, bad = tmp_path / "good.json", tmp_path / "bad.json"
    good.write_text(ONE)
    bad.write_text(json.dumps(purchase(total_idr=1)))
    accepted = CliRunner().invoke(app, ["verify", str(good)])
    assert (accepted.exit_code, "1 diterima" in accepted.output) == (0, True)
    refused = CliRunner().invoke(app, ["verify", str(bad)])
    assert refused.exit_code == 1
    for part in ("total_idr", "TOTAL_MISMATCH", "Jumlah total tidak sama", "The total is not the sum"):
        assert part in refused.output
    (told,) = json.loads(CliRunner().invoke(app, ["verify", str(bad), "--json"]).output)
    assert told["reasons"][0]["path"] == "total_idr"

"""`make up` makes secrets once, and never makes one anew that is there."""

from __future__ import annotations

import re
from pathlib import Path

from deploy.make_env import NAMES, fill

COMPOSE = Path(__file__).parents[3] / "docker-compose.yml"


def secrets_in(env: Path) -> dict[str, str]:
    return dict(line.split("=", 1) for line in env.read_text().splitlines())


def test_every_secret_is_made_and_only_its_owner_may_read_them(tmp_path: Path) -> None:
    env = tmp_path / ".env"
    assert fill(env) == list(NAMES)
    assert env.stat().st_mode & 0o777 == 0o600
    values = secrets_in(env)
    assert len(set(values.values())) == len(NAMES)
    assert all(re.fullmatch(r"[0-9a-f]{48}", value) for value in values.values())


def test_a_second_time_changes_nothing(tmp_path: Path) -> None:
    env = tmp_path / ".env"
    fill(env)
    before = env.read_text()
    assert fill(env) == []
    assert env.read_text() == before


def test_a_line_that_was_taken_out_is_made_anew_and_others_stay(tmp_path: Path) -> None:
    env = tmp_path / ".env"
    env.write_text("PEDULI_TENANT=3276\nPURCHASES_PASSWORD=\nPURCHASES_SEAL_KEY=kept")
    assert "PURCHASES_SEAL_KEY" not in fill(env)
    values = secrets_in(env)
    assert (values["PEDULI_TENANT"], values["PURCHASES_SEAL_KEY"]) == ("3276", "kept")
    assert values["PURCHASES_PASSWORD"]


def test_compose_asks_for_exactly_these_secrets() -> None:
    assert set(re.findall(r"\$\{(\w+):\?", COMPOSE.read_text())) == set(NAMES)

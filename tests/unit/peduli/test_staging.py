"""A stage is one person's at a time, and shows no password."""

from __future__ import annotations

from pathlib import Path

import pytest

from peduli.processes import role_url
from peduli.staging import OccupiedError, alone, without_password


def test_a_second_one_in_the_same_folder_is_refused_and_takes_nothing_away(tmp_path: Path) -> None:
    folder = tmp_path / "demo"
    with alone(folder):
        (folder / "env").touch()
        with pytest.raises(OccupiedError), alone(folder):
            pass
        assert (folder / "env").exists()
    with alone(folder):
        assert list(folder.iterdir()) == []


@pytest.mark.parametrize(
    ("url", "shown"),
    [
        ("amqp://a:secret@host:5672/city", "amqp://a@host:5672/city"),
        ("postgresql://a:secret@host/db", "postgresql://a@host/db"),
        ("postgresql://host:5432/db", "postgresql://host:5432/db"),
    ],
)
def test_an_address_is_shown_without_its_password(url: str, shown: str) -> None:
    assert without_password(url) == shown


@pytest.mark.parametrize(
    ("admin", "own"),
    [
        ("postgresql://admin:old@host:5433/db", "postgresql://peduli_facts:new@host:5433/db"),
        ("postgresql://admin@[::1]:5432/db", "postgresql://peduli_facts:new@[::1]:5432/db"),
        ("postgresql:///db?host=/run/postgresql", "postgresql://peduli_facts:new@/db?host=/run/postgresql"),
    ],
)
def test_a_service_logs_in_where_the_administrator_does(admin: str, own: str) -> None:
    assert role_url(admin, "facts", "new") == own

"""The doctor finds what is missing, and names the next command without telling a password."""

from __future__ import annotations

import asyncio
from pathlib import Path

import pytest

from peduli.doctor import HASH_PLUGIN, Finding, check
from peduli.servers import containers
from tests.support.servers import World

CLOSED = {
    "PEDULI_AMQP_URL": "amqp://a:secret@127.0.0.1:1/",
    "PEDULI_DATABASE_URL": "postgresql://p:secret@127.0.0.1:1/x",
}


async def lacks(**environment: str) -> dict[str, Finding]:
    """What is needed and missing, by name."""
    findings = await asyncio.to_thread(check, environment)  # it runs a loop of its own
    return {finding.name: finding for finding in findings if finding.is_needed and not finding.is_ok}


async def test_a_machine_that_runs_these_tests_lacks_nothing() -> None:
    assert await lacks() == {}


async def test_given_servers_that_answer_are_enough(world: World) -> None:
    assert await lacks(PEDULI_AMQP_URL=world.rabbitmq.url, PEDULI_DATABASE_URL=world.database_url) == {}


async def test_given_servers_that_do_not_answer_are_told_without_their_password() -> None:
    found = await lacks(**CLOSED)
    assert set(found) == {"Postgres at postgresql://p@127.0.0.1:1/x", "RabbitMQ at amqp://a@127.0.0.1:1/"}
    assert "secret" not in str(found)
    assert all(finding.advice.startswith("unset PEDULI_") for finding in found.values())


async def test_one_given_server_without_the_other_is_told(world: World) -> None:
    assert set(await lacks(PEDULI_AMQP_URL=world.rabbitmq.url)) == {"given servers"}


async def test_missing_programs_are_told_with_the_command_that_brings_them(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("PATH", "/nowhere")
    found = await lacks()
    assert {"git", "make"} <= set(found)
    assert found["git"].advice.endswith("apt-get install git")


async def test_without_servers_docker_is_named_as_a_way(monkeypatch: pytest.MonkeyPatch) -> None:
    for find in ("find_postgres", "find_rabbitmq"):
        monkeypatch.setattr(f"peduli.doctor.{find}", lambda: None)
    monkeypatch.setenv("PATH", "/nowhere")  # and no `docker` either
    found = await lacks()
    assert "apt-get install postgresql  # or start Docker" in found["Postgres 15 or newer"].advice
    assert "apt-get install rabbitmq-server  # or start Docker" in found["RabbitMQ 3.10 or newer"].advice


@pytest.mark.skipif(not containers.answers(), reason="no Docker answers to `docker info`")
async def test_docker_that_answers_is_as_good_as_installed_servers(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("PEDULI_SERVERS", "docker")
    seen = {finding.name: finding.seen for finding in await asyncio.to_thread(check, {})}
    assert (seen["Postgres"], seen["RabbitMQ"]) == (
        "in Docker, image postgres:17",
        "in Docker, image rabbitmq:4-management",
    )


async def test_old_servers_and_a_missing_plugin_are_told(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    postgres, scripts, plugins = tmp_path / "postgres", tmp_path / "sbin", tmp_path / "plugins"
    postgres.write_text("#!/bin/sh\necho 'postgres (PostgreSQL) 14.9'\n")
    postgres.chmod(0o755)
    scripts.mkdir()
    (scripts / "rabbitmq-server").touch()
    (plugins / "rabbit-3.9.27").mkdir(parents=True)
    monkeypatch.setattr("peduli.doctor.find_postgres", lambda: tmp_path)
    monkeypatch.setattr("peduli.doctor.find_rabbitmq", lambda: scripts)
    found = await lacks()
    assert {name: finding.seen for name, finding in found.items()} == {
        "Postgres 15 or newer": "14.9",
        "RabbitMQ 3.10 or newer": "3.9.27",
        f"its plugin {HASH_PLUGIN}": "not found",
    }

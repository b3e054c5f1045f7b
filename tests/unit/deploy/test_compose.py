"""What docker compose promises, read without running it: no stranger, no root, no secret that is written down."""

from __future__ import annotations

import re
from pathlib import Path
from typing import Any

import pytest
import yaml

ROOT = Path(__file__).parents[3]
COMPOSE = (ROOT / "docker-compose.yml").read_text(encoding="utf-8")
SERVICES: dict[str, dict[str, Any]] = yaml.safe_load(COMPOSE)["services"]
OURS = ("purchases", "distribution", "reporting")
STAYING = [name for name, it in SERVICES.items() if it.get("restart") != "no" and "profiles" not in it]
URL = re.compile(r"\w+://(\w+):([^@]+)@")


def test_a_stamp_is_believed_where_the_broker_writes_over_a_senders() -> None:
    broker = (ROOT / "deploy/rabbitmq/conf.d/20-peduli.conf").read_text(encoding="utf-8")
    stamps = "message_interceptors.incoming.set_header_timestamp.overwrite = true" in broker.splitlines()
    assert stamps == ('PEDULI_BROKER_STAMPS: "true"' in COMPOSE) is True


@pytest.mark.parametrize("name", SERVICES)
def test_a_port_is_open_to_this_machine_alone(name: str) -> None:
    assert all(port.startswith("127.0.0.1:") for port in SERVICES[name].get("ports", ()))


@pytest.mark.parametrize("name", SERVICES)
def test_every_secret_comes_from_outside_and_its_lack_is_told(name: str) -> None:
    told = SERVICES[name].get("environment", {})
    secrets = [value for key, value in told.items() if re.search("PASS|_KEY$", key) and value != "unused"]
    secrets += [found[2] for value in told.values() if (found := URL.search(str(value)))]
    assert [secret for secret in secrets if not re.fullmatch(r"\$\{\w+(:\?run make up)?\}", secret)] == []
    assert all(f"${{{name}:?run make up}}" in COMPOSE for name in re.findall(r"\$\{(\w+)\}", COMPOSE))


def test_each_service_has_users_of_its_own() -> None:
    users = {
        name: {URL.search(SERVICES[name]["environment"][f"PEDULI_{server}_URL"])[1] for server in ("AMQP", "DATABASE")}  # type: ignore[index]
        for name in OURS
    }
    assert len(set().union(*users.values())) == 4, "reporting's role is named after its schema"
    assert not any("admin" in user for names in users.values() for user in names)


@pytest.mark.parametrize("name", STAYING)
def test_what_stays_tells_whether_it_is_well(name: str) -> None:
    assert SERVICES[name]["healthcheck"]["test"]


def test_our_image_is_nobody_s_root() -> None:
    lines = (ROOT / "Dockerfile").read_text(encoding="utf-8").splitlines()
    assert [line for line in lines if line.startswith("USER ")] == ["USER peduli"]
    assert all(SERVICES[name]["read_only"] and SERVICES[name]["cap_drop"] == ["ALL"] for name in OURS)

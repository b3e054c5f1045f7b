"""Where servers come from: the machine first, then Docker, then apt; and what a wish allows."""

from __future__ import annotations

import pytest

from peduli.servers.server import ServersError
from peduli.servers.ways import Way, choose, wish


@pytest.mark.parametrize(
    ("installed", "docker", "root_with_apt", "way"),
    [
        (True, True, True, Way.MACHINE),
        (True, False, False, Way.MACHINE),
        (False, True, True, Way.DOCKER),
        (False, True, False, Way.DOCKER),
        (False, False, True, Way.APT),
        (False, False, False, None),
    ],
)
def test_the_machine_comes_before_docker_and_docker_before_apt(
    installed: bool, docker: bool, root_with_apt: bool, way: Way | None
) -> None:
    assert choose(installed, docker, root_with_apt) == way


def test_a_wish_for_the_machine_never_takes_docker() -> None:
    assert choose(False, True, True, "machine") == Way.APT
    assert choose(False, True, False, "machine") is None


def test_a_wish_for_docker_takes_nothing_else() -> None:
    assert choose(True, True, True, "docker") == Way.DOCKER
    assert choose(True, False, True, "docker") is None


def test_a_wish_that_nobody_knows_is_refused(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("PEDULI_SERVERS", "podman")
    with pytest.raises(ServersError) as refused:
        wish()
    assert "auto, machine, docker" in refused.value.hint

"""Where a server comes from: what the machine has, else Docker if it answers, else apt."""

from __future__ import annotations

from collections.abc import Callable
from enum import StrEnum
from pathlib import Path

from pydantic import ValidationError

from peduli.servers import apt, containers
from peduli.servers.server import ServersError
from shared.settings import Operations


class Way(StrEnum):
    """How a server is run; apt makes it one of the machine's."""

    MACHINE = "machine"
    DOCKER = "docker"
    APT = "apt"


WISHES = {
    "auto": (Way.MACHINE, Way.DOCKER, Way.APT),
    "machine": (Way.MACHINE, Way.APT),
    "docker": (Way.DOCKER,),
}


def choose(installed: bool, docker: bool, root_with_apt: bool, wish: str = "auto") -> Way | None:
    """The first way that `wish` allows and that is possible here; None when there is none."""
    possible = {Way.MACHINE: installed, Way.DOCKER: docker, Way.APT: root_with_apt}
    return next((way for way in WISHES[wish] if possible[way]), None)


def wish() -> str:
    """PEDULI_SERVERS: auto, machine or docker; raises `ServersError` when it is anything else."""
    try:
        return Operations().servers
    except ValidationError as error:
        raise ServersError(f"PEDULI_SERVERS: {error.errors()[0]['msg']}", hint=f"one of: {', '.join(WISHES)}") from None


def way(find: Callable[[], Path | None]) -> Way | None:
    """The way of the server that `find` looks for on the machine; Docker is asked only if it matters."""
    installed, wished = find() is not None, wish()
    docker = Way.DOCKER in WISHES[wished] and not (installed and wished == "auto") and containers.answers()
    return choose(installed, docker, apt.is_possible(), wished)

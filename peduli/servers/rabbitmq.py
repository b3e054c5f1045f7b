"""A private RabbitMQ from what the machine has."""

from __future__ import annotations

import os
import shutil
import signal
import socket
import subprocess
from dataclasses import dataclass, field
from pathlib import Path

import psutil

from peduli.servers import children
from peduli.servers.server import Server, ServersError, free_port

USER = "guest"
LIMITS = "vm_memory_high_watermark.relative = 0.6\ndisk_free_limit.absolute = 50MB\n"
WITHOUT_STATISTICS = "management_agent.disable_metrics_collector = true\n"  # nobody looks at its pages here
PLUGINS = ("rabbitmq_consistent_hash_exchange", "rabbitmq_management")  # the topology and the users need them
ERLANG = "+S 1:1 +sbwt none +sbwtdcpu none +sbwtdio none"  # one scheduler, asleep when idle: the other core is ours


def find_rabbitmq() -> Path | None:
    """The folder with RabbitMQ's own scripts (Debian's wrapper in /usr/sbin would switch users)."""
    for script in (Path("/usr/lib/rabbitmq/bin/rabbitmq-server"), Path(shutil.which("rabbitmq-server") or "/nowhere")):
        if script.is_file():
            return script.parent
    return None


def serves_amqp(port: int) -> bool:
    """True when the broker answers AMQP's greeting with Connection.Start (a method frame on channel 0)."""
    try:
        with socket.create_connection(("127.0.0.1", port), timeout=1) as probe:
            probe.sendall(b"AMQP\x00\x00\x09\x01")
            return probe.recv(1) == b"\x01"
    except OSError:
        return False


def erlang(*, fsync: bool) -> str:
    """Arguments of its Erlang machine; without `fsync` quorum queues do not survive a power cut."""
    return ERLANG if fsync else f"{ERLANG} -ra wal_sync_method none"


def plugins_file() -> str:
    """RabbitMQ's file of enabled plugins."""
    return f"[{','.join(PLUGINS)}].\n"


@dataclass
class RabbitMQ(Server):
    """One node with its own name, ports, cookie and port mapper. Its management API, which makes users, costs 2 MB."""

    fsync: bool = True
    management_port: int = field(default_factory=free_port)
    _distribution_port: int = field(default_factory=free_port, init=False)
    _epmd_port: int = field(default_factory=free_port, init=False)
    _epmd: subprocess.Popen[bytes] | None = field(default=None, init=False)

    @property
    def url(self) -> str:
        return f"amqp://{USER}:{USER}@127.0.0.1:{self.port}/"

    @property
    def management_url(self) -> str:
        """The management API, with the admin's name and password."""
        return f"http://{USER}:{USER}@127.0.0.1:{self.management_port}"

    def launch(self) -> None:
        scripts, epmd = find_rabbitmq(), shutil.which("epmd")
        if scripts is None or epmd is None:
            raise ServersError("RabbitMQ is not installed", hint="sudo apt-get install rabbitmq-server")
        self.folder.mkdir(parents=True, exist_ok=True)
        listeners = f"listeners.tcp.1 = 127.0.0.1:{self.port}\nlog.console = false\n"
        listeners += f"management.tcp.ip = 127.0.0.1\nmanagement.tcp.port = {self.management_port}\n"
        (self.folder / "rabbitmq.conf").write_text(listeners + WITHOUT_STATISTICS + LIMITS)
        (self.folder / "enabled_plugins").write_text(plugins_file())
        # its own port mapper: the one that a node starts is a daemon, and would outlive us when we are killed
        mapper = [epmd, "-port", str(self._epmd_port), "-address", "127.0.0.1"]
        self._epmd = children.spawn(mapper, self.folder / "epmd.log")
        self._process = children.spawn([str(scripts / "rabbitmq-server")], self.log, environment=self._environment())

    def _environment(self) -> dict[str, str]:
        folder = str(self.folder)
        return {
            **{name: value for name, value in os.environ.items() if not name.startswith("RABBITMQ_")},
            "HOME": folder,
            "RABBITMQ_NODENAME": f"peduli{self.port}@localhost",
            "RABBITMQ_NODE_PORT": str(self.port),
            "RABBITMQ_NODE_IP_ADDRESS": "127.0.0.1",
            "RABBITMQ_DIST_PORT": str(self._distribution_port),
            "ERL_EPMD_PORT": str(self._epmd_port),
            "ERL_EPMD_ADDRESS": "127.0.0.1",
            "RABBITMQ_MNESIA_BASE": f"{folder}/data",
            "RABBITMQ_LOG_BASE": f"{folder}/logs",
            "RABBITMQ_CONFIG_FILE": f"{folder}/rabbitmq",
            "RABBITMQ_CONF_ENV_FILE": "/dev/null",
            "RABBITMQ_ENABLED_PLUGINS_FILE": f"{folder}/enabled_plugins",
            "RABBITMQ_PID_FILE": f"{folder}/pid",
            "RABBITMQ_SERVER_ADDITIONAL_ERL_ARGS": erlang(fsync=self.fsync),
        }

    def ready(self) -> bool:
        return serves_amqp(self.port)

    def stop(self) -> None:
        self._finish(signal.SIGTERM)

    def kill(self) -> None:
        self._finish(signal.SIGKILL)

    def _finish(self, how: signal.Signals) -> None:
        """End the node (its shell scripts would swallow a signal), then what is left of its scripts, and its epmd."""
        if self._process:
            children.end([child for child in children.tree(self._process.pid) if _is_node(child)], how)
            children.end(children.tree(self._process.pid), signal.SIGKILL)
            self._forget()
        if self._epmd:
            self._epmd.kill()
            self._epmd.wait()
            self._epmd = None

    def remove(self) -> None:
        self.kill()  # nobody needs its data: an order would cost seconds


def _is_node(process: psutil.Process) -> bool:
    try:
        return process.name().startswith("beam")
    except psutil.Error:
        return False

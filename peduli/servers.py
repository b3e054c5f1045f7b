"""Private Postgres and RabbitMQ on free loopback ports and own folders: for `peduli demo`, `peduli dev` and tests."""

from __future__ import annotations

import contextlib
import os
import pwd
import shutil
import signal
import socket
import subprocess
import time
from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass, field
from pathlib import Path

import psutil

from shared.errors import PeduliError

START_SECONDS = 60.0
RABBITMQ_CONF = """listeners.tcp.1 = 127.0.0.1:{port}
vm_memory_high_watermark.relative = 0.6
disk_free_limit.absolute = 50MB
log.console = false
"""


class ServersError(PeduliError):
    """A server could not be found or started."""


def free_port() -> int:
    """A loopback port that nobody listens on now."""
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        return int(probe.getsockname()[1])


def find_postgres() -> Path | None:
    """The folder with `postgres` and `initdb`, newest version first."""
    found = sorted(Path("/usr/lib/postgresql").glob("*/bin/postgres"), key=lambda path: int(path.parts[-3]))
    if found:
        return found[-1].parent
    on_path = shutil.which("postgres")
    return Path(on_path).resolve().parent if on_path else None


def find_rabbitmq() -> Path | None:
    """The folder with RabbitMQ's own scripts (Debian's wrapper in /usr/sbin would switch users)."""
    for script in (Path("/usr/lib/rabbitmq/bin/rabbitmq-server"), Path(shutil.which("rabbitmq-server") or "/nowhere")):
        if script.is_file():
            return script.parent
    return None


def _end(processes: list[psutil.Process], how: int) -> None:
    for process in processes:
        with contextlib.suppress(psutil.NoSuchProcess):
            process.send_signal(how)
    psutil.wait_procs(processes, timeout=20)


def _tree(pid: int) -> list[psutil.Process]:
    try:
        parent = psutil.Process(pid)
        return [*parent.children(recursive=True), parent]
    except psutil.NoSuchProcess:
        return []


def _await(ready: Callable[[], bool], process: subprocess.Popen[bytes], log: Path, what: str) -> None:
    deadline = time.monotonic() + START_SECONDS
    while time.monotonic() < deadline:
        if process.poll() is not None:
            break
        if ready():
            return
        time.sleep(0.05)
    tail = "\n".join(log.read_text(errors="replace").splitlines()[-15:]) if log.exists() else ""
    raise ServersError(f"{what} did not start:\n{tail}", hint="`peduli doctor` names what is missing")


@dataclass
class Postgres:
    """One private Postgres. Trusts loopback, because it lives only as long as its maker."""

    folder: Path
    port: int = field(default_factory=free_port)
    fsync: bool = True
    _process: subprocess.Popen[bytes] | None = None

    @property
    def url(self) -> str:
        """The admin's URL."""
        return f"postgresql://postgres@127.0.0.1:{self.port}/postgres"

    def start(self) -> None:
        """Start, and wait until it answers."""
        self.launch()
        self.wait()

    def launch(self) -> None:
        """Make the data folder if there is none, and start. The server ends with the thread that calls this."""
        programs = find_postgres()
        if programs is None:
            raise ServersError("Postgres is not installed", hint="sudo apt-get install postgresql")
        data = self.folder / "data"
        if not data.exists():
            self.folder.mkdir(parents=True, exist_ok=True)
            if os.getuid() == 0:
                shutil.chown(self.folder, "postgres", "postgres")
                for parent in self.folder.parents:
                    if parent.stat().st_uid == 0 and str(parent).startswith("/tmp/"):  # noqa: S108
                        parent.chmod(parent.stat().st_mode | 0o111)
            command = [str(programs / "initdb"), "-D", str(data), "-U", "postgres", "-A", "trust", "-E", "UTF8", "-N"]
            made = subprocess.run([*_as_postgres(), *command, "--locale=C.UTF-8"], capture_output=True, check=False)
            if made.returncode:
                raise ServersError(f"initdb failed: {made.stderr.decode()[-500:]}", hint="is the disk full?")
        settings = {
            "port": self.port,
            "listen_addresses": "127.0.0.1",
            "unix_socket_directories": "",
            "max_connections": 200,
            "shared_buffers": "256MB",
            "max_wal_size": "2GB",
            "fsync": "on" if self.fsync else "off",
        }
        log = self.folder / "log"
        with log.open("ab") as output:
            self._process = subprocess.Popen(
                [*_as_postgres(), str(programs / "postgres"), "-D", str(data)]
                + [part for name, value in settings.items() for part in ("-c", f"{name}={value}")],
                stdout=output,
                stderr=output,
                start_new_session=True,
                preexec_fn=_die_with_parent,
            )

    def wait(self) -> None:
        """Wait until it answers."""
        assert self._process is not None
        programs, log = find_postgres(), self.folder / "log"
        assert programs is not None
        ready = [str(programs / "pg_isready"), "-q", "-h", "127.0.0.1", "-p", str(self.port)]
        _await(lambda: subprocess.run(ready, check=False).returncode == 0, self._process, log, "Postgres")

    def stop(self) -> None:
        """Stop fast: open transactions are rolled back."""
        if self._process:
            _end([psutil.Process(self._process.pid)] if self._process.poll() is None else [], signal.SIGINT)
            self._process.wait()
            self._process = None

    def kill(self) -> None:
        """SIGKILL all of it, as a power cut would."""
        if self._process:
            _end(_tree(self._process.pid), signal.SIGKILL)
            self._process.wait()
            self._process = None

    def restart(self) -> None:
        """Stop and start on the same port."""
        self.stop()
        self.start()


@dataclass
class RabbitMQ:
    """One private RabbitMQ node with its own name, ports, cookie and port mapper."""

    folder: Path
    port: int = field(default_factory=free_port)
    _distribution_port: int = field(default_factory=free_port)
    _epmd_port: int = field(default_factory=free_port)
    _process: subprocess.Popen[bytes] | None = None

    @property
    def url(self) -> str:
        """The AMQP URL of its only user."""
        return f"amqp://guest:guest@127.0.0.1:{self.port}/"

    def start(self) -> None:
        """Start, and wait until AMQP connections are served."""
        self.launch()
        self.wait()

    def launch(self) -> None:
        """Start. The server ends with the thread that calls this."""
        scripts = find_rabbitmq()
        if scripts is None:
            raise ServersError("RabbitMQ is not installed", hint="sudo apt-get install rabbitmq-server")
        self.folder.mkdir(parents=True, exist_ok=True)
        (self.folder / "rabbitmq.conf").write_text(RABBITMQ_CONF.format(port=self.port))
        (self.folder / "enabled_plugins").write_text("[rabbitmq_consistent_hash_exchange].\n")
        log = self.folder / "out"
        with log.open("ab") as output:
            self._process = subprocess.Popen(
                [str(scripts / "rabbitmq-server")],
                env=self._environment(),
                stdout=output,
                stderr=output,
                stdin=subprocess.DEVNULL,
                start_new_session=True,
                preexec_fn=_die_with_parent,
            )

    def wait(self) -> None:
        """Wait until AMQP connections are served."""
        assert self._process is not None
        _await(self._serves, self._process, self.folder / "out", "RabbitMQ")

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
            "RABBITMQ_LOG_BASE": f"{folder}/log",
            "RABBITMQ_CONFIG_FILE": f"{folder}/rabbitmq",
            "RABBITMQ_CONF_ENV_FILE": "/dev/null",
            "RABBITMQ_ENABLED_PLUGINS_FILE": f"{folder}/enabled_plugins",
            "RABBITMQ_PID_FILE": f"{folder}/pid",
            "RABBITMQ_SERVER_ADDITIONAL_ERL_ARGS": "+S 2:2 +sbwt none +sbwtdcpu none +sbwtdio none",
        }

    def _serves(self) -> bool:
        """True when the broker answers AMQP's greeting with Connection.Start (a method frame on channel 0)."""
        try:
            with socket.create_connection(("127.0.0.1", self.port), timeout=1) as probe:
                probe.sendall(b"AMQP\x00\x00\x09\x01")
                return probe.recv(1) == b"\x01"
        except OSError:
            return False

    def stop(self) -> None:
        """Stop in order (SIGTERM), and its port mapper too."""
        self._finish(signal.SIGTERM)

    def kill(self) -> None:
        """SIGKILL all of it, as a power cut would."""
        self._finish(signal.SIGKILL)

    def _finish(self, how: int) -> None:
        if self._process:
            nodes = [process for process in _tree(self._process.pid) if _is_node(process)] or _tree(self._process.pid)
            _end(nodes, how)
            _end(_tree(self._process.pid), signal.SIGKILL)
            self._process.wait()
            self._process = None
        for process in psutil.process_iter(["name", "environ"]):
            environment = process.info.get("environ") or {}
            if process.info["name"] == "epmd" and environment.get("ERL_EPMD_PORT") == str(self._epmd_port):
                _end([process], signal.SIGKILL)

    def restart(self) -> None:
        """Stop and start on the same ports."""
        self.stop()
        self.start()


def _is_node(process: psutil.Process) -> bool:
    try:
        return process.name().startswith("beam")
    except psutil.Error:
        return False


def _as_postgres() -> list[str]:
    """Postgres refuses to run as root; a change of user forgets the wish to die with its maker, so wish again."""
    return (
        ["setpriv", "--reuid=postgres", "--regid=postgres", "--clear-groups", "--pdeathsig=INT"]
        if os.getuid() == 0
        else []
    )


def _die_with_parent() -> None:
    """Ask Linux to end this child when the thread that made it is gone, so that a killed test leaves no server."""
    import ctypes

    with contextlib.suppress(OSError):
        ctypes.CDLL(None).prctl(1, signal.SIGTERM)  # 1 = PR_SET_PDEATHSIG


@contextlib.contextmanager
def private_servers(folder: Path, *, fsync: bool = True) -> Iterator[tuple[Postgres, RabbitMQ]]:
    """Both servers under `folder`, started side by side and always stopped."""
    folder.mkdir(parents=True, exist_ok=True)
    postgres, rabbitmq = Postgres(folder / "postgres", fsync=fsync), RabbitMQ(folder / "rabbitmq")
    try:
        for server in (rabbitmq, postgres):
            server.launch()
        for server in (postgres, rabbitmq):
            server.wait()
        yield postgres, rabbitmq
    finally:
        rabbitmq.stop()
        postgres.stop()


def install_missing(echo: Callable[[str], None]) -> None:
    """Install the servers that are missing, as root and without starting the system's own.

    Raises `ServersError` with the command to type when that is not possible here.
    """
    missing = [
        package
        for package, found in (("postgresql", find_postgres()), ("rabbitmq-server", find_rabbitmq()))
        if found is None
    ]
    if missing:
        apt_install(missing, echo, instead="give PEDULI_AMQP_URL and PEDULI_DATABASE_URL")
        pwd.getpwnam("postgres")


def apt_install(packages: Sequence[str], echo: Callable[[str], None], *, instead: str = "") -> None:
    """Install Debian packages, as root and without starting any service; raises `ServersError` with what to type."""
    hint = f"sudo apt-get install {' '.join(packages)}{f', or {instead}' if instead else ''}"
    if os.getuid() != 0 or shutil.which("apt-get") is None:
        raise ServersError(f"not installed: {', '.join(packages)}", hint=hint)
    policy = Path("/usr/sbin/policy-rc.d")
    made = not policy.exists()
    if made:
        policy.write_text("#!/bin/sh\nexit 101\n")
        policy.chmod(0o755)
    try:
        for command in (
            ["apt-get", "update", "-qq"],
            ["apt-get", "install", "-y", "-qq", "--no-install-recommends", *packages],
        ):
            echo(" ".join(command))
            done = subprocess.run(
                command, env={**os.environ, "DEBIAN_FRONTEND": "noninteractive"}, capture_output=True, check=False
            )
            if done.returncode:
                raise ServersError(f"{command[1]} failed: {done.stderr.decode()[-400:]}", hint=hint)
    finally:
        if made:
            policy.unlink()

"""A private Postgres from what the machine has."""

from __future__ import annotations

import os
import shutil
import signal
import subprocess
from dataclasses import dataclass
from pathlib import Path

from peduli.servers import children
from peduli.servers.server import Server, ServersError


def find_postgres() -> Path | None:
    """The folder with `postgres` and `initdb`, newest version first."""
    found = sorted(Path("/usr/lib/postgresql").glob("*/bin/postgres"), key=lambda path: int(path.parts[-3]))
    if found:
        return found[-1].parent
    on_path = shutil.which("postgres")
    return Path(on_path).resolve().parent if on_path else None


def settings(*, fsync: bool) -> list[str]:
    """Arguments of any private Postgres."""
    values = {
        "max_connections": 200,
        "shared_buffers": "256MB" if fsync else "64MB",  # of which each database that is made or dropped looks at all
        "max_wal_size": "2GB",
        "fsync": "on" if fsync else "off",
        "full_page_writes": "on" if fsync else "off",
        "autovacuum": "on" if fsync else "off",  # tests make a database each: to look after hundreds is all it would do
    }
    return [part for name, value in values.items() for part in ("-c", f"{name}={value}")]


@dataclass
class Postgres(Server):
    """Trusts loopback, because it lives only as long as its maker."""

    fsync: bool = True

    @property
    def url(self) -> str:
        return f"postgresql://postgres@127.0.0.1:{self.port}/postgres"

    def launch(self) -> None:
        programs, data = _programs(), self.folder / "data"
        if not data.exists():
            self._initialise(programs, data)
        place = {"port": self.port, "listen_addresses": "127.0.0.1", "unix_socket_directories": ""}
        arguments = [part for name, value in place.items() for part in ("-c", f"{name}={value}")]
        command = [str(programs / "postgres"), "-D", str(data), *arguments, *settings(fsync=self.fsync)]
        self._process = children.spawn([*_as_postgres(), *command], self.log, on_death=signal.SIGINT)

    def _initialise(self, programs: Path, data: Path) -> None:
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

    def ready(self) -> bool:
        command = [str(_programs() / "pg_isready"), "-q", "-h", "127.0.0.1", "-p", str(self.port)]
        return subprocess.run(command, check=False).returncode == 0

    def stop(self) -> None:
        """Stop fast: open transactions are rolled back."""
        if self._process:
            children.end(children.tree(self._process.pid)[-1:], signal.SIGINT)  # the postmaster, who ends the others
            self._forget()

    def kill(self) -> None:
        if self._process:
            children.end(children.tree(self._process.pid), signal.SIGKILL)
            self._forget()


def _programs() -> Path:
    found = find_postgres()
    if found is None:
        raise ServersError("Postgres is not installed", hint="sudo apt-get install postgresql")
    return found


def _as_postgres() -> list[str]:
    """Postgres refuses to run as root; a change of user forgets the wish to die with its maker, so wish again."""
    return (
        ["setpriv", "--reuid=postgres", "--regid=postgres", "--clear-groups", "--pdeathsig=INT"]
        if os.getuid() == 0
        else []
    )

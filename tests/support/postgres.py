"""A PostgreSQL server for tests, on loopback and a Unix socket."""

from __future__ import annotations

import itertools
import os
import shutil
import subprocess
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from tempfile import TemporaryDirectory

import pytest
from support.loopback import free_port
from support.systems import skip_exception

ADMIN_PASSWORD = "admin's password"
USER_PASSWORD = "pw"


def binaries() -> Path:
    """Return the folder of the server's programs; fail if PostgreSQL is not installed."""
    found = sorted(Path("/usr/lib/postgresql").glob("*/bin/initdb"))
    which = shutil.which("initdb")
    assert found or which, "PostgreSQL is not installed: apt-get install postgresql"
    return found[-1].parent if found else Path(str(which)).parent


def _as_somebody() -> dict[str, str]:
    """Return arguments that run a process as `postgres` if we are root: its server refuses root."""
    return {"user": "postgres", "group": "postgres"} if os.geteuid() == 0 else {}


def _give_away(*paths: Path) -> None:
    for path in paths if os.geteuid() == 0 else ():
        shutil.chown(path, "postgres", "postgres")


class Cluster:
    """One server with numbered databases."""

    def __init__(self, folder: Path, port: int) -> None:
        self.folder = folder
        self.data = folder / "data"
        self.port = port
        self._numbers = itertools.count()
        password = folder / "password"
        password.write_text(ADMIN_PASSWORD)
        _give_away(folder, password)
        self._run(
            "initdb",
            f"--pgdata={self.data}",
            "--username=admin",
            f"--pwfile={password}",
            "--auth-local=trust",
            "--auth-host=scram-sha-256",
            "--encoding=UTF8",
            "--no-locale",
            "--no-sync",
        )

    def _run(self, program: str, *arguments: str) -> str:
        done = subprocess.run(
            [binaries() / program, *arguments],
            capture_output=True,
            text=True,
            check=False,
            cwd="/",
            **_as_somebody(),  # type: ignore[call-overload]
        )
        assert done.returncode == 0, done.stderr
        return str(done.stdout)

    def start(self, *options: str) -> None:
        settings = (
            "listen_addresses=127.0.0.1",
            f"port={self.port}",
            f"unix_socket_directories={self.folder}",
            "fsync=off",
            "max_connections=200",
        )
        words = " ".join((*(f"-c {setting}" for setting in settings), *options))
        log = self.folder / "log"
        self._run("pg_ctl", "start", f"--pgdata={self.data}", f"--log={log}", f"--options={words}")

    def log(self) -> str:
        """Return what the server has logged so far."""
        return (self.folder / "log").read_text()

    def serve_tls(self, pem: Path, *options: str) -> None:
        """Restart the server with the certificate and key in `pem`."""
        own = self.folder / "server.pem"
        shutil.copy(pem, own)
        own.chmod(0o600)
        _give_away(own)
        self.stop()
        files = ("ssl_cert_file", "ssl_key_file")
        words = [word for name in files for word in ("-c", f"{name}={own}")]
        self.start("-c", "ssl=on", *words, *options)

    def stop(self) -> None:
        if (self.data / "postmaster.pid").exists():
            self._run("pg_ctl", "stop", f"--pgdata={self.data}")

    def sql(self, statement: str, database: str = "postgres") -> list[str]:
        """Run a statement as the administrator and return its rows as text."""
        found = self._run(
            "psql", "-h", str(self.folder), "-p", str(self.port), "-U", "admin", "-d", database,
            "-v", "ON_ERROR_STOP=1", "-qAtc", statement,
        )  # fmt: skip
        return found.splitlines()

    def add_user(self, name: str, role: str) -> None:
        """Add a user with a role, replacing an earlier user of that name."""
        self.sql(f"DROP ROLE IF EXISTS {name}")
        self.sql(f"CREATE ROLE {name} LOGIN PASSWORD '{USER_PASSWORD}' IN ROLE {role}")

    def new_database(self) -> str:
        name = f"inbox{next(self._numbers)}"
        self.sql(f"CREATE DATABASE {name}")
        return name

    def url(self, database: str, user: str = "admin") -> str:
        return f"postgresql://{user}@127.0.0.1:{self.port}/{database}"


@pytest.fixture(scope="session")
def cluster() -> Iterator[Cluster]:
    """One server for all tests of a process."""
    with running_cluster() as cluster:
        yield cluster


@contextmanager
def running_cluster() -> Iterator[Cluster]:
    skip_exception("tests/support/postgres.py")
    with TemporaryDirectory(prefix="inbox-pg") as folder:
        cluster = Cluster(Path(folder), free_port())
        cluster.start()
        try:
            yield cluster
        finally:
            cluster.stop()

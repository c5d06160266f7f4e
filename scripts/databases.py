"""Database servers for tests, from Debian's packages, on loopback only."""

from collections.abc import Mapping, Sequence
import os
from pathlib import Path
import pwd
import shutil
import socket
import subprocess
import tempfile
import time
from typing import Self

from scripts.servers import REPOSITORY, free_port

PACKAGES = REPOSITORY / ".servers" / "databases"
_NOBODY = "nobody"


def unpack() -> None:
    """Fetch the packages; raises CalledProcessError where that is not possible."""
    subprocess.run(
        [REPOSITORY / "scripts" / "debian_databases", PACKAGES],
        check=True,
        capture_output=True,
        text=True,
        timeout=300,
    )


def _environment() -> Mapping[str, str]:
    found = {str(one.parent) for one in PACKAGES.glob("**/lib*.so.*")}
    return os.environ | {"LD_LIBRARY_PATH": ":".join(sorted(found))}


class Database:
    """A server in a folder of its own, which goes with it; `url` is SQLAlchemy's."""

    scheme: str
    user = "root"

    def __init__(self) -> None:
        """Make a folder that other users may enter."""
        self._folder = Path(tempfile.mkdtemp(prefix="database"))
        self._folder.chmod(0o755)
        self.data = self._folder / "data"
        self.data.mkdir()
        self.port = free_port()
        self._process: subprocess.Popen[bytes] | None = None

    def prepare(self) -> None:
        """Lay out an empty database; raises CalledProcessError."""
        raise NotImplementedError

    def command(self) -> Sequence[str | Path]:
        """Return what starts the server."""
        raise NotImplementedError

    @property
    def url(self) -> str:
        """Return where the recorder's database lies."""
        return f"{self.scheme}://{self.user}@127.0.0.1:{self.port}/recorder"

    def run(self, command: Sequence[str | Path], given: bytes = b"") -> None:
        """Run a program of the package to its end."""
        subprocess.run(
            command,
            input=given,
            env=_environment(),
            check=True,
            capture_output=True,
            timeout=120,
        )

    def start(self) -> Self:
        """Lay out, start, and wait until somebody listens."""
        self.prepare()
        log = self._folder / "log"
        with log.open("ab") as out:
            self._process = subprocess.Popen(
                self.command(), stdout=out, stderr=out, env=_environment()
            )
        for _ in range(600):
            try:
                socket.create_connection(("127.0.0.1", self.port), 1).close()
            except OSError:
                time.sleep(0.05)
            else:
                return self
        raise RuntimeError(f"The database does not answer: {log.read_text()[-500:]}")

    def stop(self) -> None:
        """End it and take its folder away."""
        if self._process is not None:
            self._process.terminate()
            self._process.wait(timeout=60)
        shutil.rmtree(self._folder)


class PostgreSQL(Database):
    """PostgreSQL, which refuses to run as root."""

    scheme = "postgresql"
    user = "postgres"

    def _as_somebody(self, *command: str | Path) -> list[str | Path]:
        if os.geteuid() != 0:
            return [*command]
        somebody = ["setpriv", f"--reuid={_NOBODY}", "--regid=nogroup"]
        return [*somebody, "--clear-groups", *command]

    @property
    def _programs(self) -> Path:
        return next(PACKAGES.glob("usr/lib/postgresql/*/bin"))

    def prepare(self) -> None:
        """Make a cluster that trusts whoever comes from here."""
        if os.geteuid() == 0:
            account = pwd.getpwnam(_NOBODY)
            os.chown(self.data, account.pw_uid, account.pw_gid)
        options = ("--no-sync", "--encoding=UTF8", "--locale=C.UTF-8")
        self.run(
            self._as_somebody(
                self._programs / "initdb",
                *("-D", self.data, "-U", self.user, "-A", "trust", *options),
            )
        )
        self.run(
            self._as_somebody(
                self._programs / "postgres",
                *("--single", "-D", self.data, "postgres"),
            ),
            b"CREATE DATABASE recorder;\n",
        )

    def command(self) -> Sequence[str | Path]:
        """Return what starts it, without a socket in a folder of the system's."""
        options = ("fsync=off", "jit=off", "unix_socket_directories=")
        return self._as_somebody(
            self._programs / "postgres",
            *("-D", self.data, "-h", "127.0.0.1", "-p", str(self.port)),
            *(part for option in options for part in ("-c", option)),
        )


class MariaDB(Database):
    """MariaDB."""

    scheme = "mysql+pymysql"

    @property
    def url(self) -> str:
        """Return where the recorder's database lies."""
        return f"{super().url}?charset=utf8mb4"

    def _server(self, *options: str) -> list[str | Path]:
        return [
            PACKAGES / "usr/sbin/mariadbd",
            *("--no-defaults", f"--basedir={PACKAGES / 'usr'}"),
            *(f"--datadir={self.data}", "--user=root"),
            f"--lc-messages-dir={PACKAGES / 'usr/share/mysql'}",
            *options,
        ]

    def prepare(self) -> None:
        """Make the server's own tables, and ours to come."""
        shared = PACKAGES / "usr/share/mysql"
        tables = ("mysql_system_tables.sql", "mysql_system_tables_data.sql")
        self.run(
            self._server("--bootstrap"),
            b"\n".join(
                (
                    b"CREATE DATABASE mysql;",
                    b"USE mysql;",
                    *((shared / table).read_bytes() for table in tables),
                    b"CREATE DATABASE recorder CHARACTER SET utf8mb4;",
                )
            ),
        )

    def command(self) -> Sequence[str | Path]:
        """Return what starts it; whoever comes from here may do all."""
        return self._server(
            "--skip-grant-tables",
            *("--skip-networking=0", "--bind-address=127.0.0.1"),
            *(f"--port={self.port}", f"--socket={self.data / 'socket'}"),
            "--innodb-flush-log-at-trx-commit=0",
        )

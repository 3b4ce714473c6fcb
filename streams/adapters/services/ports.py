"""Ports of 127.0.0.1: the ones used last time, else the usual ones, else free ones."""

import errno
import json
import secrets
import socket
import time
from collections.abc import Iterable, Mapping
from pathlib import Path

import psutil

from streams.domain.errors import ServiceError

HOST = "127.0.0.1"
# Below the ports that systems hand out for outgoing connections, so nobody gets one by chance.
_FIRST, _LAST = 20_000, 32_000
_POLL_SECONDS = 0.05


def is_free(port: int) -> bool:
    """Whether a server could listen on the port now.

    Raises ServiceError when the system refuses for another reason than its being taken.
    """
    with socket.socket() as probe:
        probe.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
        try:
            probe.bind((HOST, port))
        except OSError as error:
            if error.errno in (errno.EADDRINUSE, errno.EACCES):
                return False
            raise ServiceError(f"{HOST}:{port}: expected to listen there, was {error}") from error
    return True


def free_port(taken: frozenset[int] = frozenset()) -> int:
    """Any free port that is not in `taken`; raises ServiceError when a thousand were not."""
    for _ in range(1_000):
        port = _FIRST + secrets.randbelow(_LAST - _FIRST)
        if port not in taken and is_free(port):
            return port
    raise ServiceError(f"ports: expected a free one in {_FIRST}-{_LAST}, was none")


def holder(port: int) -> str | None:
    """Who listens on a port, as far as this user may know: `name, pid 123`; None for nobody."""
    if is_free(port):
        return None
    pid = _listener(port)
    if pid is None:
        return "a program of another user"
    try:
        return f"{psutil.Process(pid).name()}, pid {pid}"
    except psutil.NoSuchProcess:
        return f"pid {pid}"


def _listener(port: int) -> int | None:
    try:
        connections = psutil.net_connections("tcp")
    except psutil.AccessDenied:
        return None
    return next(
        (
            each.pid
            for each in connections
            if each.status == psutil.CONN_LISTEN and each.laddr.port == port
        ),
        None,
    )


def remembered_ports(home: Path) -> dict[str, int]:
    """Ports by name as used last time; empty at first."""
    path = _file(home)
    if not path.exists():
        return {}
    try:
        return {name: int(port) for name, port in json.loads(path.read_text()).items()}
    except (ValueError, AttributeError) as error:
        raise ServiceError(
            f"{path}: expected ports by name, was unreadable ({error}): remove it"
        ) from error


def remember_ports(home: Path, ports: Mapping[str, int]) -> None:
    """Keep ports for the next start, beside those of other names."""
    path = _file(home)
    path.parent.mkdir(parents=True, exist_ok=True)
    fresh = path.with_suffix(".new")
    fresh.write_text(json.dumps({**remembered_ports(home), **ports}))
    fresh.replace(path)


def choose_ports(home: Path, usual: Mapping[str, int]) -> dict[str, int]:
    """A free port for each name, the same as last time where possible, and remember them."""
    before = remembered_ports(home)
    others = {port for name, port in before.items() if name not in usual}
    chosen: dict[str, int] = {}
    for name, port in usual.items():
        taken = others | set(chosen.values())
        wanted = [each for each in (before.get(name), port) if each and each not in taken]
        chosen[name] = next(filter(is_free, wanted), 0) or free_port(frozenset(taken))
    remember_ports(home, chosen)
    return chosen


def same_ports(home: Path, names: Iterable[str], seconds: float) -> dict[str, int]:
    """The ports as used last time, once they are free: a killed server lets go of its own last.

    Raises ServiceError that says who has one when it is not free in time.
    """
    before = remembered_ports(home)
    deadline = time.monotonic() + seconds
    for name in names:
        while not is_free(before[name]):
            if time.monotonic() > deadline:
                raise ServiceError(
                    f"port {before[name]}: expected to be free again for {name}, "
                    f"was taken by {holder(before[name])}"
                )
            time.sleep(_POLL_SECONDS)
    return {name: before[name] for name in names}


def _file(home: Path) -> Path:
    return home / "run" / "ports.json"

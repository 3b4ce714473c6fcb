"""A server's process: detached, known by its pid file and command line, stopped cleanly.

It outlives the command that started it, and its pid file may outlive it: a pid counts only when
that process has the server's marker in its command line.
"""

import os
import pwd
import subprocess
import time
from collections.abc import Iterator
from pathlib import Path
from signal import Signals
from threading import Thread

import psutil

from streams.adapters.pids import pid_file, remove_pid, write_pid
from streams.adapters.services.service import Launch, Marker
from streams.domain.errors import ServiceError

_LOG_LIMIT = 16 << 20


def running_pid(home: Path, name: str, marker: Marker) -> int | None:
    """The server's pid, None when it does not run (any more); costs well below a millisecond."""
    try:
        pid = int(pid_file(home, name).read_text())
    except (FileNotFoundError, ValueError):
        return None
    return pid if _is_ours(pid, marker) else None


def strays(marker: Marker) -> Iterator[int]:
    """Pids of processes with the marker, whatever the pid files say."""
    for process in psutil.process_iter():
        if process.pid != os.getpid() and _is_ours(process.pid, marker):
            yield process.pid


def _is_ours(pid: int, marker: Marker) -> bool:
    try:
        process = psutil.Process(pid)
        if process.status() == psutil.STATUS_ZOMBIE:
            return False
        words = process.cmdline()
        return bool(words) and Path(words[0]).name == marker.program and marker.argument in words
    except (psutil.NoSuchProcess, psutil.AccessDenied):  # denied: somebody else's
        return False


def start(home: Path, name: str, launch: Launch, log: Path) -> subprocess.Popen[bytes]:
    """Start a server in a session of its own, so Ctrl-C does not reach it."""
    log.parent.mkdir(parents=True, exist_ok=True)
    if size_of(log) > _LOG_LIMIT:
        log.replace(log.with_suffix(".log.1"))
    with log.open("ab") as out:
        try:
            process = subprocess.Popen(  # noqa: S603  # a server of ours, no shell
                launch.argv,
                stdin=subprocess.DEVNULL,
                stdout=out,
                stderr=out,
                cwd="/",
                env=clean_env(launch),
                start_new_session=True,
                umask=0o077,
                user=launch.user,
                group=_group(launch),
                extra_groups=_extra_groups(launch),
            )
        except OSError as error:
            raise ServiceError(f"{name}: {launch.argv[0]} cannot be started: {error}") from error
    # Whoever started it must take note of its death, or a dead server stays as a zombie.
    Thread(target=process.wait, name=f"reap-{name}", daemon=True).start()
    write_pid(home, name, process.pid)
    return process


def run(launch: Launch, what: str, stdin: str = "", seconds: float = 120) -> None:
    """Run a server's tool to its end; raises ServiceError that quotes what it printed."""
    try:
        done = subprocess.run(  # noqa: S603  # a server's own tool, no shell
            launch.argv,
            input=stdin.encode(),
            capture_output=True,
            cwd="/",
            env=clean_env(launch),
            timeout=seconds,
            user=launch.user,
            group=_group(launch),
            extra_groups=_extra_groups(launch),
        )
    except (OSError, subprocess.TimeoutExpired) as error:
        raise ServiceError(f"{what}: {error}") from error
    if done.returncode:
        text = (done.stdout + done.stderr).decode("utf-8", "replace").strip()
        last = "\n".join(text.splitlines()[-12:])
        raise ServiceError(f"{what}: expected exit 0, was {done.returncode}:\n{last}")


def clean_env(launch: Launch) -> dict[str, str]:
    """Our environment without what would change a PostgreSQL server or the language of its log."""
    kept = {key: value for key, value in os.environ.items() if not key.startswith(("PG", "LC_"))}
    return {**kept, "LC_ALL": "C", **launch.env}


def _group(launch: Launch) -> int | None:
    return None if launch.user is None else pwd.getpwnam(launch.user).pw_gid


def _extra_groups(launch: Launch) -> list[str] | None:
    return None if launch.user is None else []


def stop(home: Path, name: str, pid: int, signal: Signals, seconds: float) -> None:
    """Ask a server to stop, kill it when it has not within `seconds`, remove its pid file."""
    try:
        process = psutil.Process(pid)
        process.send_signal(signal)
        try:
            process.wait(seconds)
        except psutil.TimeoutExpired:
            process.kill()
            process.wait(5)
    except psutil.NoSuchProcess:
        pass
    remove_pid(home, name)


def wait_gone(pids: list[int], seconds: float) -> list[int]:
    """Wait for processes to end; returns those that have not."""
    deadline = time.monotonic() + seconds
    left = pids
    while (left := [pid for pid in left if psutil.pid_exists(pid)]) and time.monotonic() < deadline:
        time.sleep(0.02)
    return left


def size_of(log: Path) -> int:
    """Bytes in a log, 0 when there is none."""
    return log.stat().st_size if log.exists() else 0


def last_lines(log: Path, after: int = 0, lines: int = 12) -> str:
    """The end of a log, of what was written after so many bytes; for an error message."""
    if not log.exists():
        return ""
    with log.open("rb") as file:
        file.seek(max(after, size_of(log) - 8_192))
        return "\n".join(file.read().decode("utf-8", "replace").splitlines()[-lines:])

"""A whole demo as a process of a test: its own home, ports nobody else uses, gone afterwards.

with fresh_home() as home, demo(home, "--no-panel", "tape.csv") as run:
    run.wait_for_line("broker")
    run.pid("bars")
    run.stop()
"""

import json
import os
import shutil
import signal
import subprocess
import sys
import tempfile
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

import psutil

from streams.adapters.services import down
from streams.adapters.services.ports import free_port
from streams.adapters.settings import Settings
from tests.embedded import strange_ports
from tests.fakes import settings
from tests.waiting import wait_for

START_SECONDS = 90.0
STOP_SECONDS = 90.0
_LOG_TAIL = 4_000


@contextmanager
def fresh_home() -> Iterator[Path]:
    """A folder for TAPEDECK_HOME with unusual ports; its services are stopped, it is removed.

    Its logs are kept beside it when something went wrong.
    """
    # Not below pytest's own folder: PostgreSQL's account has to get in.
    home = Path(tempfile.mkdtemp(prefix="tapedeck-demo-")).resolve()
    strange_ports(home)
    try:
        yield home
    except BaseException as error:
        error.add_note(f"logs: {_keep_logs(home)}")
        raise
    finally:
        down(settings(TAPEDECK_HOME=home))
        shutil.rmtree(home)


def _keep_logs(home: Path) -> Path:
    kept = home.with_name(f"{home.name}-logs")
    kept.mkdir()
    for path in (*home.glob("logs/*"), *home.glob("demo.std*"), *home.glob("*.output")):
        shutil.copy(path, kept)
    return kept


def environment(home: Path, **values: str) -> dict[str, str]:
    """This process's environment without settings of the developer's, and with those given."""
    names = {str(field.validation_alias) for field in Settings.model_fields.values()}
    clean = {name: value for name, value in os.environ.items() if name not in names}
    ports = frozenset(json.loads((home / "run" / "ports.json").read_text()).values())
    broker = free_port(ports)
    notify = free_port(ports | {broker})
    return {
        **clean,
        "TAPEDECK_HOME": str(home),
        "TAPEDECK_BROKER_PORT": str(broker),
        "TAPEDECK_FUNCTION_PORTS": f"notify={notify}",
        **values,
    }


class DemoProcess:
    """A `tapedeck demo`; `env` is what further commands of its home need."""

    def __init__(self, home: Path, arguments: tuple[str, ...], env: dict[str, str]) -> None:
        self.home = home
        self.env = env
        self._stdout, self._stderr = home / "demo.stdout", home / "demo.stderr"
        with self._stdout.open("wb") as out, self._stderr.open("wb") as err:
            self.process = subprocess.Popen(
                _command("demo", *arguments),
                stdin=subprocess.DEVNULL,
                stdout=out,
                stderr=err,
                env=env,
                cwd=home,  # no `.env` of the developer's
                start_new_session=True,
            )

    @property
    def stdout(self) -> str:
        return self._stdout.read_text(errors="replace")

    @property
    def stderr(self) -> str:
        return self._stderr.read_text(errors="replace")

    def wait_for_line(self, text: str, seconds: float = START_SECONDS) -> str:
        """The first line of standard error that contains the text."""
        return wait_for(lambda: self._line(text), f"{text!r} from the demo", seconds)

    def pid(self, name: str, seconds: float = START_SECONDS, other_than: int | None = None) -> int:
        """The pid of a child or service, once it lives (again)."""

        def living() -> int | None:
            self.check()
            pid = noted_pid(self.home, name)
            return pid if pid != other_than else None

        return wait_for(living, f"{name} to run", seconds)

    def check(self) -> None:
        """Fails with what the demo printed when it has ended."""
        code = self.process.poll()
        assert code is None, f"the demo ended with {code}:\n{self.stderr[-_LOG_TAIL:]}"

    def wait(self, seconds: float) -> int:
        """Its exit code, once it has ended by itself."""
        try:
            return self.process.wait(seconds)
        except subprocess.TimeoutExpired:
            raise AssertionError(
                f"the demo did not end within {seconds:g} s:\n{self.stderr[-_LOG_TAIL:]}"
            ) from None

    def stop(self, number: signal.Signals = signal.SIGTERM, seconds: float = STOP_SECONDS) -> int:
        """Ask it to stop; its exit code."""
        self.process.send_signal(number)
        return self.wait(seconds)

    def finish(self, seconds: float) -> dict[str, Any]:
        """Wait for the end of `demo --exit --json`: exit 0, one object, nothing left running."""
        code = self.wait(seconds)
        assert code == 0, f"expected exit 0, was {code}:\n{self.stderr[-_LOG_TAIL:]}"
        assert_nothing_left(self.home)
        summary: dict[str, Any] = json.loads(self.stdout)
        return summary

    def run(self, *arguments: str, seconds: float = 120) -> subprocess.CompletedProcess[str]:
        """Another command in the same home, to its end."""
        return subprocess.run(
            _command(*arguments),
            stdin=subprocess.DEVNULL,
            capture_output=True,
            text=True,
            env=self.env,
            cwd=self.home,
            timeout=seconds,
        )

    def start(self, *arguments: str) -> subprocess.Popen[bytes]:
        """Another command in the same home, in the background; it prints to NAME.output there."""
        with (self.home / f"{arguments[0]}.output").open("wb") as output:
            return subprocess.Popen(
                _command(*arguments),
                stdin=subprocess.DEVNULL,
                stdout=output,
                stderr=output,
                env=self.env,
                cwd=self.home,
                start_new_session=True,
            )

    def _line(self, text: str) -> str | None:
        found = next((line for line in self.stderr.splitlines() if text in line), None)
        if found is None:
            self.check()
        return found


@contextmanager
def demo(home: Path, *arguments: str, **env: str) -> Iterator[DemoProcess]:
    """A demo within a block of code: when it still runs afterwards it is stopped, or killed."""
    process = DemoProcess(home, arguments, environment(home, **env))
    try:
        yield process
    finally:
        if process.process.poll() is None:
            try:
                process.stop()
            finally:
                process.process.kill()
                process.process.wait()


def noted_pid(home: Path, name: str) -> int | None:
    """The pid in `run/NAME.pid` when such a process of this home lives."""
    try:
        pid = int((home / "run" / f"{name}.pid").read_text())
        return pid if _belongs(psutil.Process(pid), home) else None
    except (FileNotFoundError, ValueError, psutil.NoSuchProcess):
        return None


def processes_of(home: Path) -> list[str]:
    """What runs for a home: its children, services, and their own children."""
    found = []
    for process in psutil.process_iter():
        try:
            if process.pid != os.getpid() and _belongs(process, home):
                found.append(f"{process.pid} {' '.join(process.cmdline())[:120]}")
        except (psutil.NoSuchProcess, psutil.AccessDenied):
            continue
    return found


def assert_nothing_left(home: Path) -> None:
    """No process of the home, and no pid file."""
    wait_for(lambda: not processes_of(home), f"no process of {home}", 15)
    left = sorted(path.name for path in (home / "run").glob("*.pid"))
    assert not left, f"expected no pid file in {home}/run, was {left}"


def _belongs(process: psutil.Process, home: Path) -> bool:
    """By environment, command line or folder: some servers overwrite one of them."""
    if process.status() == psutil.STATUS_ZOMBIE:
        return False
    return (
        process.environ().get("TAPEDECK_HOME") == str(home)
        or any(str(home) in word for word in process.cmdline())
        or Path(process.cwd()).is_relative_to(home)
    )


def _command(*arguments: str) -> list[str]:
    return [sys.executable, "-m", "streams.cli", *arguments]

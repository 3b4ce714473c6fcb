"""One running copy of a function: a gunicorn process on a free port of 127.0.0.1."""

import asyncio
import os
import signal
import socket
import sys
import time
from collections.abc import Callable
from contextlib import suppress
from enum import StrEnum
from pathlib import Path
from typing import IO

import aiohttp

from streams.apps.serve.client import http_session
from streams.apps.serve.environment import environment
from streams.apps.serve.manifests import Service
from streams.domain.errors import ServiceError

START_SECONDS = 30.0
_POLL_SECONDS = 0.02
_TAIL_BYTES = 2_000
_LONGEST_LINE = 1 << 20


class State(StrEnum):
    STARTING = "starting"
    READY = "ready"
    STOPPING = "stopping"
    GONE = "gone"


class Instance:
    """Start it, call it while it is ready, stop it; `in_flight` is kept by who calls it.

    Make it in the event loop. However it comes to its end, its process and its pid file are gone
    when `start` fails, and when `wait` or `stop` return; let them end, do not cancel them.
    """

    def __init__(self, service: Service, home: Path, number: int) -> None:
        self.service = service
        self.number = number
        self.state = State.STARTING
        self.session = http_session()
        self.port = _free_port()
        self.in_flight = 0
        self.requests = 0
        suffix = "" if number == 1 else f"-{number}"
        self.pid_file = home / "run" / f"{service.name}{suffix}.pid"
        self._log_file = home / "logs" / f"{service.name}.log"
        self._log_start = 0
        self._home = home
        self._process: asyncio.subprocess.Process | None = None
        self._spawning = asyncio.Lock()  # who stops it waits for a process that is just made

    @property
    def url(self) -> str:
        return f"http://127.0.0.1:{self.port}"

    @property
    def pid(self) -> int | None:
        return self._process.pid if self._process else None

    async def start(self, echo: Callable[[bytes], None]) -> float:
        """Returns the seconds until it answered; `echo` gets its standard output line by line.

        Raises ServiceError with the end of its log when it ends, is stopped, or is not ready in
        time.
        """
        begun = time.monotonic()
        try:
            await self._launch(echo)
            async with asyncio.timeout(START_SECONDS):
                await self._until_ready()
        except TimeoutError:
            await self.stop()
            raise ServiceError(self._failure(f"was not ready in {START_SECONDS:g} s")) from None
        except BaseException:
            await self.stop()
            raise
        self.state = State.READY
        return time.monotonic() - begun

    async def wait(self) -> int:
        """Its exit status, when it has ended."""
        assert self._process is not None  # noqa: S101  # started before it is waited for
        status = await self._process.wait()
        await self._ended()
        return status

    async def stop(self, patience: float | None = None) -> None:
        """SIGTERM, so that it finishes what it does; SIGKILL after `patience` seconds.

        Without it that is a second more than a request may take. One that still starts has
        nothing to finish: it is killed at once.
        """
        if self.state is State.STARTING:
            patience = 0.0
        elif patience is None:
            patience = self.service.timeout + 1
        if self.state is not State.GONE:
            self.state = State.STOPPING
        # gunicorn lingers for two seconds while clients keep theirs open
        await self.session.close()
        async with self._spawning:
            pass
        if self._process is not None and self._process.returncode is None:
            await self._end(self._process, patience)
        await self._ended()

    def log_tail(self) -> str:
        """The end of what this instance has logged."""
        if not self._log_file.exists():
            return ""
        with self._log_file.open("rb") as log:
            log.seek(0, os.SEEK_END)
            log.seek(max(self._log_start, log.tell() - _TAIL_BYTES))
            return log.read().decode("utf-8", "replace").strip()

    async def _end(self, process: asyncio.subprocess.Process, patience: float) -> None:
        if patience:
            with suppress(ProcessLookupError):
                process.terminate()
            with suppress(TimeoutError):
                async with asyncio.timeout(patience):
                    await process.wait()
                    return
        with suppress(ProcessLookupError):  # with its workers: it leads a session of its own
            os.killpg(process.pid, signal.SIGKILL)
        await process.wait()

    async def _ended(self) -> None:
        """Once, and at once: later the file may be that of a successor with the same number."""
        if self.state is not State.GONE:
            self.state = State.GONE
            self.pid_file.unlink(missing_ok=True)
        await self.session.close()

    async def _launch(self, echo: Callable[[bytes], None]) -> None:
        for folder in (self._log_file.parent, self.pid_file.parent):
            folder.mkdir(parents=True, exist_ok=True)
        # A pipe of our own: asyncio's would let `wait` wait for a killed master's workers as well.
        output, inlet = os.pipe()
        try:
            with self._log_file.open("ab") as log, os.fdopen(inlet, "wb") as stdout:
                self._log_start = log.tell()
                async with self._spawning:
                    self._check_wanted()
                    self._process = await self._spawn(stdout, log)
        except BaseException:
            os.close(output)
            raise
        self._echoing = asyncio.create_task(self._echo(output, echo))

    async def _spawn(self, stdout: IO[bytes], log: IO[bytes]) -> asyncio.subprocess.Process:
        return await asyncio.create_subprocess_exec(
            *self._command(),
            env=environment(self.service, self.port, self._home, os.environ),
            stdin=asyncio.subprocess.DEVNULL,
            stdout=stdout,
            stderr=log,
            start_new_session=True,
        )

    def _command(self) -> list[str]:
        child = [sys.executable, "-m", "streams.apps.serve.child", str(os.getpid())]
        gunicorn = [f"--bind=127.0.0.1:{self.port}", "--log-level=warning", *self.service.args]
        return [*child, str(self.pid_file.absolute()), *gunicorn]

    async def _until_ready(self) -> None:
        assert self._process is not None  # noqa: S101  # set by start, the only caller
        while self._process.returncode is None:
            ready = await self._answers()
            self._check_wanted()
            if ready:
                return
            await asyncio.sleep(_POLL_SECONDS)
        raise ServiceError(self._failure(f"ended with {self._process.returncode}"))

    def _check_wanted(self) -> None:
        if self.state is not State.STARTING:
            raise ServiceError(self._failure("was stopped while it started"))

    async def _answers(self) -> bool:
        if self.session.closed:
            return False
        try:
            async with self.session.get(self.url + self.service.ready_path) as answer:
                return answer.status == 200
        except aiohttp.ClientConnectionError:  # not listening yet: that is being waited for
            return False

    async def _echo(self, output: int, echo: Callable[[bytes], None]) -> None:
        reader = asyncio.StreamReader(limit=_LONGEST_LINE)
        pipe, _ = await asyncio.get_running_loop().connect_read_pipe(
            lambda: asyncio.StreamReaderProtocol(reader), os.fdopen(output, "rb")
        )
        try:
            with self._log_file.open("ab", buffering=0) as log:
                while line := await reader.readline():
                    log.write(line)
                    echo(line)
        finally:
            pipe.close()

    def _failure(self, what: str) -> str:
        return f"{self.service.name}: expected an instance to start, it {what}:\n{self.log_tail()}"


def _free_port() -> int:
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        return int(probe.getsockname()[1])

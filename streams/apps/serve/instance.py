"""One running copy of a function: a gunicorn process on a free port of 127.0.0.1."""

import asyncio
import os
import socket
import sys
import time
from collections.abc import Callable, Mapping
from contextlib import suppress
from enum import StrEnum
from pathlib import Path

import aiohttp

from streams.apps.serve.manifests import Service
from streams.domain.errors import ConfigError, ServiceError, TapedeckError

START_SECONDS = 30.0
_POLL_SECONDS = 0.02
_TAIL_BYTES = 2_000


class State(StrEnum):
    STARTING = "starting"
    READY = "ready"
    STOPPING = "stopping"
    GONE = "gone"


class Instance:
    """Start it, call it while it is ready, stop it; `in_flight` is kept by who calls it."""

    def __init__(self, service: Service, home: Path, number: int) -> None:
        self.service = service
        self.number = number
        self.state = State.STARTING
        self.port = _free_port()
        self.in_flight = 0
        self.requests = 0
        suffix = "" if number == 1 else f"-{number}"
        self.pid_file = home / "run" / f"{service.name}{suffix}.pid"
        self._log_file = home / "logs" / f"{service.name}.log"
        self._log_start = 0
        self._home = home
        self._process: asyncio.subprocess.Process | None = None

    @property
    def url(self) -> str:
        return f"http://127.0.0.1:{self.port}"

    @property
    def pid(self) -> int | None:
        return self._process.pid if self._process else None

    async def start(self, echo: Callable[[bytes], None]) -> float:
        """Returns the seconds until it answered; `echo` gets its standard output line by line.

        Raises ServiceError with the end of its log when it ends or is not ready in time.
        """
        begun = time.monotonic()
        self.session = http_session()
        try:
            await self._launch(echo)
            async with asyncio.timeout(START_SECONDS):
                await self._until_ready()
        except TimeoutError:
            await self.stop()
            raise ServiceError(self._failure(f"was not ready in {START_SECONDS:g} s")) from None
        except asyncio.CancelledError:  # the runtime stops, and was too early for `stop`
            await self.stop()
            raise
        except (TapedeckError, OSError):
            await self.session.close()
            raise
        self.state = State.READY
        return time.monotonic() - begun

    async def wait(self) -> int:
        """Its exit status, when it has ended; its pid file is gone then."""
        assert self._process is not None  # noqa: S101  # started before it is waited for
        status = await self._process.wait()
        self._ended()
        await self.session.close()
        return status

    async def stop(self) -> None:
        """SIGTERM, so that it finishes what it does; SIGKILL when that takes too long."""
        if self._process is None or self._process.returncode is not None:
            return
        self.state = State.STOPPING
        await (
            self.session.close()
        )  # gunicorn lingers for two seconds while clients keep theirs open
        with suppress(ProcessLookupError):
            self._process.terminate()
        try:
            async with asyncio.timeout(self.service.timeout + 1):
                await self._process.wait()
        except TimeoutError:
            with suppress(ProcessLookupError):
                self._process.kill()
            await self._process.wait()
        self._ended()

    def _ended(self) -> None:
        """Once, and at once: later the file may be that of a successor with the same number."""
        if self.state is not State.GONE:
            self.state = State.GONE
            self.pid_file.unlink(missing_ok=True)

    def log_tail(self) -> str:
        """The end of what this instance has logged."""
        with self._log_file.open("rb") as log:
            log.seek(0, os.SEEK_END)
            log.seek(max(self._log_start, log.tell() - _TAIL_BYTES))
            return log.read().decode("utf-8", "replace").strip()

    async def _launch(self, echo: Callable[[bytes], None]) -> None:
        for folder in (self._log_file.parent, self.pid_file.parent):
            folder.mkdir(parents=True, exist_ok=True)
        # A pipe of our own: asyncio's would let `wait` wait for a killed master's workers as well.
        output, inlet = os.pipe()
        with self._log_file.open("ab") as log, os.fdopen(inlet, "wb") as stdout:
            self._log_start = log.tell()
            self._process = await asyncio.create_subprocess_exec(
                *self._command(),
                env=environment(self.service, self.port, self._home, os.environ),
                stdin=asyncio.subprocess.DEVNULL,
                stdout=stdout,
                stderr=log,
                start_new_session=True,
            )
        self.pid_file.write_text(f"{self._process.pid}\n")
        self._echoing = asyncio.create_task(self._echo(output, echo))

    def _command(self) -> list[str]:
        child = [sys.executable, "-m", "streams.apps.serve.child", str(os.getpid())]
        return [*child, f"--bind=127.0.0.1:{self.port}", "--log-level=warning", *self.service.args]

    async def _until_ready(self) -> None:
        assert self._process is not None  # noqa: S101  # set by start, the only caller
        while True:
            if self._process.returncode is not None:
                self._ended()
                raise ServiceError(self._failure(f"ended with {self._process.returncode}"))
            if self.session.closed:
                raise ServiceError(self._failure("was stopped while it started"))
            try:
                async with self.session.get(self.url + self.service.ready_path) as answer:
                    if answer.status == 200:
                        return
            except aiohttp.ClientConnectionError:
                pass  # not listening yet: that is what is being waited for
            await asyncio.sleep(_POLL_SECONDS)

    async def _echo(self, output: int, echo: Callable[[bytes], None]) -> None:
        reader = asyncio.StreamReader()
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


def http_session() -> aiohttp.ClientSession:
    """Connections without limits of their own: the manifests set them."""
    return aiohttp.ClientSession(
        connector=aiohttp.TCPConnector(limit=0, keepalive_timeout=60),
        timeout=aiohttp.ClientTimeout(total=None, sock_connect=5),
        auto_decompress=False,
    )


def environment(
    service: Service, port: int, home: Path, outer: Mapping[str, str]
) -> dict[str, str]:
    """What the instance sees: the manifest's values, over them the environment's, then Knative's.

    Raises ConfigError when a secret is missing that neither the environment nor the embedded
    services supply.
    """
    embedded = {"DATABASE_URL", "KAFKA_BOOTSTRAP_SERVERS", "REDIS_URL"}
    for name, required in service.secrets.items():
        if required and name not in outer and name not in embedded:
            raise ConfigError(f"{name}: expected by {service.name}'s manifest, was not set")
    return {
        **service.env,
        **outer,
        "TAPEDECK_HOME": str(home.absolute()),
        "PORT": str(port),
        "K_SERVICE": service.name,
        "K_CONFIGURATION": service.name,
        "K_REVISION": f"{service.name}-local",
    }


def _free_port() -> int:
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        return int(probe.getsockname()[1])

"""HTTP/1.1 by hand: requests that no client library would send, over a connection that is kept."""

import socket
import time
from collections.abc import Sequence
from dataclasses import dataclass
from http.client import HTTPException, HTTPResponse
from urllib.parse import urlsplit

HANGS = 20.0
"""Seconds without a byte after which a connection counts as hanging."""


@dataclass(frozen=True, slots=True)
class Answer:
    """`status` 0: the server closed the connection without an answer; -1: it hung."""

    status: int
    headers: tuple[tuple[str, str], ...] = ()
    body: bytes = b""
    why: str = ""

    def header(self, name: str) -> str:
        return next((value for key, value in self.headers if key.lower() == name), "")


class RawClient:
    """One connection at a time to one server; made anew when the server has closed it."""

    def __init__(self, url: str) -> None:
        parts = urlsplit(url)
        self._place = str(parts.hostname), int(parts.port or 80)
        self._socket: socket.socket | None = None

    def __enter__(self) -> "RawClient":
        return self

    def __exit__(self, *_: object) -> None:
        self._drop()

    def exchange(
        self, portions: Sequence[bytes], *, method: str, pause: float = 0.0, alone: bool = False
    ) -> Answer:
        """Send the portions with pauses between them, and read one answer.

        `alone`: nothing more is sent afterwards and the connection is not used again.
        """
        fresh = self._socket is None
        answer = self._once(portions, method, pause, alone)
        if answer.status == 0 and not fresh:  # the server may close what has been idle
            answer = self._once(portions, method, pause, alone)
        if alone or answer.status <= 0:
            self._drop()
        return answer

    def _once(self, portions: Sequence[bytes], method: str, pause: float, alone: bool) -> Answer:
        if self._socket is None:
            self._socket = socket.create_connection(self._place, HANGS)
            self._socket.setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)
        try:
            self._send(self._socket, portions, pause, alone)
            return self._read(self._socket, method)
        except TimeoutError:
            self._drop()
            return Answer(-1, why=f"no byte in {HANGS:g} s")
        except (OSError, HTTPException, ValueError) as error:
            self._drop()
            return Answer(0, why=f"{type(error).__name__}: {error}")

    def _send(
        self, to: socket.socket, portions: Sequence[bytes], pause: float, alone: bool
    ) -> None:
        try:
            for portion in portions:
                to.sendall(portion)
                if pause:
                    time.sleep(pause)
            if alone:
                to.shutdown(socket.SHUT_WR)
        except (BrokenPipeError, ConnectionResetError):
            return  # it has answered early, perhaps: that is read next

    def _read(self, at: socket.socket, method: str) -> Answer:
        response = HTTPResponse(at, method=method)
        try:
            response.begin()
            body = response.read()
            answer = Answer(response.status, tuple(response.getheaders()), body)
        finally:
            response.close()
        if response.will_close:
            self._drop()
        return answer

    def _drop(self) -> None:
        if self._socket is not None:
            self._socket.close()
            self._socket = None

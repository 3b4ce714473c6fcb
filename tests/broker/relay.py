"""A TCP relay before a server, so that a test can cut it off or make it hang."""

import socket
from collections.abc import Iterator
from contextlib import contextmanager
from threading import Event, Lock, Thread


class Relay:
    """Passes bytes on both ways while it is up; `connections` counts those that came."""

    def __init__(self, host: str, port: int) -> None:
        self._server = (host, port)
        self._listener = socket.create_server(("127.0.0.1", 0))
        self.port = int(self._listener.getsockname()[1])
        self.connections = 0
        self._passing = Event()
        self._passing.set()
        self._refusing = False
        self._lock = Lock()
        self._open: list[socket.socket] = []
        Thread(target=self._accept, daemon=True).start()

    def cut(self) -> None:
        """Drop every connection, and each new one."""
        self._refusing = True
        self._drop()

    def hang(self) -> None:
        """Accept, and answer nothing."""
        self._passing.clear()

    def mend(self) -> None:
        self._refusing = False
        self._passing.set()

    def close(self) -> None:
        self._passing.set()
        self._listener.close()
        self._drop()

    def _drop(self) -> None:
        with self._lock:
            dropped, self._open = self._open, []
        for each in dropped:
            _shut(each)

    def _accept(self) -> None:
        while True:
            try:
                client, _ = self._listener.accept()
            except OSError:
                return  # closed
            self.connections += 1
            if self._refusing:
                _shut(client)
            else:
                self._join(client)

    def _join(self, client: socket.socket) -> None:
        server = socket.create_connection(self._server)
        with self._lock:
            self._open += [client, server]
        for source, target in ((client, server), (server, client)):
            Thread(target=self._pass_on, args=(source, target), daemon=True).start()

    def _pass_on(self, source: socket.socket, target: socket.socket) -> None:
        try:
            while data := source.recv(65_536):
                self._passing.wait()
                target.sendall(data)
        except OSError:
            return  # dropped
        finally:
            _shut(source)
            _shut(target)


def _shut(connection: socket.socket) -> None:
    try:
        connection.shutdown(socket.SHUT_RDWR)
    except OSError:
        return  # already
    finally:
        connection.close()


@contextmanager
def relaying(host: str, port: int) -> Iterator[Relay]:
    """A relay that is up, closed at the end."""
    relay = Relay(host, port)
    try:
        yield relay
    finally:
        relay.close()

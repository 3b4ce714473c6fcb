"""The dashboard process: one reader, one web server on 127.0.0.1, a clean stop."""

import errno
import logging
import signal
from collections.abc import Callable
from dataclasses import dataclass, field
from typing import Any

from panel.io.server import get_server
from tornado.ioloop import IOLoop

from panel_app.feed import Feed
from panel_app.history import History
from panel_app.page import make_page
from panel_app.probes import Health, Sessions, routes
from panel_app.reader import Reader
from panel_app.session import Sources
from panel_app.store import Store
from streams.adapters.endpoints import database_address, kafka_address
from streams.adapters.settings import Settings
from streams.adapters.topics import Topics
from streams.domain.errors import ServiceError

logger = logging.getLogger(__name__)

ADDRESS = "127.0.0.1"
# How much of each partition is read at the start: with PostgreSQL the day comes from there.
_TAIL, _TAIL_ALONE = 5_000, 50_000


@dataclass(frozen=True)
class Dashboard:
    """The parts of the process, wired."""

    reader: Reader
    history: History | None
    sources: Sources
    health: Health
    sessions: Sessions = field(default_factory=Sessions)


def assemble(settings: Settings) -> Dashboard:
    """Wire the parts; nothing runs yet. Raises ServiceError when there is no Kafka to use."""
    store, feed = Store(), Feed()
    history = _history(settings, store)
    tail = _TAIL if history else _TAIL_ALONE
    topics = Topics(settings.topic_prefix)
    reader = Reader(kafka_address(settings), topics, store, feed, tail)
    intervals = tuple(settings.interval_lengths)
    sources = Sources(store, feed, history, intervals, settings.signal_interval_names[0])
    return Dashboard(reader, history, sources, Health(store, feed, lambda: reader.alive))


def serve(settings: Settings, port: int, origins: list[str], ready: Callable[[str], None]) -> None:
    """Serve until SIGTERM or SIGINT; `ready` hears the URL.

    `origins` are the `host:port` that a page may open its websocket from, beside this machine's.
    Raises ServiceError when the port is taken.
    """
    board = assemble(settings)
    server = _listen(board, port, origins)
    _stop_on_signals(server.io_loop)
    board.reader.start()
    if board.history:
        board.history.load_symbols()
    server.start()
    ready(f"http://{ADDRESS}:{server.port}/")
    try:
        server.io_loop.start()
    finally:
        server.stop(wait=False)
        board.reader.stop()
        if board.history:
            board.history.close()


def _history(settings: Settings, store: Store) -> History | None:
    try:
        return History(database_address(settings), store)
    except ServiceError as error:
        logger.warning("no history: %s", error)
        return None


def _listen(board: Dashboard, port: int, origins: list[str]) -> Any:
    try:
        return get_server(
            {"/": make_page(board.sources, board.sessions.add)},
            port=port,
            address=ADDRESS,
            title="Tapedeck",
            websocket_origin=[f"localhost:{port}", f"{ADDRESS}:{port}", *origins],
            extra_patterns=routes(board.health, board.sessions),
            show=False,
            start=False,
            verbose=False,
        )
    except OSError as error:
        if error.errno != errno.EADDRINUSE:
            raise
        raise ServiceError(
            f"dashboard: expected port {port} of {ADDRESS} to be free, was taken by another "
            "program: stop it, or choose one with --port"
        ) from error


def _stop_on_signals(loop: IOLoop) -> None:
    def stop(_number: int, _frame: object) -> None:
        loop.add_callback_from_signal(loop.stop)

    for number in (signal.SIGTERM, signal.SIGINT):
        signal.signal(number, stop)

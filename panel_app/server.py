"""The dashboard process: one reader, one web server, a clean stop."""

import errno
import logging
import signal
import time
from collections.abc import Callable
from typing import Any

from bokeh.protocol.exceptions import ProtocolError
from panel.io.server import get_server
from tornado.httputil import HTTPServerRequest
from tornado.ioloop import IOLoop, PeriodicCallback
from tornado.routing import Rule

from panel_app.assembly import Dashboard, assemble
from panel_app.data.routes import data_routes
from panel_app.login import login_options
from panel_app.origins import Origins
from panel_app.page import asset_routes, make_page
from panel_app.probes import routes
from panel_app.public.hub import Hub
from panel_app.public.socket import FeedPath, FeedSocket
from streams.adapters.settings import Settings
from streams.domain.errors import ServiceError

logger = logging.getLogger(__name__)

_WATCH_MS = 1_000
# What Bokeh raises for a token that is none.
_MALFORMED = (ProtocolError, ValueError, KeyError, TypeError, AttributeError)


def serve(settings: Settings, port: int, origins: list[str], ready: Callable[[str], None]) -> None:
    """Serve until SIGTERM or SIGINT; `ready` hears the URL.

    `origins` are the `host:port` that a page may open a websocket from, beside this machine's and
    those of the settings. Raises ServiceError when the port is taken, and when the reader ends.
    """
    named = [name for name in settings.panel_origins.split(",") if name.strip()]
    ours = Origins.of(port, (*named, *origins))
    board = assemble(settings, ours)
    server = _listen(board, settings, port, ours)
    loop: IOLoop = server.io_loop
    hub = Hub(board.sources, board.limits, loop.add_callback)
    _add_feed(server, hub, settings, ours)
    board.health.hub = hub
    board.overview.people = lambda: {"sessions": board.sessions.count, "clients": len(hub)}
    _stop_on_signals(loop)
    logging.getLogger("tornado.application").addFilter(_plainly)
    board.start()
    server.start()
    PeriodicCallback(hub.round, 1_000 / board.limits.updates_per_second).start()
    PeriodicCallback(lambda: _watch(board, loop), _WATCH_MS).start()
    ready(f"http://{settings.host}:{server.port}/")
    try:
        loop.start()
        died = not board.reader.running
    finally:
        hub.close()
        server.stop(wait=False)
        board.stop()
    if died:
        raise ServiceError("dashboard: the reader of Kafka has ended: its error is in the log")


def _watch(board: Dashboard, loop: IOLoop) -> None:
    """A server whose reader has died shows an old market for ever: end, to be started again."""
    if not board.reader.running:
        loop.stop()


def _add_feed(server: Any, hub: Hub, settings: Settings, origins: Origins) -> None:
    """`/ws` belongs to Bokeh and to the public: before Bokeh's rules comes ours."""
    token = settings.ws_token
    options = {
        "hub": hub,
        "origins": origins,
        "token": token.get_secret_value() if token else None,
        "clock": time.monotonic,
    }
    server._tornado.add_handlers(r".*", [Rule(FeedPath(), FeedSocket, options)])


def _listen(board: Dashboard, settings: Settings, port: int, origins: Origins) -> Any:
    try:
        return get_server(
            {"/": make_page(board.sources, board.sessions.add)},
            port=port,
            address=settings.host,
            title="Tapedeck",
            websocket_origin=sorted(origins.allowed),
            extra_patterns=[
                *routes(board.health, board.sessions),
                *data_routes(board.desk, board.replay),
                *asset_routes(),
            ],
            show=False,
            start=False,
            verbose=False,
            **login_options(settings),
        )
    except OSError as error:
        if error.errno != errno.EADDRINUSE:
            raise
        raise ServiceError(
            f"dashboard: expected port {port} of {settings.host} to be free, was taken by another "
            "program: stop it, or choose one with --port"
        ) from error


def _plainly(record: logging.LogRecord) -> bool:
    """What a stranger sends to the page's own socket is no fault of ours: no traceback."""
    error = record.exc_info[1] if record.exc_info else None
    asked = [each for each in record.args or () if isinstance(each, HTTPServerRequest)]
    pages = any("Sec-WebSocket-Protocol" in request.headers for request in asked)
    if pages and isinstance(error, _MALFORMED):
        record.msg, record.args, record.exc_info = "bad websocket request: %s", (error,), None
        record.levelno, record.levelname = logging.INFO, "INFO"
    return True


def _stop_on_signals(loop: IOLoop) -> None:
    def stop(_number: int, _frame: object) -> None:
        loop.add_callback_from_signal(loop.stop)

    for number in (signal.SIGTERM, signal.SIGINT):
        signal.signal(number, stop)

"""The addresses of the `/data` handlers."""

from typing import Any

from tornado.web import RequestHandler

from panel_app.data.http import Desk
from panel_app.data.live import ReplayHandler, SystemHandler
from panel_app.data.pages import BarsHandler, ContextHandler, CsvHandler, SymbolHandler
from panel_app.data.tables import (
    AlertsHandler,
    EquityHandler,
    PerformanceHandler,
    WatchlistHandler,
)
from panel_app.replay_desk import Replay

_HANDLERS: dict[str, type[RequestHandler]] = {
    "watchlist": WatchlistHandler,
    "symbol": SymbolHandler,
    "context": ContextHandler,
    "bars": BarsHandler,
    r"bars\.csv": CsvHandler,
    "alerts": AlertsHandler,
    "performance": PerformanceHandler,
    "equity": EquityHandler,
    "system": SystemHandler,
}


def data_routes(desk: Desk, replay: Replay) -> list[tuple[str, type[RequestHandler], Any]]:
    """Tornado routes; `panel_app.data` documents them."""
    routes = [(rf"/data/{name}", handler, {"desk": desk}) for name, handler in _HANDLERS.items()]
    return [*routes, (r"/data/replay", ReplayHandler, {"desk": desk, "replay": replay})]

"""The providers by name: how each is reached, what it allows, and which key it needs."""

from collections.abc import Callable
from dataclasses import dataclass
from typing import Literal

from streams.adapters.feeds import alphavantage, binance, fmp, polygon
from streams.adapters.feeds.alphavantage import AlphaVantage
from streams.adapters.feeds.binance import Binance
from streams.adapters.feeds.finage import Finage
from streams.adapters.feeds.fmp import FmpNews, FmpQuotes, FmpSocket
from streams.adapters.feeds.polygon import Polygon, PolygonNews
from streams.adapters.feeds.provider import Access, NewsProvider, PollProvider, SocketProvider

Limits = tuple[tuple[int, float], ...]
Mode = Literal["socket", "poll"]
_DAY, _MINUTE = 86_400.0, 60.0


@dataclass(frozen=True, slots=True)
class Entry:
    """One provider; `limits` are (requests, seconds) of the lowest plan for what is
    asked by HTTP, quotes and news together.

    `key` and `address` are the settings' fields, None where none is needed.
    """

    title: str
    key: str | None
    url: str | None = None
    poll_url: str | None = None
    news_url: str | None = None
    address: str | None = None
    socket: Callable[[Access, tuple[str, ...]], SocketProvider] | None = None
    poll: Callable[[str | None], PollProvider] | None = None
    news: Callable[[], NewsProvider] | None = None
    limits: Limits = ()

    @property
    def modes(self) -> tuple[Mode, ...]:
        """How it can be read, the usual way first: free plans have polling only."""
        found: tuple[Mode, ...] = ()
        if self.poll is not None:
            found += ("poll",)
        if self.socket is not None:
            found += ("socket",)
        return found


PROVIDERS: dict[str, Entry] = {
    "polygon": Entry(
        "Polygon.io, US stocks",
        "polygon_api_key",
        url=polygon.URL,
        news_url=polygon.NEWS_URL,
        socket=Polygon,
        news=PolygonNews,
        limits=((5, _MINUTE),),
    ),
    "finage": Entry(
        "Finage, the market of your URL", "finage_api_key", address="finage_url", socket=Finage
    ),
    "alphavantage": Entry(
        "Alpha Vantage, stocks",
        "alphavantage_api_key",
        poll_url=alphavantage.URL,
        poll=AlphaVantage,
        limits=((5, _MINUTE), (25, _DAY)),
    ),
    "fmp": Entry(
        "Financial Modeling Prep, stocks",
        "fmp_api_key",
        url=fmp.SOCKET_URL,
        poll_url=fmp.URL,
        news_url=fmp.URL,
        socket=FmpSocket,
        poll=lambda _interval: FmpQuotes(),
        news=FmpNews,
        limits=((5, 1.0), (250, _DAY)),
    ),
    "binance": Entry("Binance, crypto, no key", None, url=binance.URL, socket=Binance),
}

"""`/healthz`, `/readyz` and `/metrics` of the dashboard."""

import json
from collections.abc import Callable, Iterator
from math import nan
from typing import Any

from prometheus_client import CONTENT_TYPE_LATEST, CollectorRegistry, Gauge, generate_latest
from prometheus_client.metrics_core import CounterMetricFamily, GaugeMetricFamily, Metric
from tornado.web import RequestHandler

from panel_app.feed import Feed, FeedState
from panel_app.market import Market
from panel_app.public.hub import Hub


class Sessions:
    """How many browsers are connected; used on the server's loop only."""

    def __init__(self) -> None:
        self.count = 0

    def add(self, difference: int) -> None:
        self.count += difference


class Health:
    """Is the process fit to serve, and why not."""

    def __init__(self, market: Market, feed: Feed, reading: Callable[[], bool]) -> None:
        """`reading`: does the reader run, and has it looked for messages lately?"""
        self.market = market
        self.feed = feed
        self.hub: Hub | None = None
        self._reading = reading

    def report(self) -> dict[str, Any]:
        """`ready` is False while loading, when Kafka is away, and when the reader hangs or ended.

        A stale feed is ready: another replica would read the same, and people are told.
        """
        status = self.feed.status(self.market.store.open)
        reading = self._reading()
        unfit = (FeedState.LOADING, FeedState.DOWN)
        return {
            "ready": reading and status.state not in unfit,
            "reader": "running" if reading else "not reading",
            "feed": status.state.value,
            "feed_age_seconds": status.age,
            "open_bars": self.market.store.open,
        }


class _Alive(RequestHandler):
    def get(self) -> None:
        self.finish({"alive": True})


class _Ready(RequestHandler):
    def initialize(self, health: Health) -> None:
        self._health = health

    def get(self) -> None:
        report = self._health.report()
        self.set_status(200 if report["ready"] else 503)
        self.set_header("Content-Type", "application/json")
        self.finish(json.dumps(report))


class _Metrics(RequestHandler):
    def initialize(self, registry: CollectorRegistry) -> None:
        self._registry = registry

    def get(self) -> None:
        self.set_header("Content-Type", CONTENT_TYPE_LATEST)
        self.finish(generate_latest(self._registry))


def routes(health: Health, sessions: Sessions) -> list[tuple[str, type[RequestHandler], Any]]:
    """The tornado routes beside the page."""
    registry = _registry(health, sessions)
    return [
        (r"/healthz", _Alive, {}),
        (r"/readyz", _Ready, {"health": health}),
        (r"/metrics", _Metrics, {"registry": registry}),
    ]


def _registry(health: Health, sessions: Sessions) -> CollectorRegistry:
    registry = CollectorRegistry()
    for name, (text, read) in _gauges(health, sessions).items():
        Gauge(f"tapedeck_panel_{name}", text, registry=registry).set_function(read)
    registry.register(_Clients(health))
    return registry


def _gauges(health: Health, sessions: Sessions) -> dict[str, tuple[str, Callable[[], float]]]:
    market, feed = health.market, health.feed
    return {
        "feed_age_seconds": (
            "Since the newest message was appended to its topic",
            lambda: nan if (age := feed.status(0).age) is None else age,
        ),
        "sessions": ("Browsers connected", lambda: sessions.count),
        "messages": ("Kafka messages read", lambda: feed.messages),
        "messages_rejected": ("Kafka messages that could not be read", lambda: feed.rejected),
        "bars": ("Bars held in memory", lambda: market.store.bars),
        "open_bars": ("Series whose newest bar is forming", lambda: market.store.open),
        "symbols": ("Symbols on the watchlist", lambda: len(market.watchlist)),
    }


class _Clients:
    """What the public WebSocket counts."""

    def __init__(self, health: Health) -> None:
        self._health = health

    def collect(self) -> Iterator[Metric]:
        """As Prometheus wants it."""
        hub = self._health.hub
        yield GaugeMetricFamily(
            "tapedeck_ws_clients", "Clients of /ws", value=0 if hub is None else len(hub)
        )
        counts = {} if hub is None else dict(hub.counts)
        sent = CounterMetricFamily("tapedeck_ws_sent", "Messages to clients of /ws")
        sent.add_metric([], 0 if hub is None else hub.messages)
        yield sent
        received = CounterMetricFamily("tapedeck_ws_received", "Messages from clients of /ws")
        received.add_metric([], counts.pop("received", 0))
        yield received
        bad = CounterMetricFamily("tapedeck_ws_bad", "Messages of clients that were refused")
        bad.add_metric([], counts.pop("bad", 0))
        yield bad
        dropped = CounterMetricFamily(
            "tapedeck_ws_dropped", "Connections closed by the server", labels=["code"]
        )
        for code, count in counts.items():
            dropped.add_metric([code], count)
        yield dropped

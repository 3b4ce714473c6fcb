"""`/healthz`, `/readyz` and `/metrics` of the dashboard."""

import json
from collections.abc import Callable
from math import nan
from typing import Any

from prometheus_client import CONTENT_TYPE_LATEST, CollectorRegistry, Gauge, generate_latest
from tornado.web import RequestHandler

from panel_app.feed import Feed, FeedState
from panel_app.store import Store


class Sessions:
    """How many browsers are connected; used on the server's loop only."""

    def __init__(self) -> None:
        self.count = 0

    def add(self, difference: int) -> None:
        self.count += difference


class Health:
    """Is the process fit to serve, and why not."""

    def __init__(self, store: Store, feed: Feed, reading: Callable[[], bool]) -> None:
        self.store = store
        self.feed = feed
        self._reading = reading

    def report(self) -> dict[str, Any]:
        """`ready` is False while loading, when Kafka is away, and when the reader has ended."""
        status = self.feed.status(self.store.open)
        reading = self._reading()
        unfit = (FeedState.LOADING, FeedState.DOWN)
        return {
            "ready": reading and status.state not in unfit,
            "reader": "running" if reading else "ended",
            "feed": status.state.value,
            "feed_age_seconds": status.age,
            "open_bars": self.store.open,
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
    store, feed = health.store, health.feed
    registry = CollectorRegistry()
    gauges: dict[str, tuple[str, Callable[[], float]]] = {
        "feed_age_seconds": (
            "Since the newest message was appended to its topic",
            lambda: nan if (age := feed.status(0).age) is None else age,
        ),
        "sessions": ("Browsers connected", lambda: sessions.count),
        "messages": ("Kafka messages read", lambda: feed.messages),
        "messages_rejected": ("Kafka messages that could not be read", lambda: feed.rejected),
        "bars": ("Bars held in memory", lambda: store.bars),
        "open_bars": ("Series whose newest bar is forming", lambda: store.open),
    }
    for name, (text, read) in gauges.items():
        Gauge(f"tapedeck_panel_{name}", text, registry=registry).set_function(read)
    return registry

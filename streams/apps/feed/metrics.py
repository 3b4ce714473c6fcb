"""What a feed counts for Prometheus beside what every pipeline counts."""

from prometheus_client import Counter, Gauge

from streams.adapters.metrics import Metrics
from streams.apps.feed.request import FeedCounts

_OWN = {
    "gaps": "Holes in a symbol's trades, and silences",
    "missing": "Trades that a provider numbered and that never came",
    "reconnects": "Connections and requests that failed and were made again",
    "stories": "Headlines",
}


class FeedMetrics:
    """The counters of one provider; they follow its counts, as adding to each is what costs."""

    def __init__(self, metrics: Metrics, provider: str) -> None:
        common, registry = metrics.of("feed"), metrics.registry
        self._counters: dict[str, Counter] = {
            "messages": common.messages,
            "ticks": common.ticks,
            "duplicates": common.duplicates,
            "rejected": common.rejected,
            "batches": common.outputs,
        }
        for name, text in _OWN.items():
            counter = Counter(f"tapedeck_feed_{name}", text, ["provider"], registry=registry)
            self._counters[name] = counter.labels(provider)
        gauge = Gauge(
            "tapedeck_feed_connected", "1 while connected", ["provider"], registry=registry
        )
        self._connected = gauge.labels(provider)
        self._told = dict.fromkeys(self._counters, 0)

    def follow(self, counts: FeedCounts) -> None:
        """Bring the counters up to the counts."""
        for name, counter in self._counters.items():
            value: int = getattr(counts, name)
            if value != self._told[name]:
                counter.inc(value - self._told[name])
                self._told[name] = value

    def connected(self, now: bool) -> None:
        """The connection is there, or lost."""
        self._connected.set(int(now))

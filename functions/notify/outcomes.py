"""What became of notifications, counted for Prometheus."""

from prometheus_client import CollectorRegistry, Counter, Histogram

_BUCKETS = (0.005, 0.01, 0.025, 0.05, 0.1, 0.25, 0.5, 1, 2.5, 5, 10, 30, 60, 300)


class Outcomes:
    """One per process."""

    def __init__(self, registry: CollectorRegistry) -> None:
        self._told = Counter(
            "tapedeck_notifications", "By outcome", ["channel", "status"], registry=registry
        )
        self._latency = Histogram(
            "tapedeck_notification_latency_seconds",
            "From the tick being sent to the channel being called",
            ["channel"],
            buckets=_BUCKETS,
            registry=registry,
        )

    def delivered(self, channel: str, latency_ms: int | None = None, count: int = 1) -> None:
        """So many on the channel; the latency is only known of what did not wait."""
        self._told.labels(channel, "delivered").inc(count)
        if latency_ms is not None:
            self._latency.labels(channel).observe(latency_ms / 1_000)

    def failed(self, channel: str) -> None:
        """One message that the channel has not accepted."""
        self._told.labels(channel, "failed").inc()

    def muted(self) -> None:
        """One that no route wanted."""
        self._told.labels("", "muted").inc()

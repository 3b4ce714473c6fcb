"""Prometheus metrics of the pipelines, and how they are served."""

import json
import logging
from dataclasses import dataclass
from typing import Any

from prometheus_client import CollectorRegistry, Counter, Gauge, Histogram, start_http_server

from streams.domain.errors import ServiceError

_HOST = "127.0.0.1"
logger = logging.getLogger(__name__)

_BUCKETS = (0.002, 0.005, 0.01, 0.025, 0.05, 0.1, 0.25, 0.5, 1, 2.5, 5, 10, 30)


@dataclass(frozen=True)
class PipelineMetrics:
    """What one pipeline counts, and the registry for metrics of its own."""

    registry: CollectorRegistry
    messages: Counter
    ticks: Counter
    late: Counter
    duplicates: Counter
    rejected: Counter
    outputs: Counter
    latency: Histogram


class Metrics:
    """The metrics of one process; make it once and hand it around."""

    def __init__(self, registry: CollectorRegistry | None = None) -> None:
        self.registry = registry or CollectorRegistry()
        self._families: dict[str, Any] = {
            "messages": self._counter("tapedeck_messages", "Kafka messages processed"),
            "ticks": self._counter("tapedeck_ticks", "Ticks taken, late ones included"),
            "late": self._counter("tapedeck_ticks_late", "Ticks that came after their bar closed"),
            "duplicates": self._counter("tapedeck_ticks_duplicate", "Ticks that were taken before"),
            "rejected": self._counter("tapedeck_rejected", "Ticks and messages rejected"),
            "outputs": self._counter("tapedeck_outputs", "Records produced"),
            "latency": Histogram(
                "tapedeck_processing_latency_seconds",
                "From a tick being sent to what it caused being sent",
                ["pipeline"],
                buckets=_BUCKETS,
                registry=self.registry,
            ),
        }
        self._lag = Gauge(
            "tapedeck_consumer_lag",
            "Messages behind the end of the topic",
            ["pipeline", "topic", "partition"],
            registry=self.registry,
        )

    def _counter(self, name: str, text: str) -> Counter:
        return Counter(name, text, ["pipeline"], registry=self.registry)

    def of(self, pipeline: str) -> PipelineMetrics:
        """The metrics of one pipeline in this process."""
        return PipelineMetrics(
            registry=self.registry,
            **{name: family.labels(pipeline) for name, family in self._families.items()},
        )

    def lag_callback(self, pipeline: str) -> dict[str, Any]:
        """Consumer settings that report lag from librdkafka's own statistics every 5 s."""

        def report(statistics: str) -> None:
            for topic, of_topic in json.loads(statistics)["topics"].items():
                for partition, of_partition in of_topic["partitions"].items():
                    if partition != "-1" and of_partition["consumer_lag"] >= 0:
                        lag = self._lag.labels(pipeline, topic, partition)
                        lag.set(of_partition["consumer_lag"])

        return {"stats_cb": report, "statistics.interval.ms": 5_000}

    def serve(self, port: int | None, *, usual: int, host: str = _HOST) -> None:
        """Answer `/metrics` on an address of this machine from a daemon thread.

        On `port` (0: any free one); without one on the usual port, or on any where that is taken.
        Raises ServiceError when the port asked for is taken.
        """
        try:
            server, _ = start_http_server(usual if port is None else port, host, self.registry)
        except OSError as error:
            if port is not None:
                raise ServiceError(f"metrics: port {port} of {host}: {error.strerror}") from error
            server, _ = start_http_server(0, host, self.registry)
        logger.info("metrics address=http://%s:%s/metrics", host, server.server_port)

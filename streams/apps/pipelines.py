"""The stream pipelines by name, and how to run some of them in this process."""

import logging
from collections.abc import Sequence
from importlib import import_module

from streams.adapters.endpoints import kafka_address
from streams.adapters.kafka import kafka_errors
from streams.adapters.metrics import Metrics
from streams.adapters.quix import application, run_all
from streams.adapters.settings import Settings

PIPELINES = ("bars", "signals", "archive", "deliver", "predict")
METRICS_PORTS = {"bars": 9101, "signals": 9102, "archive": 9103, "deliver": 9104, "predict": 9105}
"""Where each answers `/metrics`; several in one process answer at the first one's."""
# The sinks commit often and in small portions: what they hold between commits is in memory.
_OPTIONS = {"archive": {"commit_every": 500}, "predict": {"commit_every": 2_000}}

logger = logging.getLogger(__name__)


def run_pipelines(settings: Settings, names: Sequence[str]) -> None:
    """Run them until SIGTERM or SIGINT; raises what stops one of them, ServiceError for Kafka.

    Each has a consumer group and a state of its own, so they may be spread over processes or not.
    """
    with kafka_errors(kafka_address(settings)):
        _run(settings, names)


def _run(settings: Settings, names: Sequence[str]) -> None:
    metrics = Metrics()
    apps = []
    for name in names:
        options = _OPTIONS.get(name, {})
        app = application(settings, name, metrics.lag_callback(name), **options)
        import_module(f"streams.apps.{name}").build(app, settings, metrics.of(name))
        apps.append(app)
    metrics.serve(settings.metrics_port, usual=METRICS_PORTS[names[0]], host=settings.host)
    logger.info("running pipelines=%s", ",".join(names))
    run_all(apps)

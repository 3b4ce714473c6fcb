"""The stream pipelines by name, and how to run some of them in this process."""

import logging
from collections.abc import Sequence
from importlib import import_module

from streams.adapters.metrics import Metrics
from streams.adapters.quix import application, run_all
from streams.adapters.settings import Settings

PIPELINES = ("bars", "signals", "archive", "deliver")
# The sinks commit often and in small portions: what they hold between commits is in memory.
_OPTIONS = {"archive": {"commit_every": 500}}

logger = logging.getLogger(__name__)


def run_pipelines(settings: Settings, names: Sequence[str]) -> None:
    """Run them until SIGTERM or SIGINT; raises what stops one of them.

    Each has a consumer group and a state of its own, so they may be spread over processes or not.
    """
    metrics = Metrics()
    apps = []
    for name in names:
        options = _OPTIONS.get(name, {})
        app = application(settings, name, metrics.lag_callback(name), **options)
        import_module(f"streams.apps.{name}").build(app, settings, metrics.of(name))
        apps.append(app)
    metrics.serve(settings.metrics_port)
    logger.info("running pipelines=%s", ",".join(names))
    run_all(apps)

"""`/healthz`: the process answers. `/readyz`: what it needs answers too. `/metrics`."""

from collections.abc import Callable

from flask import Flask, Response
from prometheus_client import CONTENT_TYPE_LATEST, CollectorRegistry, generate_latest


def answer_health(app: Flask, ready: Callable[[], None], registry: CollectorRegistry) -> None:
    """Add the three; `ready` raises ServiceError, which answers 503."""

    @app.get("/healthz")
    def _healthz() -> dict[str, str]:
        return {"status": "ok"}

    @app.get("/readyz")
    def _readyz() -> dict[str, str]:
        ready()
        return {"status": "ready"}

    @app.get("/metrics")
    def _metrics() -> Response:
        return Response(generate_latest(registry), content_type=CONTENT_TYPE_LATEST)

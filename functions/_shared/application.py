"""What every function's Flask application has: probes, metrics, problem details, log context."""

import time
from collections.abc import Callable

from flask import Flask, Response, g, request
from prometheus_client import CollectorRegistry, Counter, Histogram

from functions._shared.health import answer_health
from functions._shared.logs import about, trace_id
from functions._shared.problems import answer_errors

MAX_BODY = 1 << 20
"""Bytes; a longer request is answered with 413 before it is read."""

Check = Callable[[], None]


def prepare(app: Flask, ready: Check, registry: CollectorRegistry) -> Flask:
    """Add to an application what they have in common; its name is the function's.

    `ready` raises ServiceError while something that is needed does not answer.
    """
    app.config["MAX_CONTENT_LENGTH"] = app.config["MAX_CONTENT_LENGTH"] or MAX_BODY
    answer_errors(app)
    answer_health(app, ready, registry)
    _measure(app, registry)
    return app


def _measure(app: Flask, registry: CollectorRegistry) -> None:
    requests = Counter(
        "tapedeck_function_requests", "Requests by answer", ["function", "code"], registry=registry
    )
    seconds = Histogram(
        "tapedeck_function_seconds", "Time of one request", ["function"], registry=registry
    )

    # Looking a series up by its labels costs more than counting.
    taken = seconds.labels(app.name)
    by_code: dict[int, Counter] = {}

    @app.before_request
    def _begin() -> None:
        about(trace_id=trace_id(request.environ.get("HTTP_TRACEPARENT")))
        g.begun = time.perf_counter()

    @app.after_request
    def _end(response: Response) -> Response:
        code = response.status_code
        if code not in by_code:
            by_code[code] = requests.labels(app.name, str(code))
        by_code[code].inc()
        taken.observe(time.perf_counter() - g.begun)
        return response

"""A Flask application that takes one CloudEvent per POST and answers as Eventing expects.

202 with an empty body: done, or known already. 400, 413, 415, 422: poison. 409: somebody else is at
it. 503: something it needs is down. A body that is no CloudEvent would be taken for a failure.
"""

import time
from collections.abc import Callable

from flask import Flask, Response, g, request
from prometheus_client import CollectorRegistry, Counter, Histogram

from functions._shared.health import answer_health
from functions._shared.logs import about, trace_id
from functions._shared.problems import answer_errors
from streams.adapters.cloud_event import CloudEvent, read_event

MAX_BODY = 1 << 20

Handler = Callable[[CloudEvent], None]
Check = Callable[[], None]


def receiver(
    function: str, handle: Handler, ready: Check, registry: CollectorRegistry | None = None
) -> Flask:
    """The application of an event function.

    `handle` does the work of one event and raises EventError, BusyError or ServiceError; `ready`
    raises ServiceError while something that is needed does not answer.
    """
    app = Flask(function)
    app.config["MAX_CONTENT_LENGTH"] = MAX_BODY
    registry = registry or CollectorRegistry()

    @app.post("/")
    def _receive() -> Response:
        event = read_event(request.headers.items(), request.get_data())
        about(trace_id=trace_id(event.trace.get("traceparent")), event=event.id)
        handle(event)
        return Response(status=202)

    answer_errors(app)
    answer_health(app, ready, registry)
    _measure(app, function, registry)
    return app


def _measure(app: Flask, function: str, registry: CollectorRegistry) -> None:
    requests = Counter(
        "tapedeck_function_requests", "Requests by answer", ["function", "code"], registry=registry
    )
    seconds = Histogram(
        "tapedeck_function_seconds", "Time of one request", ["function"], registry=registry
    )

    @app.before_request
    def _begin() -> None:
        about()
        g.begun = time.perf_counter()

    @app.after_request
    def _end(response: Response) -> Response:
        requests.labels(function, str(response.status_code)).inc()
        seconds.labels(function).observe(time.perf_counter() - g.begun)
        return response

"""A Flask application that takes one CloudEvent per POST and answers as Eventing expects.

202 with an empty body: done, or known already. 400, 413, 415, 422: poison. 409: somebody else is at
it. 503: something it needs is down. A body that is no CloudEvent would be taken for a failure.
"""

from collections.abc import Callable

from flask import Flask, Response, request
from prometheus_client import CollectorRegistry

from functions._shared.application import Check, prepare
from functions._shared.logs import about, trace_id
from streams.adapters.cloud_event import CloudEvent, read_event

Handler = Callable[[CloudEvent], None]


def receiver(
    function: str, handle: Handler, ready: Check, registry: CollectorRegistry | None = None
) -> Flask:
    """The application of an event function.

    `handle` does the work of one event and raises EventError, BusyError or ServiceError; `ready`
    raises ServiceError while something that is needed does not answer.
    """
    app = Flask(function)

    @app.post("/")
    def _receive() -> Response:
        event = read_event(request.headers.items(), request.get_data())
        about(trace_id=trace_id(event.trace.get("traceparent")), event=event.id)
        handle(event)
        return Response(status=202)

    return prepare(app, ready, registry or CollectorRegistry())

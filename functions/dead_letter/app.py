"""The composition root of the dead-letter function."""

import time
from collections.abc import Callable

from flask import Flask, Response, request
from prometheus_client import CollectorRegistry, Counter

from functions._shared.application import prepare
from functions._shared.logs import about, log_json, trace_id
from functions._shared.postgres import function_engine
from functions.dead_letter.reading import read_letter
from functions.dead_letter.store import Store
from streams.adapters.endpoints import database_address
from streams.adapters.settings import Settings, load_settings

# An event of the broker's most, 1 MiB, as base64 in a structured body.
_MAX_BODY = 2 << 20


def create_app(settings: Settings | None = None, now: Callable[[], float] = time.time) -> Flask:
    """The WSGI application; reads the settings from the environment unless they are given.

    Raises ConfigError when they do not fit, ServiceError when they name no PostgreSQL.
    """
    settings = settings or load_settings()
    log_json("dead_letter", settings.log_level)
    store = Store(function_engine(database_address(settings)))
    registry = CollectorRegistry()
    kept = Counter("tapedeck_undelivered_events", "By code", ["code"], registry=registry)
    app = Flask("dead_letter")
    app.config["MAX_CONTENT_LENGTH"] = _MAX_BODY

    @app.post("/")
    def _receive() -> Response:
        letter = read_letter(request.headers.items(), request.get_data())
        about(trace_id=trace_id(letter.event.trace.get("traceparent")), event=letter.event.id)
        store.keep(letter, int(now() * 1_000))
        kept.labels(_label(letter.code)).inc()
        app.logger.info("kept destination=%s code=%s", letter.destination, letter.code)
        return Response(status=202)

    return prepare(app, store.check, registry)


def _label(code: str) -> str:
    """A metric's label: whoever posts must not be able to make up endless ones."""
    return code if code.isdecimal() and len(code) == 3 else "other"

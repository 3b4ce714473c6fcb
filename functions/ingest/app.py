"""The composition root of the ingest function."""

import atexit
from collections.abc import Callable
from typing import Any

from flask import Flask, Request, Response, request
from prometheus_client import CollectorRegistry
from werkzeug.middleware.proxy_fix import ProxyFix

from functions._shared.application import Check, prepare
from functions._shared.logs import log_json
from functions.ingest.access import ApiKey
from functions.ingest.body import MAX_BODY, drain
from functions.ingest.outbox import Outbox
from functions.ingest.route import Ingest, Send
from streams.adapters.endpoints import redis_address
from streams.adapters.settings import Settings, load_settings


class _Sync(Flask):
    """Flask looks at every hook and view of every request for a coroutine: here are none."""

    def ensure_sync(self, func: Callable[..., Any]) -> Callable[..., Any]:
        return func


def create_app(settings: Settings | None = None) -> Flask:
    """The WSGI application; reads the settings from the environment unless they are given.

    Connects to nothing yet. Raises ConfigError when the settings do not fit.
    """
    settings = settings or load_settings()
    log_json("ingest", settings.log_level)
    outbox = Outbox(settings)
    atexit.register(outbox.close)
    return application(settings, outbox.send, outbox.check)


def application(settings: Settings, send: Send, ready: Check) -> Flask:
    """The same over any `send`, which returns when all records are stored."""
    registry = CollectorRegistry()
    key = settings.ingest_api_key
    access = ApiKey(key.get_secret_value() if key else None)
    too_often = _limit(settings)
    ingest = Ingest(send, ahead_ms=settings.ingest_ahead_ms, registry=registry)
    app = _Sync("ingest")
    app.config["MAX_CONTENT_LENGTH"] = MAX_BODY

    @app.post("/ingest")
    def _ingest() -> Response:
        # Not the proxy: it looks for the request at every attribute.
        posted: Request = request._get_current_object()  # type: ignore[attr-defined]  # Werkzeug's
        response = too_often(posted.remote_addr or "") or access.refuse(posted)
        response = response or ingest(posted)
        if response.status_code >= 400:
            drain(posted.environ)
        return response

    if proxies := settings.trusted_proxies:
        wsgi = ProxyFix(app.wsgi_app, x_for=proxies, x_proto=proxies, x_host=proxies)
        app.wsgi_app = wsgi  # type: ignore[method-assign]  # as Flask's documentation has it
    return prepare(app, ready, registry)


def _limit(settings: Settings) -> Callable[[str], Response | None]:
    if not settings.ingest_rate.strip():
        return lambda _: None
    from functions.ingest.rate import Rate, parse_rate  # a quarter of a start's imports

    rate = parse_rate(settings.ingest_rate)
    return Rate(rate, lambda: redis_address(settings), prefix=settings.topic_prefix).refuse

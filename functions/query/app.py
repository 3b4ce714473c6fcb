"""The composition root of the query function."""

from importlib.metadata import version

from flask import Flask
from prometheus_client import CollectorRegistry

from functions._shared.application import prepare
from functions._shared.logs import log_json
from functions._shared.postgres import function_engine
from functions.query.api import Api
from functions.query.compression import compress_answers
from functions.query.database import Database
from functions.query.describe import described_app
from functions.query.docs import answer_docs
from functions.query.found import serve_found, serve_symbols
from functions.query.headers import send_headers
from functions.query.latest import Latest
from functions.query.refusal import answer_refusals
from functions.query.series import serve_beside, serve_latest, serve_series
from streams.adapters.endpoints import database_address, redis_address
from streams.adapters.latest import LatestPrices
from streams.adapters.settings import Settings, load_settings

_SERVED = (serve_symbols, serve_latest, serve_series, serve_beside, serve_found)


def create_app(settings: Settings | None = None) -> Flask:
    """The WSGI application; reads the settings from the environment unless they are given.

    Raises ConfigError when they do not fit, ServiceError when they name no PostgreSQL.
    """
    settings = settings or load_settings()
    log_json("query", settings.log_level)
    registry = CollectorRegistry()
    database = Database(function_engine(database_address(settings)))
    redis = redis_address(settings)
    latest = Latest(database, LatestPrices(redis) if redis else None, registry)
    app = described_app("query", version("tapedeck"))
    prepare(app, database.check, registry)
    answer_refusals(app)
    compress_answers(app)
    send_headers(app, [origin.strip() for origin in settings.query_origins.split(",") if origin])
    for serve in _SERVED:
        serve(Api(app, database, latest))
    answer_docs(app)
    return app

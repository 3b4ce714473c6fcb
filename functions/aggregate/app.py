"""The composition root of the aggregate function."""

from flask import Flask
from prometheus_client import CollectorRegistry

from functions._shared.logs import log_json
from functions._shared.postgres import function_engine
from functions._shared.receiver import receiver
from functions.aggregate.aggregator import Aggregator
from functions.aggregate.store import Store
from functions.aggregate.sweep import Sweep
from streams.adapters.endpoints import database_address
from streams.adapters.settings import Settings, load_settings


def create_app(settings: Settings | None = None) -> Flask:
    """The WSGI application; reads the settings from the environment unless they are given.

    Raises ConfigError when they do not fit, ServiceError when they name no PostgreSQL.
    """
    settings = settings or load_settings()
    log_json("aggregate", settings.log_level)
    registry = CollectorRegistry()
    store = Store(function_engine(database_address(settings)))
    aggregator = Aggregator(store, Sweep(store), registry)
    return receiver("aggregate", aggregator.handle, store.check, registry)

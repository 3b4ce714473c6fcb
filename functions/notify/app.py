"""The composition root of the notify function."""

from flask import Flask
from prometheus_client import CollectorRegistry

from functions._shared.logs import log_json
from functions._shared.postgres import function_engine
from functions._shared.receiver import receiver
from functions.notify.channels.selection import channels
from functions.notify.ledger import Ledger
from functions.notify.notifier import Notifier
from streams.adapters.endpoints import database_address
from streams.adapters.settings import Settings, load_settings


def create_app(settings: Settings | None = None) -> Flask:
    """The WSGI application; reads the settings from the environment unless they are given.

    Raises ConfigError when they do not fit, ServiceError when they name no PostgreSQL.
    """
    settings = settings or load_settings()
    log_json("notify", settings.log_level)
    registry = CollectorRegistry()
    ledger = Ledger(function_engine(database_address(settings)), settings.notify_cooldown * 1_000)
    notifier = Notifier(ledger, channels(settings), cold=settings.notify_cold, registry=registry)
    return receiver("notify", notifier.handle, ledger.check, registry)

"""The composition root of the notify function."""

import time
from collections.abc import Callable

from flask import Flask
from prometheus_client import CollectorRegistry

from functions._shared.logs import log_json
from functions._shared.postgres import function_engine
from functions._shared.receiver import receiver
from functions.notify.channels.selection import channels
from functions.notify.flusher import Flusher
from functions.notify.ledger import Ledger
from functions.notify.notifier import Notifier
from functions.notify.outcomes import Outcomes
from functions.notify.outlet import Outlet
from functions.notify.routing import Routing
from functions.notify.waiting import Waiting
from streams.adapters.config_file import notify_rules
from streams.adapters.endpoints import database_address
from streams.adapters.settings import Settings, load_settings


def create_app(settings: Settings | None = None, now: Callable[[], float] = time.time) -> Flask:
    """The WSGI application; reads the settings from the environment unless they are given.

    Raises ConfigError when they do not fit, ServiceError when they name no PostgreSQL.
    """
    settings = settings or load_settings()
    log_json("notify", settings.log_level)
    registry = CollectorRegistry()
    engine = function_engine(database_address(settings))
    ledger = Ledger(engine, settings.notify_cooldown * 1_000)
    outlets = {channel.name: Outlet(channel, now=now) for channel in channels(settings)}
    rules = notify_rules(settings.config, settings.channel_names)
    routing = Routing(rules, settings.channel_names, settings.notify_cold)
    outcomes = Outcomes(registry)
    flusher = Flusher(Waiting(engine), outlets, routing, outcomes, now)
    notifier = Notifier(ledger, flusher, outlets, routing, outcomes, now)
    return receiver("notify", notifier.handle, ledger.check, registry)

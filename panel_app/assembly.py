"""The parts of the dashboard process, wired together; nothing runs before `start`."""

import logging
from dataclasses import dataclass

from panel_app.data.http import Desk
from panel_app.feed import Feed
from panel_app.history import History
from panel_app.market import Market
from panel_app.meters import Latencies
from panel_app.origins import Origins
from panel_app.overview import Overview, Plant
from panel_app.probes import Health, Sessions
from panel_app.public.client import Limits
from panel_app.reader import Reader
from panel_app.replay_desk import Replay
from panel_app.session import Sources
from panel_app.studies import Studies
from panel_app.watchlist import Watchlist
from streams.adapters.config_indicators import indicator_sets
from streams.adapters.endpoints import database_address, kafka_address
from streams.adapters.settings import Settings
from streams.adapters.topics import Topics
from streams.domain.errors import ServiceError

logger = logging.getLogger(__name__)

# How much of each partition is read at the start: with PostgreSQL the day comes from there.
_TAIL, _TAIL_ALONE = 5_000, 50_000


@dataclass(frozen=True)
class Dashboard:
    """The parts of the process."""

    reader: Reader
    history: History
    overview: Overview
    sources: Sources
    health: Health
    desk: Desk
    replay: Replay
    limits: Limits
    sessions: Sessions

    def start(self) -> None:
        self.reader.start()
        self.history.start()
        self.overview.start()

    def stop(self) -> None:
        self.reader.stop()
        self.overview.stop()
        self.history.close()
        self.desk.pool.shutdown(wait=False, cancel_futures=True)


def assemble(settings: Settings, origins: Origins) -> Dashboard:
    """Wire the parts. Raises ServiceError when there is no Kafka to use."""
    intervals, strength = tuple(settings.interval_lengths), settings.signal_interval_names[0]
    market, feed = Market(Watchlist(intervals[0], strength)), Feed()
    kafka, topics = kafka_address(settings), Topics(settings.topic_prefix)
    history = History(lambda: database_address(settings), market, intervals[0], strength)
    reader = Reader(kafka, topics, market, feed, _tail(settings), history.refresh)
    sent = Latencies()
    broker = f"http://127.0.0.1:{settings.broker_port}/"
    overview = Overview(Plant(kafka, topics, broker), market, feed, history.database, sent)
    replay = Replay(settings.home)
    studies = Studies(market.store, indicator_sets(settings))
    sources = Sources(market, feed, history, intervals, strength, studies, overview, replay, sent)
    return Dashboard(
        reader,
        history,
        overview,
        sources,
        Health(market, feed, lambda: reader.alive),
        Desk(sources, history, origins),
        replay,
        _limits(settings),
        Sessions(),
    )


def _tail(settings: Settings) -> int:
    try:
        database_address(settings)
    except ServiceError:
        return _TAIL_ALONE
    return _TAIL


def _limits(settings: Settings) -> Limits:
    return Limits(
        clients=settings.ws_clients,
        symbols=settings.ws_symbols,
        updates_per_second=settings.ws_rate,
    )

"""Anomalies within the pipelines: of closed bars in `run signals`, of ticks in `run bars`."""

import time
from collections.abc import Callable

import msgspec

from streams.adapters.anomaly_events import anomaly_record
from streams.adapters.config_anomalies import anomaly_rules
from streams.adapters.messages import PRODUCED
from streams.adapters.records import Message, Record, State
from streams.adapters.settings import Settings
from streams.domain.anomalies.bar_watch import BarWatch, BarWatchState
from streams.domain.anomalies.tick_watch import TickWatch
from streams.domain.indicator_row import IndicatorRow

_STATE = "anomalies"
_LIVE_MS = 60_000
_DIGITS = 15
_encode = msgspec.msgpack.Encoder().encode
_decode = msgspec.msgpack.Decoder(BarWatchState).decode


class BarAnomalies:
    """Looks at the rows of closed bars."""

    def __init__(self, settings: Settings, now: Callable[[], float] = time.time) -> None:
        """Raises ConfigError where the configuration is wrong."""
        self._rules = anomaly_rules(settings)
        self._intervals = frozenset(self._rules.intervals or ())
        self._watches: dict[str, BarWatch] = {}
        self._now = now

    def __call__(self, row: IndicatorRow, message: Message, state: State) -> list[Record]:
        """The anomalies at a bar's close; `message` is the bar's."""
        if row.interval not in self._intervals:
            return []
        saved = state.get_bytes(_STATE)
        before = _decode(saved) if saved else BarWatchState()
        delay = live_delay(message, row, self._now() * 1_000)
        after, told = self._watch(row.symbol).step(before, row, delay)
        state.set_bytes(_STATE, _encode(after))
        return [anomaly_record(anomaly, message.trace) for anomaly in told]

    def _watch(self, symbol: str) -> BarWatch:
        if symbol not in self._watches:
            self._watches[symbol] = BarWatch(self._rules.of(symbol))
        return self._watches[symbol]


class TickWatches:
    """The watch of every symbol's ticks."""

    def __init__(self, settings: Settings) -> None:
        """Raises ConfigError where the configuration is wrong."""
        self._rules = anomaly_rules(settings)
        self._interval, self._length = next(iter(settings.interval_lengths.items()))
        self._watches: dict[str, TickWatch] = {}

    def of(self, symbol: str) -> TickWatch:
        if symbol not in self._watches:
            rules = self._rules.of(symbol)
            self._watches[symbol] = TickWatch(rules, self._interval, self._length)
        return self._watches[symbol]


def live_delay(message: Message, row: IndicatorRow, now: float) -> float | None:
    """Since when (ms) the tick that closed the bar has been under way; None unless it is live.

    Of a tape that is replayed the wait in Kafka says how fast it is sent, not how slow we are. Live
    is what was sent from a minute before the end of its own bar (clocks differ) until a minute and
    the bar's length after it (some trade seldom): a tape of the past never is.
    """
    sent = next((value for name, value in message.headers if name == PRODUCED), b"")
    if not sent.isdigit() or len(sent) > _DIGITS:
        return None
    produced = int(sent)
    if not -_LIVE_MS <= produced - row.end <= _LIVE_MS + row.end - row.start:
        return None
    return max(0.0, now - produced)

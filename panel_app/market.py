"""Everything that the process knows of the market, behind the one door that the reader uses."""

import time
from collections.abc import Callable
from dataclasses import dataclass, field

from panel_app.alerts import Alert, Alerts, bar_start
from panel_app.meters import Latencies, Rates
from panel_app.store import Key, Store
from panel_app.updates import Updates
from panel_app.watchlist import Watchlist
from streams.domain.anomaly import Anomaly
from streams.domain.bar import Bar
from streams.domain.context_event import MARKET
from streams.domain.indicator_row import IndicatorRow
from streams.domain.prediction import Prediction
from streams.domain.signal import Signal


@dataclass(frozen=True, slots=True)
class Origin:
    """Where a message came from: is it new (not of the topics' past), and when was its tick sent.

    `severity` is the word of the rule that made a signal.
    """

    live: bool = False
    produced: int | None = None
    severity: str | None = None


@dataclass(frozen=True)
class Market:
    """Takes what the topics hold, and spreads it to who keeps what of it."""

    watchlist: Watchlist
    store: Store = field(default_factory=Store)
    alerts: Alerts = field(default_factory=Alerts)
    updates: Updates = field(default_factory=Updates)
    rates: Rates = field(default_factory=Rates)
    latencies: dict[str, Latencies] = field(
        default_factory=lambda: {name: Latencies() for name in ("bars", "indicators", "signals")}
    )
    clock: Callable[[], float] = time.time
    _trades: dict[str, tuple[int, int]] = field(default_factory=dict)

    def bar(self, bar: Bar, origin: Origin) -> None:
        self.store.put_bar(bar, origin.produced)
        self.watchlist.put_bar(bar)
        self.updates.bar(Key(bar.symbol, bar.interval))
        if bar.final:
            self._measure("bars", origin)
        if bar.interval == self.watchlist.shortest:
            self._count_ticks(bar, origin.live)

    def indicators(self, row: IndicatorRow, origin: Origin) -> None:
        self.store.put_indicators(row)
        self.updates.indicators(Key(row.symbol, row.interval))
        self._measure("indicators", origin)

    def prediction(self, prediction: Prediction, origin: Origin) -> None:
        self.store.put_prediction(prediction)
        if origin.live:
            self.rates.add("predictions")

    def signal(self, signal: Signal, origin: Origin) -> None:
        self._alert(Alert(signal, origin.severity, origin.live), origin)

    def anomaly(self, anomaly: Anomaly, origin: Origin) -> None:
        self._alert(Alert.of(anomaly, live=origin.live), origin)

    def _alert(self, alert: Alert, origin: Origin) -> None:
        if alert.drawn and alert.signal.symbol != MARKET:  # which has no chart
            self.store.put_marker(alert.signal, bar_start(alert.signal))
        self.watchlist.put_signal(alert.signal)
        self.alerts.put(alert)
        self.updates.signal(alert)
        self._measure("signals", origin)

    def _count_ticks(self, bar: Bar, live: bool) -> None:
        """Bars count their ticks: what a bar has more than it had came since."""
        start, trades = self._trades.get(bar.symbol, (-1, 0))
        if bar.start < start:
            return
        self._trades[bar.symbol] = bar.start, bar.trades
        fresh = bar.trades - trades if bar.start == start else bar.trades
        if live and fresh > 0:
            self.rates.add("ticks", fresh)

    def _measure(self, what: str, origin: Origin) -> None:
        if origin.live:
            self.rates.add(what)
            if origin.produced is not None:
                self.latencies[what].add(self.clock() * 1_000 - origin.produced)

"""Predictions from a program: the newest stored bar of a symbol, and what its models say.

```python
from streams.apps.price_predictor import PricePredictor

said = PricePredictor().predict_next_price("AAPL", time_horizon_minutes=5)
print(said.price, said.low, said.high, said.votes)
```
The same models, features and code as `run predict`; nothing is written. Train first: `tapedeck
train`, or `train()` of `streams.apps.train.training`.
"""

from collections.abc import Callable
from dataclasses import dataclass

from streams.adapters.database.indicator_rows import newest_row
from streams.adapters.endpoints import database_address
from streams.adapters.models.extra import SERVING, require
from streams.adapters.models.wiring import shelf_of
from streams.adapters.settings import Settings, load_settings
from streams.domain.errors import ConfigError, InputError
from streams.domain.indicator_row import IndicatorRow
from streams.domain.interval import interval_ms
from streams.domain.prediction import Forecast, ModelVote, Prediction

Newest = Callable[[str, str], IndicatorRow | None]
"""The newest row of an interval and a symbol."""


@dataclass(frozen=True, slots=True)
class NextPrice:
    """A forecast for `minutes` after the close at `time` (epoch ms UTC).

    `price` is the median, `low` and `high` hold the close in 9 of 10 cases; `last` is the close
    that is known; `votes` are about the next bar.
    """

    symbol: str
    minutes: float
    time: int
    last: float
    price: float
    low: float
    high: float
    votes: dict[str, ModelVote]
    scope: str
    version: str


class PricePredictor:
    """Asks the stored models about the newest stored bars."""

    def __init__(self, settings: Settings | None = None, newest: Newest | None = None) -> None:
        """Settings from the environment, and rows from the archive, unless they are given."""
        require(SERVING)
        self._settings = settings or load_settings()
        self._newest = newest or self._stored
        self._shelf = shelf_of(self._settings)

    def predict(self, symbol: str, interval: str | None = None) -> Prediction:
        """All that the models of a symbol say now.

        Raises ConfigError when there are no models, InputError when there is no bar with every
        feature.
        """
        interval = interval or self._settings.signal_interval_names[0]
        self._shelf.look()
        models = self._shelf.of(interval, symbol)
        if models is None:
            raise ConfigError(
                f"models: expected some of {symbol} or of all symbols for {interval}, was none: "
                "run `tapedeck train`"
            )
        row = self._newest(interval, symbol)
        vector = None if row is None else models.vector(row)
        if row is None or vector is None:
            was = "no bar" if row is None else "one that still warms up"
            raise InputError(f"{symbol} {interval}: expected a bar with every feature, was {was}")
        return models.predict([row], [vector])[0]

    def predict_next_price(
        self, symbol: str, time_horizon_minutes: float = 5, interval: str | None = None
    ) -> NextPrice:
        """The close so many minutes after the newest bar; one of the trained horizons.

        Raises ConfigError that names the trained ones, and what `predict` raises.
        """
        said = self.predict(symbol, interval)
        length = interval_ms(said.interval) / 60_000
        found = _forecast(said, time_horizon_minutes, length)
        return NextPrice(
            symbol, time_horizon_minutes, said.end, said.close,
            found.price, found.low, found.high, said.votes, said.scope, said.version,
        )  # fmt: skip

    def _stored(self, interval: str, symbol: str) -> IndicatorRow | None:
        return newest_row(database_address(self._settings), interval, symbol)


def _forecast(said: Prediction, minutes: float, length: float) -> Forecast:
    for each in said.forecasts:
        if each.horizon * length == minutes:
            return each
    known = ", ".join(f"{each.horizon * length:g}" for each in said.forecasts)
    raise ConfigError(
        f"time_horizon_minutes: expected one of {known} (bars of {said.interval}), "
        f"was {minutes:g}: train others with `tapedeck train --horizons`"
    )

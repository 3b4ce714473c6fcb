"""The literal Quix topology that the fold replaces: `tumbling_window(...).final()` per tick."""

from collections.abc import Callable, Sequence
from pathlib import Path
from typing import Any

from quixstreams import Application
from quixstreams.dataframe.windows import Aggregator
from quixstreams.models import TopicConfig

from streams.adapters.quix import AnyThreadApplication
from streams.adapters.topics import TOPIC_CONFIG

Fields = list[float]


class Ohlcv(Aggregator):
    """Open, high, low, close, volume, notional, trades of in-order ticks, as a JSON list."""

    def initialize(self) -> Fields:
        return []

    def agg(self, old: Fields, new: dict[str, Any], timestamp: Any) -> Fields:
        price, size = new["price"], new["size"]
        if not old:
            return [price, price, price, price, size, price * size, 1]
        old[1] = max(old[1], price)
        old[2] = min(old[2], price)
        old[3] = price
        old[4] += size
        old[5] += price * size
        old[6] += 1
        return old

    def result(self, value: Fields) -> Fields:
        return value


def window_application(
    address: str, prefix: str, home: Path, lengths: Sequence[int], partitions: int
) -> Application:
    """Reads one-tick JSON messages of `{prefix}window-ticks`, writes `{prefix}window-bars`."""
    app = AnyThreadApplication(
        broker_address=address,
        consumer_group=f"{prefix}window",
        auto_offset_reset="earliest",
        commit_interval=1.0,
        state_dir=home,
        loglevel=None,
    )
    config = TopicConfig(partitions, 1, extra_config=TOPIC_CONFIG)
    ticks = app.topic(
        f"{prefix}window-ticks",
        config=config,
        timestamp_extractor=lambda value, headers, timestamp, kind: value["ts"],
    )
    bars = app.topic(f"{prefix}window-bars", config=config)
    source = app.dataframe(ticks)
    for length in lengths:
        (
            source.tumbling_window(length)
            .agg(bar=Ohlcv())
            .final()
            .update(_noting(length))
            .to_topic(bars)
        )
    return app


def _noting(length: int) -> Callable[[dict[str, Any]], None]:
    return lambda value: value.update(length=length)

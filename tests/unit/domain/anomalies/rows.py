"""Rows of bars for tests of detectors."""

from collections.abc import Iterable
from typing import Any

import msgspec

from streams.domain.anomalies.bar_watch import BarWatch, BarWatchState
from streams.domain.anomalies.detector import Detector
from streams.domain.anomalies.finding import Finding
from streams.domain.anomalies.rules import LADDERS, AnomalyRules
from streams.domain.anomaly import Anomaly
from streams.domain.indicator_row import IndicatorRow

MINUTE = 60_000


def row(
    number: int,
    close: float = 100.0,
    *,
    open_: float | None = None,
    high: float | None = None,
    low: float | None = None,
    volume: float = 1.0,
    interval: str = "1m",
    length: int = MINUTE,
    **values: float,
) -> IndicatorRow:
    """The bar that starts `number` lengths after the epoch."""
    first = close if open_ is None else open_
    return IndicatorRow(
        "A", interval, number * length, (number + 1) * length, first,
        max(first, close) if high is None else high, min(first, close) if low is None else low,
        close, volume, close, 1, True, values,
    )  # fmt: skip


def found(detector: Detector, rows: Iterable[IndicatorRow]) -> list[Finding | None]:
    """What a detector says of each row; its state goes through JSON in between."""
    state: Any = None
    said = []
    for each in rows:
        state, finding = detector.step(state, each, LADDERS[detector.kind])
        state = msgspec.json.decode(msgspec.json.encode(state))
        said.append(finding)
    return said


def last(detector: Detector, rows: Iterable[IndicatorRow]) -> Finding | None:
    return found(detector, rows)[-1]


def watched(rules: AnomalyRules, rows: Iterable[IndicatorRow]) -> list[Anomaly]:
    """The anomalies that are told."""
    state, told = BarWatchState(), []
    watch = BarWatch(rules)
    for each in rows:
        state, anomalies = watch.step(state, each)
        told += anomalies
    return told

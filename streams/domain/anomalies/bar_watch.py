"""All that looks at the closed bars of one symbol: detectors, the delay, and the cooldown."""

from dataclasses import dataclass, field
from typing import Any

from streams.domain.anomalies.alarm import AlarmState, alarm
from streams.domain.anomalies.finding import Finding
from streams.domain.anomalies.rules import AnomalyRules
from streams.domain.anomaly import Anomaly, anomaly_id
from streams.domain.indicator_row import IndicatorRow
from streams.domain.notify_rules import SEVERITIES

LATENCY = "latency"


@dataclass(frozen=True, slots=True)
class BarWatchState:
    """What is remembered of one symbol: plain values, some hundred floats an interval."""

    last: dict[str, int] = field(default_factory=dict)
    """{interval: start of the last bar}."""
    detectors: dict[str, Any] = field(default_factory=dict)
    """{interval/kind: state}."""
    alarms: AlarmState = field(default_factory=AlarmState)


class BarWatch:
    """The detectors of one symbol's rules."""

    def __init__(self, rules: AnomalyRules) -> None:
        """`rules` are those `of` the symbol."""
        self._rules = rules
        self._detectors = rules.detectors()

    def step(
        self, state: BarWatchState, row: IndicatorRow, delay: float | None = None
    ) -> tuple[BarWatchState, list[Anomaly]]:
        """The next state, and the anomalies to tell at this bar's close.

        `delay` is how long (ms) the data that closed the bar took to get here, None where that is
        not known or of no meaning. A bar that was here before changes nothing.
        """
        if row.start <= state.last.get(row.interval, -1):
            return state, []
        memory, alarms, told = dict(state.detectors), state.alarms, []
        for kind, finding in self._findings(memory, row, delay):
            rank = finding.rank if finding else 0
            alarms, loud = alarm(alarms, kind, row.interval, rank, row.end, self._rules.cooldown)
            if loud and finding:
                told.append(anomaly_of_bar(row, finding))
        last = {**state.last, row.interval: row.start}
        return BarWatchState(last, memory, alarms), told

    def _findings(
        self, memory: dict[str, Any], row: IndicatorRow, delay: float | None
    ) -> list[tuple[str, Finding | None]]:
        """What every detector says; puts their states into `memory`."""
        found: list[tuple[str, Finding | None]] = []
        for detector in self._detectors:
            place = f"{row.interval}/{detector.kind}"
            ladder = self._rules.ladders[detector.kind]
            memory[place], finding = detector.step(memory.get(place), row, ladder)
            found.append((detector.kind, finding))
        if LATENCY in self._rules.ladders and delay is not None:
            found.append((LATENCY, _latency(delay, self._rules)))
        return found


def _latency(delay: float, rules: AnomalyRules) -> Finding | None:
    ladder = rules.ladders[LATENCY]
    rank = ladder.rank(delay)
    if not rank:
        return None
    said = f"the tick that closed the bar was sent {delay:.0f} ms before the bar was looked at"
    return Finding(LATENCY, rank, delay, None, ladder.low, said)


def anomaly_of_bar(row: IndicatorRow, finding: Finding) -> Anomaly:
    """The anomaly of a finding at a bar's close."""
    return Anomaly(
        id=anomaly_id(row.symbol, row.interval, row.start, finding.kind),
        time=row.end,
        symbol=row.symbol,
        interval=row.interval,
        kind=finding.kind,
        severity=SEVERITIES[finding.rank - 1],
        value=finding.value,
        expected=finding.expected,
        threshold=finding.threshold,
        start=row.start,
        price=row.close,
        reason=finding.reason,
    )

"""All that looks at the ticks of one symbol as they come: their order, quotes, and silence."""

from collections.abc import Iterable, Sequence
from dataclasses import dataclass, field, replace

from streams.domain.anomalies.alarm import AlarmState, alarm
from streams.domain.anomalies.disorder import KIND as DISORDER
from streams.domain.anomalies.disorder import DisorderState, disorder
from streams.domain.anomalies.finding import Finding
from streams.domain.anomalies.quotes import KIND as CROSSED
from streams.domain.anomalies.quotes import crossed_quote
from streams.domain.anomalies.rules import AnomalyRules
from streams.domain.anomalies.stale import KIND as STALE
from streams.domain.anomalies.stale import FeedState, next_look, stale_feed, tick_gap
from streams.domain.anomaly import Anomaly, anomaly_id
from streams.domain.notify_rules import SEVERITIES
from streams.domain.spans import Span
from streams.domain.tick import TickBatch


@dataclass(frozen=True, slots=True)
class TickWatchState:
    """What is remembered of one symbol: a few numbers."""

    order: DisorderState = field(default_factory=DisorderState)
    feed: FeedState = field(default_factory=FeedState)
    price: float = 0.0
    alarms: AlarmState = field(default_factory=AlarmState)


_Found = tuple[int, str, Finding | None]
"""Index of the tick, kind, and what is out of the ordinary: None, nothing any more."""


class TickWatch:
    """The rules of one symbol; anomalies are named by the shortest interval."""

    def __init__(self, rules: AnomalyRules, interval: str, length: int) -> None:
        """`rules` are those `of` the symbol, `length` is the interval's in ms."""
        self._rules = rules
        self._interval = interval
        self._length = length

    def ticks(
        self, state: TickWatchState, batch: TickBatch, good: Sequence[Span], behind: Sequence[Span]
    ) -> tuple[TickWatchState, list[Anomaly]]:
        """Look at the good ticks of a batch, of which `behind` came out of order."""
        if not good:
            return state, []
        order, found = self._order(state.order, good, behind)
        alarms, told = state.alarms, []
        for index, kind, finding in [*found, *self._crossed(batch, good)]:
            time, rank = batch.ts[index], finding.rank if finding else 0
            if kind == CROSSED:  # each is one: the quotes between them are not looked at
                alarms, _ = alarm(alarms, kind, "ticks", 0, time, 0)
            alarms, loud = alarm(alarms, kind, "ticks", rank, time, self._rules.cooldown)
            if loud and finding:
                told.append(self._anomaly(batch.symbol, time, batch.price[index], finding))
        feed, alarms = _fed(state.feed, alarms, batch, good)
        price = batch.price[good[-1][1] - 1]
        return TickWatchState(order, feed, price, alarms), told

    def silence(
        self, state: TickWatchState, symbol: str, clock: int
    ) -> tuple[TickWatchState, list[Anomaly]]:
        """Look at a live symbol of which no tick before `clock` (epoch ms) is to come."""
        finding = stale_feed(state.feed, clock, self._rules.ladders[STALE]) if self._stale else None
        if finding is None:
            return state, []
        alarms, loud = alarm(state.alarms, STALE, "feed", finding.rank, clock, self._rules.cooldown)
        told = [self._anomaly(symbol, clock, state.price, finding)] if loud else []
        return replace(state, alarms=alarms), told

    def next_look(self, state: TickWatchState, clock: int) -> int | None:
        """When (epoch ms) `silence` is of use next; None: never, as it is."""
        if not self._stale:
            return None
        return next_look(state.feed, clock, self._rules.ladders[STALE])

    @property
    def _stale(self) -> bool:
        return STALE in self._rules.ladders

    def _order(
        self, state: DisorderState, good: Sequence[Span], behind: Sequence[Span]
    ) -> tuple[DisorderState, list[_Found]]:
        ladder = self._rules.ladders.get(DISORDER)
        if ladder is None:
            return state, []
        after, found = disorder(state, good, behind, ladder)
        return after, [(index, DISORDER, finding) for index, finding in found]

    def _crossed(self, batch: TickBatch, good: Sequence[Span]) -> Iterable[_Found]:
        """The crossed and locked quotes among the good ticks."""
        ladder = self._rules.ladders.get(CROSSED)
        if ladder is None:
            return
        for index, bid, ask in batch.crossed or ():
            if any(lo <= index < hi for lo, hi in good):
                finding = crossed_quote(bid, ask, ladder)
                if finding is not None:
                    yield index, CROSSED, finding

    def _anomaly(self, symbol: str, time: int, price: float, finding: Finding) -> Anomaly:
        return Anomaly(
            id=anomaly_id(symbol, self._interval, time, finding.kind),
            time=time,
            symbol=symbol,
            interval=self._interval,
            kind=finding.kind,
            severity=SEVERITIES[finding.rank - 1],
            value=finding.value,
            expected=finding.expected,
            threshold=finding.threshold,
            start=time - time % self._length,
            price=price,
            reason=finding.reason,
        )


def _fed(
    feed: FeedState, alarms: AlarmState, batch: TickBatch, good: Sequence[Span]
) -> tuple[FeedState, AlarmState]:
    """A live tick ends the silence."""
    if batch.source is not None:
        return feed, alarms
    latest = max(max(batch.ts[lo:hi]) for lo, hi in good)
    alarms, _ = alarm(alarms, STALE, "feed", 0, latest, 0)
    return tick_gap(feed, sum(hi - lo for lo, hi in good), latest), alarms

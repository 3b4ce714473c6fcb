"""From a context event to signals: one symbol, one step per event.

| event | rule | signal's kind |
| --- | --- | --- |
| `news_sentiment` | `flow.NewsRule` | `news` |
| `order_book` | `flow.OrderBookRule` | `order_book` |
| `market_data` | `level.FundamentalsRule` | `fundamentals` |
| `economic_indicator` | `level.EconomicRule` | `economic` |
"""

from dataclasses import dataclass, field, replace

from streams.domain.context_event import ContextEvent, ContextKind
from streams.domain.context_rules.flow import FlowState, NewsRule, OrderBookRule
from streams.domain.context_rules.level import EconomicRule, FundamentalsRule, LevelState
from streams.domain.context_rules.verdict import Verdict
from streams.domain.signal import Signal

KINDS = ("news", "order_book", "fundamentals", "economic")


@dataclass(frozen=True, slots=True)
class ContextState:
    """What is remembered of one symbol between events: a few numbers."""

    news: FlowState | None = None
    order_book: FlowState | None = None
    fundamentals: LevelState | None = None
    economic: dict[str, LevelState] = field(default_factory=dict)


@dataclass(frozen=True, slots=True)
class ContextRules:
    """One rule of each kind; None: that kind says nothing."""

    news: NewsRule | None = field(default_factory=NewsRule)
    order_book: OrderBookRule | None = field(default_factory=OrderBookRule)
    fundamentals: FundamentalsRule | None = field(default_factory=FundamentalsRule)
    economic: EconomicRule | None = field(default_factory=EconomicRule)

    def step(self, state: ContextState, event: ContextEvent) -> tuple[ContextState, Verdict | None]:
        """The next state, and what the rule of the event's kind says."""
        verdict: Verdict | None = None
        if event.kind is ContextKind.NEWS_SENTIMENT and self.news:
            news, verdict = self.news.step(state.news, event)
            return replace(state, news=news), verdict
        if event.kind is ContextKind.ORDER_BOOK and self.order_book:
            orders, verdict = self.order_book.step(state.order_book, event)
            return replace(state, order_book=orders), verdict
        if event.kind is ContextKind.MARKET_DATA and self.fundamentals:
            level, verdict = self.fundamentals.step(state.fundamentals, event)
            return replace(state, fundamentals=level), verdict
        if event.kind is ContextKind.ECONOMIC_INDICATOR and self.economic:
            levels, verdict = self.economic.step(state.economic, event)
            return replace(state, economic=levels), verdict
        return state, None


def context_signal(event: ContextEvent, verdict: Verdict, identity: str, interval: str) -> Signal:
    """The signal of a verdict.

    `identity` is what the event is known by; `interval` the one whose bars it is scored by. It has
    no price (0): which close is the last one depends on how far the bars have been read by then.
    """
    return Signal(
        id=f"{event.symbol}/{identity}/{verdict.kind}",
        time=event.ts,
        symbol=event.symbol,
        interval=interval,
        kind=verdict.kind,
        side=verdict.side,
        price=0.0,
        strength=verdict.strength,
        warm=True,
        reason=verdict.reason,
    )

"""What lies beside the ticks: order book, news, fundamentals and the economy.

Fundamentals follow the price (a fixed number of shares, fixed earnings), economic figures follow
themselves (AR(1)), news comes at random and with every jump, and then says its direction.
"""

import numpy as np

from streams.adapters.synthetic.block import Block, Floats, Ints
from streams.adapters.synthetic.paths import Jump
from streams.adapters.synthetic.plan import MarketPlan
from streams.domain.context_event import MARKET, ContextEvent, ContextKind

_SHARES = (
    (ContextKind.ORDER_BOOK, 0.80),
    (ContextKind.NEWS_SENTIMENT, 0.10),
    (ContextKind.MARKET_DATA, 0.08),
    (ContextKind.ECONOMIC_INDICATOR, 0.02),
)
_ECONOMY = (
    ("GDP Growth Rate", 2.0, 0.8),
    ("Inflation Rate", 2.5, 0.5),
    ("Unemployment Rate", 5.0, 0.4),
    ("Interest Rate", 3.0, 0.3),
)
"""(name, mean, standard deviation), percent."""
_PERSISTENCE = 0.95


class Facts:
    """Makes context events; a pair of orders, bid and ask, counts as one of the rate."""

    def __init__(self, plan: MarketPlan, prices: Floats, seed: np.random.SeedSequence) -> None:
        self._symbols = plan.symbols
        self._rng = np.random.default_rng(seed)
        count = len(plan.symbols)
        self._shares: Floats = self._rng.lognormal(np.log(5e8), 1.0, count)
        self._earnings: Floats = prices / self._rng.uniform(8, 30, count)
        self._economy = [mean for _, mean, _ in _ECONOMY]
        self._edges = np.cumsum([share for _, share in _SHARES])[:-1]

    def at_ticks(self, block: Block, count: int) -> list[ContextEvent]:
        """So many events, or pairs of orders, at random ticks of a block."""
        if not len(block):
            return []
        found: list[ContextEvent] = []
        ticks = np.sort(self._rng.integers(len(block), size=count)).tolist()
        drawn = np.searchsorted(self._edges, self._rng.random(count), side="right").tolist()
        for tick, at in zip(ticks, drawn, strict=True):
            found += self._event(_SHARES[at][0], block, tick)
        return found

    def orders_at(self, block: Block, ticks: Ints) -> list[ContextEvent]:
        """The best bid and the best ask at each of these ticks."""
        return [event for tick in ticks.tolist() for event in self._orders(block, tick)]

    def story(self, ts: int, jump: Jump) -> ContextEvent:
        """The news behind a jump: the larger, the stronger."""
        score = np.sign(jump.size) * (0.4 + 0.5 * np.tanh(abs(jump.size) / 0.02))
        return self._news(ts, jump.code, float(score), least=0.5)

    def _event(self, kind: ContextKind, block: Block, tick: int) -> list[ContextEvent]:
        ts, code = int(block.at[tick]), int(block.code[tick])
        if kind is ContextKind.ORDER_BOOK:
            return self._orders(block, tick)
        if kind is ContextKind.NEWS_SENTIMENT:
            return [self._news(ts, code, float(self._rng.normal(0, 0.3)))]
        if kind is ContextKind.MARKET_DATA:
            return [self._fundamentals(ts, code, float(block.price[tick]))]
        return [self._figure(ts)]

    def _orders(self, block: Block, tick: int) -> list[ContextEvent]:
        quote = (float(block.bid[tick]), float(block.ask[tick]))
        sizes = self._rng.integers(1, 101, 2).tolist()
        return [
            ContextEvent(
                self._symbols[int(block.code[tick])],
                int(block.at[tick]),
                ContextKind.ORDER_BOOK,
                order_type=side,
                price=price,
                quantity=float(size),
            )
            for side, price, size in zip(("buy", "sell"), quote, sizes, strict=True)
        ]

    def _news(self, ts: int, code: int, score: float, least: float = 0.0) -> ContextEvent:
        return ContextEvent(
            self._symbols[code],
            ts,
            ContextKind.NEWS_SENTIMENT,
            sentiment_score=round(min(max(score, -1.0), 1.0), 4),
            sentiment_magnitude=round(least + (1 - least) * float(self._rng.random()), 4),
        )

    def _fundamentals(self, ts: int, code: int, price: float) -> ContextEvent:
        return ContextEvent(
            self._symbols[code],
            ts,
            ContextKind.MARKET_DATA,
            market_cap=round(price * float(self._shares[code]), 2),
            pe_ratio=round(price / float(self._earnings[code]), 4),
        )

    def _figure(self, ts: int) -> ContextEvent:
        at = int(self._rng.integers(len(_ECONOMY)))
        name, mean, deviation = _ECONOMY[at]
        noise = float(self._rng.normal(0, deviation * np.sqrt(1 - _PERSISTENCE**2)))
        self._economy[at] = mean + _PERSISTENCE * (self._economy[at] - mean) + noise
        return ContextEvent(
            MARKET,
            ts,
            ContextKind.ECONOMIC_INDICATOR,
            indicator_name=name,
            value=round(self._economy[at], 4),
        )

"""The requests of the widely copied generator, field by field (`generator-contract`).

Prices are drawn afresh around 1000 on purpose, nothing is carried over: that is what the original
does. Poisson(5000) is drawn by its normal limit, exact to the original's `int`.
"""

import json
import math
import random
from typing import Any

from streams.domain.context_event import MARKET, RULES, ContextEvent

SYMBOLS = ("AAPL", "GOOGL", "AMZN", "MSFT", "TSLA")
URL = "http://localhost:5000/ingest"
_START, _MU, _SIGMA = 1000.0, 0.0002, 0.01
Shape = dict[str, Any]


def price_record(rng: random.Random, symbols: tuple[str, ...], now: float) -> Shape:
    """The main data: it has no `data_type`; `now` is epoch seconds."""
    opening = max(_START * math.exp(_MU - _SIGMA**2 / 2 + _SIGMA * rng.gauss(0, 1)), 0)
    closing = max(opening + round(rng.gauss(0, 10), 2), 0)
    trades = 5000 + math.sqrt(5000) * rng.gauss(0, 1)
    return {
        "stock_symbol": rng.choice(symbols),
        "opening_price": opening,
        "closing_price": closing,
        "high": max(opening, closing) + round(abs(rng.gauss(0, 5)), 2),
        "low": min(opening, closing) - round(abs(rng.gauss(0, 5)), 2),
        "volume": max(int(round(trades) * (1 + 0.1 * rng.gauss(0, 1))), 0),
        "timestamp": now,
    }


def additional_data(rng: random.Random, symbols: tuple[str, ...], now: float) -> Shape:
    """One of the four other requests, each as likely as the next."""
    kind = rng.choice(("order_book", "news_sentiment", "market_data", "economic_indicator"))
    head: Shape = {"data_type": kind, "timestamp": now}
    if kind == "economic_indicator":
        return head | {"indicator_name": "GDP Growth Rate", "value": rng.uniform(-5, 5)}
    head["stock_symbol"] = rng.choice(symbols)
    if kind == "order_book":
        return head | {
            "order_type": rng.choice(("buy", "sell")),
            "price": rng.uniform(100, 1000),
            "quantity": rng.randint(1, 100),
        }
    if kind == "news_sentiment":
        return head | {
            "sentiment_score": rng.uniform(-1, 1),
            "sentiment_magnitude": rng.uniform(0, 1),
        }
    return head | {"market_cap": rng.uniform(1e9, 1e12), "pe_ratio": rng.uniform(5, 30)}


def shape(event: ContextEvent) -> Shape:
    """A context event as the request that it would come in."""
    head: Shape = {"data_type": event.kind.value, "timestamp": event.ts / 1_000}
    if event.symbol != MARKET:
        head["stock_symbol"] = event.symbol
    return head | {name: getattr(event, name) for name in RULES[event.kind]}


def body(record: Shape) -> bytes:
    """As `requests.post(json=...)` writes it."""
    return json.dumps(record).encode()

"""The five requests of the widely copied generator, re-created from its contract, field by field.

Prices carry nothing over, floats are unrounded, the time is epoch seconds with microseconds, and
a sentiment below zero is normal: exactly what existing validators stumble over.
"""

import json
import math
import random
from collections.abc import Callable, Iterator
from typing import Any

SYMBOLS = ("AAPL", "GOOGL", "AMZN", "MSFT", "TSLA")
Shape = dict[str, Any]


def price_record(rng: random.Random, now: float) -> Shape:
    """The main data; it has no `data_type`."""
    opening = max(1000 * math.exp(0.0002 - 0.5 * 0.01**2 + 0.01 * rng.gauss(0, 1)), 0)
    closing = max(opening + round(rng.gauss(0, 10), 2), 0)
    poisson = 5000 + math.sqrt(5000) * rng.gauss(0, 1)
    return {
        "stock_symbol": rng.choice(SYMBOLS),
        "opening_price": opening,
        "closing_price": closing,
        "high": max(opening, closing) + round(abs(rng.gauss(0, 5)), 2),
        "low": min(opening, closing) - round(abs(rng.gauss(0, 5)), 2),
        "volume": max(int(poisson * (1 + 0.1 * rng.gauss(0, 1))), 0),
        "timestamp": now,
    }


def order_book(rng: random.Random, now: float) -> Shape:
    return {
        "data_type": "order_book",
        "timestamp": now,
        "stock_symbol": rng.choice(SYMBOLS),
        "order_type": rng.choice(("buy", "sell")),
        "price": rng.uniform(100, 1000),
        "quantity": rng.randint(1, 100),
    }


def news_sentiment(rng: random.Random, now: float) -> Shape:
    return {
        "data_type": "news_sentiment",
        "timestamp": now,
        "stock_symbol": rng.choice(SYMBOLS),
        "sentiment_score": rng.uniform(-1, 1),
        "sentiment_magnitude": rng.uniform(0, 1),
    }


def market_data(rng: random.Random, now: float) -> Shape:
    return {
        "data_type": "market_data",
        "timestamp": now,
        "stock_symbol": rng.choice(SYMBOLS),
        "market_cap": rng.uniform(1e9, 1e12),
        "pe_ratio": rng.uniform(5, 30),
    }


def economic_indicator(rng: random.Random, now: float) -> Shape:
    """About no stock."""
    return {
        "data_type": "economic_indicator",
        "timestamp": now,
        "indicator_name": "GDP Growth Rate",
        "value": rng.uniform(-5, 5),
    }


SHAPES: tuple[Callable[[random.Random, float], Shape], ...] = (
    price_record,
    order_book,
    news_sentiment,
    market_data,
    economic_indicator,
)


def shapes(now: float, seed: int = 1) -> Iterator[Shape]:
    """One of each for ever, as the two loops of the generator would send them."""
    rng = random.Random(seed)
    while True:
        yield from (make(rng, now) for make in SHAPES)


def body(shape: Shape) -> bytes:
    """As `requests.post(json=...)` writes it."""
    return json.dumps(shape).encode()

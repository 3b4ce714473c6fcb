"""Examples of what the API answers, for its description; a test holds them to the shapes."""

from typing import Any

_BAR: dict[str, Any] = {
    "symbol": "CORVA", "interval": "1m", "start_ms": 1709542800000, "end_ms": 1709542860000,
    "open": 19.85, "high": 19.91, "low": 19.84, "close": 19.9, "volume": 1812.0,
    "vwap": 19.87, "trades": 23, "last_ts_ms": 1709542858120,
}  # fmt: skip
EXAMPLES: dict[str, dict[str, Any]] = {
    "Latest": {"symbol": "CORVA", "ts_ms": 1709542801565, "price": 19.85, "size": 71.0},
    "Symbols": {
        "symbol": "CORVA", "intervals": ["1m", "5m", "15m"], "last_ts_ms": 1709542858120,
        "close": 19.9,
    },
    "Ticks": {
        "symbol": "CORVA", "ts_ms": 1709542801565, "price": 19.85, "size": 71.0, "open": None,
        "high": None, "low": None, "source": "1f4e0b5c9a7d2e63", "seq": 0,
    },
    "Bars": _BAR,
    "Indicators": {
        **{name: value for name, value in _BAR.items() if name != "last_ts_ms"},
        "warm": True, "values": {"ema38": 19.8812, "ema100": 19.8745}, "votes": {},
    },
    "Signals": {
        "id": "CORVA/5m/1709542800000/breakout", "time_ms": 1709543100000, "symbol": "CORVA",
        "interval": "5m", "kind": "breakout", "side": "buy", "price": 19.93, "strength": 0.12,
        "warm": True, "reason": "EMA38 crossed above EMA100",
    },
    "Anomalies": {
        "id": "CORVA/1m/1709542800000/anomaly.volume_spike", "time_ms": 1709542860000,
        "symbol": "CORVA", "interval": "1m", "kind": "volume_spike", "severity": "high",
        "value": 31000.0, "expected": 1900.0, "threshold": 5700.0, "start_ms": 1709542800000,
        "price": 19.93, "reason": "volume 31000 is 16.3 times the mean of 20 bars",
    },
    "Predictions": {
        "symbol": "CORVA", "interval": "5m", "start_ms": 1709542800000, "end_ms": 1709543100000,
        "model": "forecast", "horizon": 3, "vote": None, "probability": None, "forecast": 19.94,
        "low": 19.71, "high": 20.18, "close": 19.93, "scope": "*",
        "version": "20240304T0900-1f4e0b5c9a7d",
    },
    "Contexts": {
        "id": "context/3/17", "time_ms": 1709542860000, "symbol": "CORVA", "kind": "news_sentiment",
        "order_type": None, "price": None, "quantity": None, "sentiment_score": 0.4,
        "sentiment_magnitude": 0.9, "market_cap": None, "pe_ratio": None,
        "indicator_name": None, "value": None,
    },
    "Summaries": {
        "symbol": "CORVA", "day_ms": 1709510400000, "open": 19.85, "high": 20.4, "low": 19.6,
        "last": 20.11, "change": 0.31, "change_percent": 1.5656565656565657, "volume": 812000.0,
        "vwap": 20.02, "volatility": 0.0121, "trades": 9120, "bars": 390, "interval": "1m",
        "previous_last": 19.8, "signals": {"breakout": {"buy": 2, "sell": 1}},
        "last_signal_id": "CORVA/5m/1709542800000/breakout", "last_signal_ms": 1709543100000,
        "last_signal_side": "buy",
    },
    "Scorecards": {
        "rule": "breakout", "interval": "5m", "symbol": "CORVA", "horizon": 5, "signals": 40,
        "hits": 24, "hit_rate": 0.6, "low": 0.446, "high": 0.737, "mean_return": 0.0012,
        "base_rate": 0.51, "base_mean_return": 0.0001, "warm": True,
    },
}  # fmt: skip
"""By the name of the answer: one of its items."""

"""One item of each shape that `POST /ingest` takes."""

from tests.generator_shapes import Shape

NOW = 1_700_000_000_123
LATEST = NOW + 1_000
AT = 1_700_000_000.123456
RECORD: Shape = {
    "stock_symbol": "AAPL", "opening_price": 1001.5, "closing_price": 999.25, "high": 1003.0,
    "low": 998.0, "volume": 5012, "timestamp": AT,
}  # fmt: skip
ORDER: Shape = {
    "data_type": "order_book", "timestamp": AT, "stock_symbol": "TSLA", "order_type": "sell",
    "price": 512.5, "quantity": 7,
}  # fmt: skip
NEWS: Shape = {
    "data_type": "news_sentiment", "timestamp": AT, "stock_symbol": "AMZN",
    "sentiment_score": -0.75, "sentiment_magnitude": 0.5,
}  # fmt: skip
MARKET: Shape = {
    "data_type": "market_data", "timestamp": AT, "stock_symbol": "MSFT", "market_cap": 3.5e11,
    "pe_ratio": 29.5,
}  # fmt: skip
ECONOMY: Shape = {
    "data_type": "economic_indicator", "timestamp": AT, "indicator_name": "GDP Growth Rate",
    "value": -4.5,
}  # fmt: skip
TICK: Shape = {"symbol": "A", "ts": NOW, "price": 1.5, "size": 3}
CANDLE: Shape = {
    "symbol": "A", "ts": NOW, "open": 2, "high": 4.5, "low": 1, "close": 3, "volume": 10,
}  # fmt: skip
GOLDEN = (RECORD, ORDER, NEWS, MARKET, ECONOMY, TICK, CANDLE)

"""Takes ticks, candles and context over HTTP, and answers when Kafka has them."""

from functions.ingest.app import create_app

__all__ = ["create_app"]

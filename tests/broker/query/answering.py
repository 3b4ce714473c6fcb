"""The query function in this process, with the Redis and the PostgreSQL that a test chooses."""

from collections.abc import Callable
from dataclasses import dataclass
from typing import Any
from urllib.parse import urlsplit, urlunsplit

from flask.testing import FlaskClient

from streams.adapters.latest import Latest, LatestValues
from tests.broker.relay import Relay


@dataclass
class Query:
    """The function in this process."""

    client: FlaskClient

    def latest(self, symbol: str) -> tuple[int, Any]:
        answer = self.client.get(f"/api/v1/latest/{symbol}")
        return answer.status_code, (answer.json or {}).get("price")

    def status(self, path: str) -> int:
        return self.client.get(path).status_code

    def count(self, tier: str, outcome: str) -> float:
        label = f'tapedeck_query_cache_total{{outcome="{outcome}",tier="{tier}"}} '
        lines = self.client.get("/metrics").text.splitlines()
        return sum(float(line.removeprefix(label)) for line in lines if line.startswith(label))


Make = Callable[..., Query]


def archive(redis_url: str, symbol: str, ts: int, price: float) -> None:
    """As `run archive` does it."""
    values = LatestValues(redis_url)
    tick = {"symbol": symbol, "ts": ts, "price": price, "size": None}
    values.add(Latest(f"latest_price:{symbol}", ts, tick))
    assert values.write()


def through(relay: Relay, url: str) -> str:
    parts = urlsplit(url)
    return urlunsplit(
        parts._replace(netloc=f"{parts.netloc.rpartition('@')[0]}@127.0.0.1:{relay.port}")
    )

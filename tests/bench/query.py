"""The REST API as its manifest starts it: latest prices from the cache, and a page of bars.

500 requests/s in an open loop over keep-alive connections, 200 symbols; the best of three runs, as
other work on the machine can only make it slower. Budget: p99 of 25 ms for the latest prices.
"""

import time
from collections.abc import Iterator, Sequence
from pathlib import Path
from urllib.parse import urlsplit

import httpx

from streams.adapters.database import connect_engine, upgrade
from streams.adapters.database.rows import bar_row
from streams.adapters.database.writer import Batch, Writer
from streams.adapters.endpoints import Endpoints
from streams.adapters.latest import Latest, LatestValues
from streams.adapters.services import down, up
from streams.domain.bar import Bar
from tests.bench.open_loop import Load, get, percentile, send
from tests.bench.table import Row
from tests.embedded import strange_ports
from tests.fakes import settings
from tests.function_process import environment, function_process

RATE, PAGES_RATE = 500, 50
SECONDS = 10.0
RUNS = 3
CONNECTIONS = 32
SYMBOLS = [f"B{n:03}" for n in range(200)]
BARS = 500
MINUTE = 60_000
BUDGET = 0.025


def measure(home: Path) -> Iterator[Row]:
    """Rate and percentiles of each; the share of lookups that each tier of the cache answered."""
    home.chmod(0o755)
    chosen = settings(TAPEDECK_HOME=home / "services")
    strange_ports(chosen.home)
    try:
        places = up(chosen, only={"postgres", "redis"})
        assert places.redis is not None
        _fill(str(places.database), places.redis)
        yield from _measure(places, home)
    finally:
        down(chosen)


def _measure(places: Endpoints, home: Path) -> Iterator[Row]:
    with function_process("query", environment(places, home), home) as running:
        running.wait_until_it_answers()
        port = int(urlsplit(running.url).port or 0)
        latest = [f"/api/v1/latest/{symbol}" for symbol in SYMBOLS]
        bars = [f"/api/v1/bars/{symbol}?limit=100" for symbol in SYMBOLS]
        _best(port, latest, RATE, runs=1)  # warms up
        yield from _rows("latest", RATE, _best(port, latest, RATE))
        yield _hits(running.url)
        yield from _rows("100 bars", PAGES_RATE, _best(port, bars, PAGES_RATE))


def _best(port: int, targets: Sequence[str], rate: float, runs: int = RUNS) -> Load:
    requests = [get(target) for target in targets]
    loads = [send(port, requests, rate, SECONDS, CONNECTIONS) for _ in range(runs)]
    for load in loads:
        assert set(load.statuses) == {200}, load.statuses
    return min(loads, key=lambda load: load.percentile(0.99))


def _rows(what: str, asked: float, load: Load) -> Iterator[Row]:
    yield Row(f"{what}, rate", f"{load.rate:,.0f}/s", f"{load.rate / asked:.2f} of what was asked")
    for share in (0.5, 0.99):
        figure = load.percentile(share)
        ratio = f"{figure / BUDGET:.2f} of the budget" if what == "latest" else ""
        yield Row(f"{what}, p{share * 100:g}", f"{figure * 1_000:.1f} ms", ratio)
    late = percentile(load.late, 0.99)
    yield Row(f"{what}, asked late, p99", f"{late * 1_000:.1f} ms", "the machine's part of it")


def _hits(url: str) -> Row:
    text = httpx.get(f"{url}/metrics").text
    prefix = "tapedeck_query_cache_total"
    lines = [line for line in text.splitlines() if line.startswith(prefix)]
    hits = {
        line.partition('tier="')[2].partition('"')[0]: float(line.split()[-1])
        for line in lines
        if 'outcome="hit"' in line
    }
    whole = sum(hits.values())
    shares = ", ".join(f"{tier} {count / whole:.0%}" for tier, count in sorted(hits.items()))
    return Row("latest, answered by", shares, "")


def _fill(database: str, redis: str) -> None:
    upgrade(database)
    engine = connect_engine(database)
    for symbol in SYMBOLS:
        batch = Batch()
        for n in range(BARS):
            start = n * MINUTE
            bar = Bar(symbol, "1m", start, start + MINUTE, 1, 2, 1, 1.5, 9.5, 1.25, 4, start)
            batch.add(bar_row(bar))
        Writer(engine).write(batch)
    engine.dispose()
    values, now = LatestValues(redis), time.time_ns() // 1_000_000
    for symbol in SYMBOLS:
        tick = {"symbol": symbol, "ts": now, "price": 101.25, "size": 300.0}
        values.add(Latest(f"latest_price:{symbol}", now, tick))
    assert values.write()

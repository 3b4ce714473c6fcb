"""All models of a symbol on one bar, and on many; loading, exchanging and training them.

Times are of this thread's own work, so that whatever else the machine does changes little. The
budget is a millisecond a bar for features, four classifiers and three forecasts together.
"""

import time
from collections.abc import Callable, Iterator
from pathlib import Path

from streams.adapters.models.shelf import Shelf
from streams.adapters.models.store import ModelStore
from streams.apps.prediction.engine import Engine
from streams.apps.train.carding import card_of
from streams.apps.train.recipe import Recipe
from streams.apps.train.training import make
from streams.domain.indicator_row import IndicatorRow
from tests.bench.table import Row
from tests.random_market import random_walk, rows_of
from tests.tiny_models import data_of, job

BUDGET_US = 1_000.0
BARS, ROWS = 5_000, 1_024
_PORTIONS = (1, 16, 256)


def measure(home: Path) -> Iterator[Row]:
    """Microseconds a bar by the size of the portion, beside the budget; seconds of the rest."""
    recipe = Recipe()
    data = data_of(random_walk(BARS, 1), recipe=recipe)
    began = time.thread_time()
    made = make(data, job(recipe), lambda _: None)
    trained = time.thread_time() - began
    store = ModelStore(home)
    store.publish(card_of(made, "5m", "A", "2024-01-01T00:00:00Z"), made.files)
    shelf = Shelf(store, lambda _: job(recipe).indicators, 0.02)
    began = time.perf_counter()
    shelf.load_all()
    loaded = time.perf_counter() - began
    engine = Engine(shelf)
    rows = list(rows_of(random_walk(ROWS + 60, 2)))[60:]
    engine.predict(rows[:1])
    for size in _PORTIONS:
        took = _each(engine, rows, size)
        what = "one bar" if size == 1 else f"of {size} bars"
        yield Row(f"all models, {what}", f"{took:.0f} us a bar", f"{took / BUDGET_US:.2f} of 1 ms")
    (features,) = {shelf.of("5m", "A")}
    assert features is not None
    vectors = _mean(lambda: features.vector(rows[0]), ROWS)
    yield Row("features of a bar", f"{vectors:.1f} us", f"{vectors / BUDGET_US:.3f} of 1 ms")
    looked = _mean(shelf.look, ROWS)
    yield Row("is there a newer set?", f"{looked:.1f} us", f"{looked / BUDGET_US:.3f} of 1 ms")
    yield Row("loading a set, libraries included", f"{loaded:.2f} s", "")
    yield Row(f"training a set on {len(data):,} bars", f"{trained:.1f} s", "")


def _each(engine: Engine, rows: list[IndicatorRow], size: int) -> float:
    """Microseconds a bar: the median portion, as a pause of the system is none of the models'."""
    times = []
    for start in range(0, len(rows), size):
        portion = rows[start : start + size]
        began = time.thread_time()
        engine.predict(portion)
        times.append((time.thread_time() - began) / len(portion))
    return sorted(times)[len(times) // 2] * 1e6


def _mean(call: Callable[[], object], count: int) -> float:
    began = time.thread_time()
    for _ in range(count):
        call()
    return (time.thread_time() - began) / count * 1e6

"""What the indicators of one bar cost: the standard set, its state, and each kind by itself."""

from collections.abc import Callable, Iterator
from pathlib import Path
from timeit import repeat
from typing import Any

import msgspec

from streams.domain.bar import Bar
from streams.domain.indicators.catalogue import standard_set
from streams.domain.indicators.indicator_set import IndicatorSet
from streams.domain.indicators.kinds import KINDS
from tests.bench.table import Row
from tests.oracles.tapes import made_series

BUDGET = 60.0
"""Microseconds for the standard set on one bar."""
_STEPS, _RUNS = 500, 25
HEADINGS = ("indicator", "microseconds a bar", "of the budget")


def measure(folder: Path) -> Iterator[Row]:
    """The quickest of many runs: what the code costs, not what else the machine does."""
    bars = list(dict(made_series())["calm"].bars())
    standard = standard_set(seeded=True)
    state = _warm(standard, bars)
    yield _row("the standard set", _microseconds(lambda: standard.step(state, bars[-1])))
    encode = msgspec.msgpack.Encoder().encode
    decode = msgspec.msgpack.Decoder(dict[str, Any]).decode
    stored = encode(state)
    took = _microseconds(lambda: encode(decode(stored)))
    yield _row(f"its state read and written, {len(stored):,} bytes", took)
    for kind in KINDS:
        only = IndicatorSet((kind.example,))
        yield _row(kind.example.name, _cost(only, bars))


def _cost(only: IndicatorSet, bars: list[Bar]) -> float:
    state = _warm(only, bars)
    return _microseconds(lambda: only.step(state, bars[-1]))


def _warm(chosen: IndicatorSet, bars: list[Bar]) -> dict[str, Any]:
    state: dict[str, Any] = {}
    for bar in bars:
        state, _ = chosen.step(state, bar)
    return state


def _microseconds(step: Callable[[], object]) -> float:
    return min(repeat(step, number=_STEPS, repeat=_RUNS)) / _STEPS * 1e6


def _row(what: str, took: float) -> Row:
    return Row(what, f"{took:.2f}", f"{took / BUDGET:.2f}x")

"""Indicators on every prefix against numpy computations of their definitions."""

import json
from collections.abc import Callable
from typing import Any

import numpy as np
import numpy.typing as npt
import pytest

from streams.domain.bar import Bar
from streams.domain.indicators.bollinger import Bollinger
from streams.domain.indicators.indicator import Indicator
from streams.domain.indicators.macd import Macd
from streams.domain.indicators.momentum import Momentum
from streams.domain.indicators.rsi import Rsi
from streams.domain.indicators.session_vwap import SessionVwap
from streams.domain.indicators.sma import Sma
from streams.domain.indicators.volatility import Volatility

Floats = npt.NDArray[np.float64]
Oracle = Callable[[Floats], dict[str, float]]
MINUTE = 60_000
_RNG = np.random.default_rng(7)
CLOSES: Floats = np.round(100 * np.exp(np.cumsum(_RNG.normal(0, 0.01, 260))), 2)
VOLUMES: Floats = _RNG.integers(0, 500, 260).astype(float)


def bar(number: int, close: float, volume: float = 1.0, start: int | None = None) -> Bar:
    at = number * MINUTE if start is None else start
    return Bar("A", "1m", at, at + MINUTE, close, close, close, close, volume, close, 1, at)


def ema(values: Floats, period: int) -> Floats:
    out, weight = [values[0]], 2 / (period + 1)
    for value in values[1:]:
        out.append(value * weight + out[-1] * (1 - weight))
    return np.array(out)


def sma(period: int) -> Oracle:
    return lambda c: {f"sma{period}": float(c[-period:].mean())} if len(c) >= period else {}


def rsi(c: Floats) -> dict[str, float]:
    changes = np.diff(c)
    if len(changes) < 14:
        return {}
    ups, downs = np.maximum(changes, 0), np.maximum(-changes, 0)
    gain, loss = ups[:14].mean(), downs[:14].mean()
    for up, down in zip(ups[14:], downs[14:], strict=True):
        gain, loss = (gain * 13 + up) / 14, (loss * 13 + down) / 14
    return {"rsi14": float(100 - 100 / (1 + gain / loss))}


def macd(c: Floats) -> dict[str, float]:
    if len(c) < 26:
        return {}
    line = (ema(c, 12) - ema(c, 26))[25:]
    signal = ema(line, 9)
    found = {"macd": line[-1], "macd_signal": signal[-1], "macd_hist": line[-1] - signal[-1]}
    return {name: float(found[name]) for name in (found if len(line) >= 9 else ["macd"])}


def bollinger(c: Floats) -> dict[str, float]:
    if len(c) < 20:
        return {}
    middle, off = float(c[-20:].mean()), 2 * float(c[-20:].std())
    return {"bb_upper": middle + off, "bb_middle": middle, "bb_lower": middle - off}


def volatility(c: Floats) -> dict[str, float]:
    returns = c[1:] / c[:-1] - 1
    enough = len(returns) >= 20
    return {"volatility20": float(returns[-20:].std(ddof=1) * 252**0.5)} if enough else {}


def momentum(c: Floats) -> dict[str, float]:
    return {"momentum10": float((c[-1] - c[-11]) / c[-11])} if len(c) > 10 else {}


CASES: list[tuple[Indicator, Oracle]] = [
    *((Sma(period), sma(period)) for period in (5, 10, 20, 50, 200)),
    (Rsi(), rsi),
    (Macd(), macd),
    (Bollinger(), bollinger),
    (Volatility(), volatility),
    (Momentum(), momentum),
]


@pytest.mark.parametrize(("indicator", "oracle"), CASES, ids=lambda c: getattr(c, "name", ""))
def test_every_prefix_agrees_with_numpy(indicator: Indicator, oracle: Oracle) -> None:
    state: Any = None
    for n, close in enumerate(CLOSES):
        before = json.dumps(state)
        state, values = indicator.step(json.loads(before), bar(n, float(close)))
        assert values == pytest.approx(oracle(CLOSES[: n + 1]), rel=1e-9, abs=1e-12)


@pytest.mark.parametrize("indicator", [case[0] for case in CASES], ids=lambda i: i.name)
def test_a_step_leaves_the_state_it_was_given_alone(indicator: Indicator) -> None:
    state: Any = None
    for n, close in enumerate(CLOSES[:40]):
        before = json.dumps(state)
        after, _ = indicator.step(state, bar(n, float(close)))
        assert json.dumps(state) == before
        state = after


def test_session_vwap_starts_anew_each_day_and_needs_volume() -> None:
    day, state, found = 86_400_000, None, []
    times = [day - MINUTE, day, day + MINUTE, day + 2 * MINUTE]
    for start, close, volume in zip(times, (9.0, 10.0, 12.0, 11.0), (5, 0, 2, 2), strict=True):
        state, values = SessionVwap().step(state, bar(0, close, volume, start))
        found.append(values.get("vwap_session"))
    assert found == [9.0, None, 12.0, 11.5]


def test_rsi_of_a_price_that_never_moves_is_in_the_middle_and_its_ends_are_reached() -> None:
    def last(closes: list[float]) -> float:
        state: Any = None
        for n, close in enumerate(closes):
            state, values = Rsi().step(state, bar(n, close))
        return values["rsi14"]

    assert last([5.0] * 20) == 50.0
    assert last([float(n) for n in range(1, 21)]) == 100.0
    assert last([float(n) for n in range(20, 0, -1)]) == 0.0


def test_session_vwap_agrees_with_numpy_on_every_prefix() -> None:
    state: Any = None
    for n in range(len(CLOSES)):
        state, values = SessionVwap().step(state, bar(n, float(CLOSES[n]), float(VOLUMES[n])))
        paid = float((CLOSES[: n + 1] * VOLUMES[: n + 1]).sum())
        assert values["vwap_session"] == pytest.approx(paid / VOLUMES[: n + 1].sum(), rel=1e-12)

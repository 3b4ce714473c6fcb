"""A user's own rule: the rising edge, cooldown, intervals and symbols, and its memory."""

import json
from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from streams.domain.breakout import Breakout
from streams.domain.indicator_row import IndicatorRow
from streams.domain.rules.expression import compiled
from streams.domain.rules.names import known_names, value_of
from streams.domain.rules.own_rule import OwnRule
from streams.domain.rules.votes import DOWN, NEUTRAL, UP, VOTERS
from streams.domain.signal import Side, Signal
from tests.unit.domain.rules.rows import FIVE, row, run

NAMES = known_names(["rsi14", "ema38", "ema100"])


def rule(when: str, side: Side = Side.BUY, **values: Any) -> OwnRule:
    return OwnRule("mine", compiled(when, NAMES), side, **values)


def bars_of(found: list[Signal]) -> list[int]:
    return [signal.time // FIVE - 1 for signal in found]


def closes(*values: float) -> list[IndicatorRow]:
    return [row(number, close) for number, close in enumerate(values)]


def test_it_is_raised_where_it_becomes_true_and_nowhere_else() -> None:
    found = run(rule("close > 5"), closes(6, 6, 4, 6, 7, 6, 5, 6))
    assert bars_of(found) == [3, 7]


def test_a_signal_says_what_held_with_the_values() -> None:
    values = {"rsi14": 28.123456}
    rows = [row(0, 9.0, {"rsi14": 35.0}), row(1, 10.5, values, warm=False)]
    assert run(rule("rsi14 < 30\n  and close > 5", Side.SELL), rows) == [
        Signal(
            "A/5m/300000/rule:mine", 600_000, "A", "5m", "rule:mine", Side.SELL, 10.5, 1.0, False,
            "rsi14 < 30 and close > 5: rsi14 28.1235, close 10.5",
        )
    ]  # fmt: skip


def test_a_name_that_is_warming_up_keeps_it_silent_and_is_no_rise() -> None:
    rows = [row(0), row(1), row(2, values={"rsi14": 20}), row(3, values={"rsi14": 40}), row(4),
            row(5, values={"rsi14": 20})]  # fmt: skip
    assert bars_of(run(rule("rsi14 < 30"), rows)) == [5]


def test_what_cannot_be_told_changes_nothing() -> None:
    rows = [row(n, 10.0, volume=v) for n, v in enumerate([9, 1, 0, 1, 9, 1])]
    assert bars_of(run(rule("close / volume > 5"), rows)) == [1, 5]


def test_the_cooldown_is_of_event_time_from_the_last_signal() -> None:
    rows = closes(4, 6, 4, 6, 4, 6, 4, 6)
    assert bars_of(run(rule("close > 5"), rows)) == [1, 3, 5, 7]
    assert bars_of(run(rule("close > 5", cooldown=4 * FIVE), rows)) == [1, 5]
    assert bars_of(run(rule("close > 5", cooldown=4 * FIVE + 1), rows)) == [1, 7]


def test_it_looks_at_its_intervals_and_symbols_only() -> None:
    def found(**values: Any) -> int:
        made = rule("close > 5", **values)
        rows = [row(n, close, symbol="ACME", interval="5m") for n, close in enumerate([4.0, 6.0])]
        return len(run(made, rows))

    assert found() == 1
    assert found(intervals=frozenset({"5m"}), symbols=("B*", "AC*")) == 1
    assert found(intervals=frozenset({"1m"})) == 0
    assert found(symbols=("B*",)) == 0
    assert rule("close > 5", symbols=("B*",)).step(None, row(0)) == (None, ())


def test_another_expression_under_its_name_starts_anew() -> None:
    state, _ = rule("close > 5").step(None, row(0, 4.0))
    _, found = rule("close > 5").step(state, row(1, 6.0))
    assert len(found) == 1
    _, found = rule("close > 4.5").step(state, row(1, 6.0))
    assert found == ()


@pytest.mark.parametrize(
    ("name", "value"),
    [("close", 10.0), ("volume", 1.0), ("trades", 1.0), ("rsi14", 40.0), ("ema38", None),
     ("vote_rsi", -1.0), ("vote_macd", 1.0), ("vote_change", 0.0), ("vote_momentum", None)],
)  # fmt: skip
def test_names_and_their_values(name: str, value: float | None) -> None:
    held = row(0, values={"rsi14": 40.0}, votes={"rsi": DOWN, "macd": UP, "change": NEUTRAL})
    assert name in NAMES
    assert value_of(held, name) == value


def test_every_vote_has_a_name() -> None:
    assert {f"vote_{voter}" for voter in VOTERS} <= set(NAMES)


_averages = st.lists(st.tuples(st.integers(1, 4), st.integers(1, 4)), max_size=40)


@settings(max_examples=60)
@given(_averages)
def test_the_breakout_written_as_a_rule_is_the_breakout(pairs: list[tuple[int, int]]) -> None:
    """The same bars as the built-in's buys, but the first at which anything can be told."""
    rows = [
        row(n, values={"ema38": float(fast), "ema100": float(slow)})
        for n, (fast, slow) in enumerate(pairs)
    ]
    built_in = [s.time for s in run(Breakout(), rows) if s.side is Side.BUY]
    written = [s.time for s in run(rule("ema38 crosses above ema100"), rows)]
    assert written == [time for time in built_in if time != 2 * FIVE]


@settings(max_examples=60)
@given(st.lists(st.floats(1, 10), max_size=40), st.integers(0, 40))
def test_dumping_and_loading_its_state_changes_nothing(prices: list[float], cut: int) -> None:
    made, rows = rule("close > close[3] and close > 4", cooldown=2 * FIVE), closes(*prices)
    state: Any = None
    found: list[Signal] = []
    for number, each in enumerate(rows):
        if number == cut:
            state = json.loads(json.dumps(state))
        state, signals = made.step(state, each)
        found += signals
        assert state is not None
        assert len(state[3]) <= 4
    assert found == run(made, rows)

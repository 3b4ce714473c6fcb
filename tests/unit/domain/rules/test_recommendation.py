"""Recommendations: only changes, by the average of the weighted votes, with hysteresis."""

import json
from itertools import pairwise
from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from streams.domain.analysis import Analysis, AnalysisState
from streams.domain.errors import ConfigError
from streams.domain.rules.recommendation import WEIGHTS, Recommendation
from streams.domain.rules.votes import DOWN, NEUTRAL, UP, VOTERS
from streams.domain.signal import Side, Signal
from tests.unit.domain.rules.rows import bar, row, run, walk

RSI_ONLY = {name: float(name == "rsi") for name in WEIGHTS}


def plain(**values: float) -> Recommendation:
    """Of the RSI's vote alone, not averaged: the score is 1, 0 or -1."""
    return Recommendation(RSI_ONLY, smooth=1, **values)


def sides(rule: Recommendation, votes: list[str]) -> list[tuple[int, str]]:
    found = run(rule, [row(number, votes={"rsi": vote}) for number, vote in enumerate(votes)])
    return [(signal.time // 300_000 - 1, signal.side.value) for signal in found]


def test_it_says_only_what_has_changed() -> None:
    votes = [NEUTRAL, UP, UP, UP, NEUTRAL, NEUTRAL, DOWN, DOWN, UP]
    assert sides(plain(), votes) == [(1, "buy"), (4, "neutral"), (6, "sell"), (8, "buy")]


def test_it_begins_with_neutral_and_says_nothing_of_it() -> None:
    assert sides(plain(), [NEUTRAL] * 5) == []


def test_what_stands_stays_until_the_average_is_well_below_where_it_came() -> None:
    # weights 1: the score of three of four votes is 0.5, of four 1, of two 0
    weights = {"rsi": 1.0, "macd": 1.0, "momentum": 1.0, "change": 1.0, "bollinger": 0.0}
    rule = Recommendation(weights, enter=0.8, leave=0.2, smooth=1)

    def vote(up: int) -> dict[str, str]:
        return {name: UP if at < up else DOWN for at, name in enumerate(VOTERS)}

    found = run(rule, [row(n, votes=vote(up)) for n, up in enumerate([3, 4, 3, 3, 2, 3, 4, 0])])
    assert [(s.time // 300_000 - 1, s.side) for s in found] == [
        (1, Side.BUY), (4, Side.NEUTRAL), (6, Side.BUY), (7, Side.SELL),
    ]  # fmt: skip


def test_the_average_is_exponential_and_starts_from_nothing() -> None:
    rule = Recommendation(RSI_ONLY, enter=0.6, leave=0.1, smooth=3)
    state, _ = rule.step(None, row(0, votes={"rsi": UP}))
    assert state == [0.5, "neutral"]
    state, (signal,) = rule.step(state, row(1, votes={"rsi": UP}))
    assert state == [0.75, "buy"]
    assert (signal.strength, signal.kind, signal.id) == (
        0.75, "recommendation", "A/5m/300000/recommendation",
    )  # fmt: skip
    assert signal.reason == "was neutral, weighted vote +0.75: rsi UP"


def test_it_waits_until_every_rule_with_a_weight_votes() -> None:
    rule = Recommendation(smooth=1)
    assert rule.step(None, row(0, votes={"rsi": UP, "macd": UP})) == (None, ())
    complete = dict.fromkeys(VOTERS, UP)
    assert [s.side for s in run(rule, [row(0, votes=complete)])] == [Side.BUY]


@pytest.mark.parametrize(
    ("values", "said"),
    [
        ({"enter": 0.1, "leave": 0.2}, "leave: expected 0 <= leave < enter <= 1"),
        ({"enter": 1.1}, "leave: expected 0 <= leave < enter <= 1, was 0.1 and 1.1"),
        ({"leave": -0.1}, "leave: expected"),
        ({"weights": {"vibes": 1.0}}, "weights: expected rules among rsi, macd, .*was 'vibes'"),
        ({"weights": {"rsi": 0.0}}, "weights: expected one above 0, was none"),
    ],
)
def test_what_cannot_work_is_refused(values: dict[str, object], said: str) -> None:
    with pytest.raises(ConfigError, match=said):
        Recommendation(**values)  # type: ignore[arg-type]  # by name


_votes = st.lists(
    st.fixed_dictionaries({name: st.sampled_from([UP, DOWN, NEUTRAL]) for name in VOTERS}),
    max_size=60,
)


@settings(max_examples=50)
@given(_votes, st.integers(0, 60))
def test_dumping_and_loading_its_state_changes_nothing(
    votes: list[dict[str, str]], cut: int
) -> None:
    rule, rows = Recommendation(smooth=4), [row(n, votes=v) for n, v in enumerate(votes)]
    state: Any = None
    found: list[Signal] = []
    for number, each in enumerate(rows):
        if number == cut:
            state = json.loads(json.dumps(state))
        state, signals = rule.step(state, each)
        found += signals
    assert found == run(rule, rows)
    assert all(one.side != other.side for one, other in pairwise(found))


def test_random_walks_change_it_seldom() -> None:
    """With the defaults once in some 40 bars, against every fifth to tenth by the bare votes."""

    def changes(rule: Recommendation) -> int:
        count = 0
        analysis = Analysis.of("seeded", steps=(rule,))
        for seed in range(3):
            state = AnalysisState()
            for number, close in enumerate(walk(seed, 1_000)):
                state, _, found = analysis.step(state, bar(number, close))
                count += sum(signal.kind == "recommendation" for signal in found)
        return count

    usual, bare = changes(Recommendation()), changes(Recommendation(smooth=1, leave=0.59))
    assert 3_000 / 80 < usual < 3_000 / 25
    assert bare > 3_000 / 10

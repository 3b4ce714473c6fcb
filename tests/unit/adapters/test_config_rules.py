"""Sections [recommendation] and [[rules]]: what is read, what is refused, by which name."""

from pathlib import Path

import pytest

from streams.adapters.chosen_rule import chosen_rule
from streams.adapters.config_analysis import configured_analyses
from streams.adapters.config_indicators import indicator_sets
from streams.adapters.config_rules import Rules, configured_rules
from streams.domain.breakout import Breakout
from streams.domain.errors import ConfigError
from streams.domain.rules.own_rule import OwnRule
from streams.domain.rules.recommendation import WEIGHTS, Recommendation
from streams.domain.signal import Side
from tests.fakes import settings
from tests.unit.docs.pages import ROOT

OVERSOLD = """
[[rules]]
name = "oversold"
when = "rsi14 < 30 and close > bb_lower"
side = "buy"
"""


def rules(tmp_path: Path, text: str) -> Rules:
    path = tmp_path / "tapedeck.toml"
    path.write_text(text)
    ours = settings(TAPEDECK_CONFIG=str(path))
    return configured_rules(ours, indicator_sets(ours))


def test_without_a_file_there_is_the_usual_recommendation_and_no_own_rule() -> None:
    ours = settings()
    found = configured_rules(ours, indicator_sets(ours))
    assert (found.recommendation, found.own) == (Recommendation(), ())
    assert [step.name for step in found.steps] == ["recommendation"]


def test_a_rule_has_the_signal_intervals_every_symbol_and_no_cooldown_unless_it_says_so(
    tmp_path: Path,
) -> None:
    (rule,) = rules(tmp_path, OVERSOLD).own
    assert (rule.name, rule.side, rule.when.text) == (
        "rule:oversold", Side.BUY, "rsi14 < 30 and close > bb_lower",
    )  # fmt: skip
    assert (rule.cooldown, rule.intervals, rule.symbols) == (0, frozenset({"5m"}), ("*",))


def test_a_rule_may_say_all_of_it(tmp_path: Path) -> None:
    more = 'cooldown = "30m"\nintervals = ["1min", "15m"]\nsymbols = ["A*", "B"]'
    (rule,) = rules(tmp_path, OVERSOLD + more).own
    assert (rule.cooldown, rule.intervals) == (1_800_000, frozenset({"1m", "15m"}))
    assert rule.symbols == ("A*", "B")


def test_the_recommendation_keeps_what_is_not_said(tmp_path: Path) -> None:
    text = "[recommendation]\nenter = 1\nsmooth = 5\nweights = { macd = 3, change = 0 }"
    assert rules(tmp_path, text).recommendation == Recommendation(
        {**WEIGHTS, "macd": 3.0, "change": 0.0}, enter=1.0, smooth=5
    )


def test_the_recommendation_can_be_switched_off(tmp_path: Path) -> None:
    found = rules(tmp_path, "[recommendation]\nenabled = false" + OVERSOLD)
    assert [step.name for step in found.steps] == ["rule:oversold"]


def test_the_shipped_example_has_rules_that_are_some() -> None:
    ours = settings(TAPEDECK_CONFIG=str(ROOT / "infra" / "tapedeck.example.toml"))
    found = configured_rules(ours, indicator_sets(ours))
    assert found.own
    assert found.recommendation is not None


@pytest.mark.parametrize(
    ("text", "said"),
    [
        ("rules = 5", "rules: expected [[rules]], was one table or value"),
        ("[[rules]]", "rules[1].name: expected a value, was missing"),
        (OVERSOLD.replace("buy", "up"), "rules[1].side: expected 'buy', 'sell' or 'neutral', was"),
        (OVERSOLD.replace("oversold", "Over sold"), "rules[1].name: expected text like ^[a-z]"),
        (OVERSOLD.replace("oversold", "breakout"), "rules[1].name: expected a name that no rule"),
        (OVERSOLD * 2, "rules[2].name: expected a name that no rule has, was 'oversold'"),
        (OVERSOLD.replace("rsi14", "rsi15"), "rules[1].when: column 1: expected a name that is kn"),
        (OVERSOLD.replace("bb_lower", ""), "rules[1].when: column 24: expected a name, a number"),
        (OVERSOLD + "cooldown = 'soon'", "rules[1].cooldown: expected milliseconds, or a number"),
        (OVERSOLD + "cooldown = -5", "rules[1].cooldown: expected milliseconds, or a number and"),
        (OVERSOLD + "intervals = ['7m']", "rules[1].intervals: expected a length that"),
        (OVERSOLD + "intervals = ['30m']", "expected names among TAPEDECK_INTERVALS (1m,5m,15m)"),
        (OVERSOLD + "intervals = []", "rules[1].intervals: expected at least 1, was []"),
        (OVERSOLD + "then = 'x'", "rules[1].then: expected keys among name, when, side, cooldown"),
        ("[recommendation]\nenter = 0.1\nleave = 0.5", "recommendation.leave: expected 0 <= leave"),
        ("[recommendation]\nenter = nan", "recommendation.enter: "),
        ("[recommendation]\nsmooth = 0", "recommendation.smooth: expected greater than or equal"),
        ("[recommendation]\nweights = { vibes = 1 }", "recommendation.weights: expected rules amo"),
        ("[recommendation]\nweights = { rsi = -1 }", "recommendation.weights.rsi: expected great"),
        ("[recommendation]\nwhy = 1", "recommendation.why: expected keys among enabled, enter"),
    ],
)
def test_what_is_wrong_is_named_with_the_file_and_the_key(
    text: str, said: str, tmp_path: Path
) -> None:
    with pytest.raises(ConfigError) as caught:
        rules(tmp_path, text)
    assert said in str(caught.value)
    assert str(tmp_path / "tapedeck.toml") in str(caught.value)


def test_an_error_in_an_expression_shows_it_with_a_caret(tmp_path: Path) -> None:
    with pytest.raises(ConfigError) as caught:
        rules(tmp_path, OVERSOLD.replace("bb_lower", "bb_lowr"))
    assert str(caught.value).splitlines()[1:] == [
        "  rsi14 < 30 and close > bb_lowr",
        "                         ^",
    ]


def test_a_rule_is_chosen_by_its_name_or_as_an_expression(tmp_path: Path) -> None:
    path = tmp_path / "tapedeck.toml"
    path.write_text("[recommendation]\nsmooth = 5" + OVERSOLD)
    ours = settings(TAPEDECK_CONFIG=str(path), TAPEDECK_EMA_MODE="debs")
    assert chosen_rule(ours, "breakout", "1m") == Breakout(seeded=False)
    assert chosen_rule(ours, "recommendation", "1m") == Recommendation(smooth=5)
    own = chosen_rule(ours, "oversold", "1m")
    assert own == chosen_rule(ours, "rule:oversold", "1m")
    assert isinstance(own, OwnRule)
    assert own.intervals == frozenset()
    tried = chosen_rule(ours, "close > 5", "1m", Side.SELL)
    assert isinstance(tried, OwnRule)
    assert (tried.side, tried.when.text) == (Side.SELL, "close > 5")


@pytest.mark.parametrize(
    ("name", "side", "said"),
    [
        ("crossover", None, "expected breakout, recommendation or an expression such as rsi14 < "),
        ("breakout", Side.SELL, "side: expected none for breakout, which has its own, was sell"),
        ("close >", None, "column 8: expected a name, a number or "),
    ],
)
def test_a_name_that_is_none_is_refused(name: str, side: Side | None, said: str) -> None:
    with pytest.raises(ConfigError) as caught:
        chosen_rule(settings(), name, "5m", side)
    assert said in str(caught.value)


def test_indicators_that_the_recommendation_misses_are_said(
    tmp_path: Path, caplog: pytest.LogCaptureFixture
) -> None:
    path = tmp_path / "tapedeck.toml"
    path.write_text('[indicators]\ndefault = ["rsi14", "macd"]\n"1m" = ["standard"]')
    ours = settings(TAPEDECK_CONFIG=str(path))
    configured_analyses(ours)
    assert [record.getMessage() for record in caplog.records] == [
        "no recommendation interval=5m without=momentum10,change,bb_upper,bb_lower"
    ]
    assert chosen_rule(ours, "recommendation", "1m") == Recommendation()
    with pytest.raises(ConfigError, match="bars of 5m, was without momentum10, change, bb_upper"):
        chosen_rule(ours, "recommendation", "5m")

"""The five votes, as they are defined."""

import pytest

from streams.domain.rules.votes import DOWN, NEUTRAL, UP, VOTERS, votes

_BANDS = {"bb_upper": 12.0, "bb_lower": 8.0}


@pytest.mark.parametrize(
    ("rule", "values", "close", "vote"),
    [
        ("rsi", {"rsi14": 50.000001}, 10.0, UP),
        ("rsi", {"rsi14": 50.0}, 10.0, DOWN),
        ("rsi", {"rsi14": 0.0}, 10.0, DOWN),
        ("macd", {"macd": 1e-12}, 10.0, UP),
        ("macd", {"macd": 0.0}, 10.0, DOWN),
        ("macd", {"macd": -3.0}, 10.0, DOWN),
        ("momentum", {"momentum10": 0.01}, 10.0, UP),
        ("momentum", {"momentum10": 0.0}, 10.0, DOWN),
        ("change", {"change": 0.5}, 10.0, UP),
        ("change", {"change": 0.0}, 10.0, DOWN),
        ("bollinger", _BANDS, 12.1, DOWN),
        ("bollinger", _BANDS, 12.0, NEUTRAL),
        ("bollinger", _BANDS, 10.0, NEUTRAL),
        ("bollinger", _BANDS, 8.0, NEUTRAL),
        ("bollinger", _BANDS, 7.9, UP),
    ],
)
def test_a_vote(rule: str, values: dict[str, float], close: float, vote: str) -> None:
    assert votes(values, close) == {rule: vote}


def test_nobody_votes_while_warming_up() -> None:
    assert votes({}, 10.0) == {}
    assert votes({"bb_upper": 12.0}, 10.0) == {}


def test_the_voters_are_five() -> None:
    values = {"rsi14": 60.0, "macd": 1.0, "momentum10": 1.0, "change": 1.0, **_BANDS}
    assert tuple(votes(values, 10.0)) == VOTERS
    assert VOTERS == ("rsi", "macd", "momentum", "change", "bollinger")

"""`run signals` with configured indicators, and with the state that other ones have left."""

from collections.abc import Mapping
from pathlib import Path

import pytest

from streams.adapters.messages import decode_indicators, encode
from streams.adapters.topics import Topic
from streams.apps.signals import SignalsStep
from streams.domain.bar import Bar
from streams.domain.errors import ConfigError
from tests.fakes import FakeState, message, metrics, settings

FIVE = 300_000


def step(folder: Path, *lines: str) -> SignalsStep:
    path = folder / "tapedeck.toml"
    path.write_text("\n".join(("[indicators]", *lines)))
    return SignalsStep(settings(TAPEDECK_CONFIG=path), metrics())


def values(
    run: SignalsStep, state: FakeState, first: int, count: int, interval: str = "5m"
) -> list[Mapping[str, float]]:
    """Of so many bars; bar n closes at 100 + n."""
    found: list[Mapping[str, float]] = []
    for number in range(first, first + count):
        close, start = 100.0 + number, number * FIVE
        bar = Bar(
            "A", interval, start, start + FIVE, close, close, close, close, 1.0, close, 1, start
        )
        records = run(message(encode(bar)), state)
        (row,) = (record for record in records if record.topic is Topic.INDICATORS)
        found.append(decode_indicators(row.value).values)
    return found


def test_each_interval_has_its_own(tmp_path: Path) -> None:
    run, state = step(tmp_path, 'default = ["lag1"]', '"1m" = ["change"]'), FakeState()
    assert values(run, state, 0, 2, "1m")[-1].keys() == {"ema38", "ema100", "change", "change_pct"}
    assert values(run, state, 0, 2, "5m")[-1].keys() == {"ema38", "ema100", "lag1"}


def test_new_indicators_start_anew_and_those_that_stay_go_on(tmp_path: Path) -> None:
    state, alone = FakeState(), FakeState()
    values(step(tmp_path, 'default = ["sma5", "lag2"]'), state, 0, 6)
    whole = values(step(tmp_path, 'default = ["sma5"]'), alone, 0, 10)
    found = values(step(tmp_path, 'default = ["sma3", "sma5"]'), state, 6, 4)
    assert [row.get("sma3") for row in found] == [None, None, 107.0, 108.0]
    for name in ("sma5", "ema38", "ema100"):
        assert [row[name] for row in found] == [row[name] for row in whole[6:]]


def test_indicators_that_went_leave_no_state_and_come_back_fresh(tmp_path: Path) -> None:
    state = FakeState()
    values(step(tmp_path, 'default = ["sma200", "sma3"]'), state, 0, 250)
    large = len(state["5m"])
    values(step(tmp_path, 'default = ["sma3"]'), state, 250, 1)
    assert len(state["5m"]) < large / 5
    (row,) = values(step(tmp_path, 'default = ["sma200"]'), state, 251, 1)
    assert "sma200" not in row


def test_another_scale_of_volatility_keeps_the_state(tmp_path: Path) -> None:
    state = FakeState()
    (*_, before) = values(step(tmp_path, 'default = ["volatility3"]'), state, 0, 5)
    (after,) = values(
        step(tmp_path, "periods_a_year = 1", 'default = ["volatility3"]'), state, 5, 1
    )
    assert after["volatility3"] < before["volatility3"] / 10


def test_a_bad_section_stops_the_start(tmp_path: Path) -> None:
    with pytest.raises(ConfigError, match=r"tapedeck.toml: indicators.default\[1\]: expected an"):
        step(tmp_path, 'default = ["smurf20"]')

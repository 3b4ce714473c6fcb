"""Research gives what the live path gives, to the last bit; and its frames say it."""

from math import nan
from pathlib import Path

import polars as pl
import pytest

from streams import research
from streams.adapters.messages import (
    decode_bar,
    decode_indicators,
    decode_signal,
    encode,
)  # fmt: skip
from streams.adapters.tape.plan import ReadOptions
from streams.adapters.tape.reading import Pick
from streams.adapters.tape.tape import open_tape
from streams.adapters.topics import Topic
from streams.apps.bars import BarsStep
from streams.apps.open_bars import OpenBars
from streams.apps.replay.sender import Sender
from streams.apps.signals import SignalsStep
from streams.domain.bar import Bar
from streams.domain.dead_letter import DeadLetter
from streams.domain.errors import ConfigError, InputError
from streams.domain.indicator_row import IndicatorRow
from streams.domain.signal import Signal
from streams.research.history import History
from tests.fakes import FakeState, message, metrics, settings
from tests.unit.docs.pages import ROOT
from tests.walk_tape import write_tape

CONFIG = """
[[rules]]
name = "thrust"
when = "close > close[3] and volume > 10 and vote_rsi > 0"
side = "buy"
cooldown = "10m"
intervals = ["1m", "5m"]
"""


class Messages:
    """A replay's messages, kept."""

    def __init__(self) -> None:
        self.values: list[bytes] = []

    def ticks(self, symbol: str, value: bytes) -> None:
        self.values.append(value)

    def reject(self, letter: DeadLetter) -> None:
        raise AssertionError(letter)

    def finish(self) -> bool:
        return True


@pytest.fixture(scope="module")
def tape(tmp_path_factory: pytest.TempPathFactory) -> Path:
    return write_tape(tmp_path_factory.mktemp("tape") / "walk.csv.gz")


@pytest.fixture(scope="module")
def config(tmp_path_factory: pytest.TempPathFactory) -> Path:
    path = tmp_path_factory.mktemp("config") / "tapedeck.toml"
    path.write_text(CONFIG)
    return path


Made = tuple[list[Bar], list[IndicatorRow], list[Signal]]


@pytest.fixture(scope="module")
def live(tape: Path, config: Path) -> Made:
    """What the pipelines' own steps make of a replay of the file, message by message."""
    ours = settings(TAPEDECK_CONFIG=str(config), TAPEDECK_SIGNAL_INTERVALS="1m,5m,15m")
    sink = Messages()
    with open_tape([str(tape)], ReadOptions(), Pick()) as opened:
        bars = OpenBars(ours.interval_lengths.values(), ours.grace_ms)
        sender = Sender(opened, sink, "run", bars, lambda _: None)
        for chunk in opened.chunks():
            sender.rows(chunk)
            sender.ticks(chunk.ticks)
        sender.finish(end=True)
    fold, look = BarsStep(ours, metrics()), SignalsStep(ours, metrics())
    states: dict[bytes, tuple[FakeState, FakeState]] = {}
    made: list[Bar] = []
    rows: list[IndicatorRow] = []
    found: list[Signal] = []
    for offset, value in enumerate(sink.values):
        symbol = value.split(b'"')[3]
        folding, looking = states.setdefault(symbol, (FakeState(), FakeState()))
        for record in fold(message(value, symbol.decode(), offset), folding):
            if record.topic is not Topic.BARS or not (bar := decode_bar(record.value)).final:
                continue
            made.append(bar)
            for output in look(message(encode(bar), topic="bars"), looking):
                if output.topic is Topic.INDICATORS:
                    rows.append(decode_indicators(output.value))
                elif dict(output.headers).get("ce_type", b"").startswith(b"io.tapedeck.signal"):
                    found.append(decode_signal(output.value))
    return made, rows, found


@pytest.mark.parametrize("interval", ["1m", "5m", "15m"])
def test_bars_indicators_votes_and_signals_are_those_of_the_pipelines_to_the_last_bit(
    interval: str, tape: Path, config: Path, live: Made
) -> None:
    bars, rows, signals = live
    history = research.load(tape, interval=interval, settings=settings(TAPEDECK_CONFIG=str(config)))
    of = [bar for bar in bars if bar.interval == interval]
    assert len(of) > 40
    assert sorted(history.held, key=repr) == sorted(of, key=repr)
    wanted = sorted((row for row in rows if row.interval == interval), key=repr)
    assert sorted(history.rows, key=repr) == wanted
    if interval == "15m":  # too few of them for the slow averages
        return
    assert any(row.votes.keys() >= {"rsi", "macd", "bollinger"} for row in wanted)
    for rule, kind in (("breakout",) * 2, ("recommendation",) * 2, ("thrust", "rule:thrust")):
        there = [s for s in signals if s.interval == interval and s.kind == kind]
        assert there, rule
        assert sorted(history.found(rule), key=repr) == sorted(there, key=repr)


@pytest.fixture(scope="module")
def history(tape: Path) -> History:
    return research.load(tape, interval="1m", settings=settings())


def test_ticks_are_a_frame_by_symbol_then_time(tape: Path) -> None:
    ticks = research.ticks(tape)
    assert ticks.columns == ["symbol", "ts_ms", "price", "size"]
    assert (len(ticks), ticks["symbol"].n_unique()) == (6_000, 2)
    assert ticks.equals(ticks.sort("symbol", "ts_ms", maintain_order=True))


def test_bars_have_the_columns_of_the_export_and_come_back_as_they_were(history: History) -> None:
    frame = history.bars()
    assert frame.columns == [
        "symbol", "interval", "start_ms", "end_ms", "open", "high", "low", "close", "volume",
        "vwap", "trades", "last_ts_ms",
    ]  # fmt: skip
    again = research.from_bars(frame.sample(fraction=1, shuffle=True, seed=1), settings())
    assert again.held == history.held
    assert again.indicators().equals(history.indicators())


def test_a_bar_that_is_there_twice_counts_once(history: History) -> None:
    frame = history.bars()
    again = research.from_bars(pl.concat([frame, frame.head(300)]), settings())
    rule = "close crosses above sma20"
    assert again.held == history.held
    assert again.scorecard(rule).equals(history.scorecard(rule))


def test_a_bar_without_a_value_is_an_error(history: History) -> None:
    holed = history.bars().with_columns(close=pl.lit(None, pl.Float64))
    with pytest.raises(InputError, match="bars: expected a value everywhere, was null in close"):
        research.from_bars(holed, settings())


@pytest.mark.parametrize(("column", "value"), [("open", 0.0), ("close", nan), ("volume", -1.0)])
def test_a_bar_that_no_market_has_is_an_error(history: History, column: str, value: float) -> None:
    spoilt = history.bars().with_columns(pl.lit(value).alias(column))
    with pytest.raises(InputError, match="bars: expected finite prices > 0 and a volume >= 0, was"):
        research.from_bars(spoilt, settings())


def test_what_is_left_out_of_a_tape_is_told(
    tmp_path: Path, caplog: pytest.LogCaptureFixture
) -> None:
    rows = [f"{1_700_000_000 - 600 * at},ACME,{100 + at}" for at in range(9)]
    path = tmp_path / "newest_first.csv"
    path.write_text("\n".join(["timestamp,symbol,price", *rows, "1700000000,ACME,-5"]))
    assert len(research.load(path, settings=settings()).held) == 1
    rejected, late = caplog.messages
    assert rejected.startswith("1 of 10 rows are left out (bad_price)")
    assert late.startswith("8 of 9 ticks are left out: their bar had closed before them")


def test_indicators_are_null_while_warming_up(history: History) -> None:
    frame = history.indicators().filter(pl.col("symbol") == "ACME")
    assert frame["rsi14"].null_count() == 14
    assert frame["ema38"].null_count() == 0
    assert frame["vote_rsi"].null_count() == 14
    assert frame["warm"].sum() == len(frame) - 100


def test_a_scorecard_agrees_with_what_can_be_counted_in_the_frames(history: History) -> None:
    rule = "close crosses above sma20"
    cards = history.scorecard(rule, horizons=(5,))
    bars = history.bars().with_columns(
        gain=pl.col("close").shift(-5).over("symbol") / pl.col("close") - 1
    )
    signals = history.signals(rule).filter(pl.col("warm"))
    joined = signals.join(bars, left_on=["symbol", "time_ms"], right_on=["symbol", "end_ms"])
    gains = joined.filter(pl.col("gain").is_not_null())
    assert len(gains) > 20
    everything = cards.filter(pl.col("symbol") == "*").row(0, named=True)
    assert everything["signals"] == len(gains)
    assert everything["hits"] == (gains["gain"] > 0).sum()
    assert everything["mean_return"] == pytest.approx(gains["gain"].mean(), rel=1e-9)
    for symbol in ("ACME", "BRISK"):
        card = cards.filter(pl.col("symbol") == symbol).row(0, named=True)
        base = bars.filter((pl.col("symbol") == symbol) & pl.col("gain").is_not_null())["gain"]
        assert card["base_rate"] == pytest.approx((base > 0).mean(), rel=1e-12)
        assert card["base_mean_return"] == pytest.approx(base.mean(), rel=1e-9)
        assert card["low"] < card["hit_rate"] < card["high"]


def test_a_sell_is_scored_the_other_way_round(history: History) -> None:
    buy = history.scorecard("close crosses above sma20", horizons=(1,)).row(0, named=True)
    sell = history.scorecard("close crosses above sma20", "sell", horizons=(1,)).row(0, named=True)
    assert sell["mean_return"] == pytest.approx(-buy["mean_return"])
    assert sell["hits"] <= sell["signals"] - buy["hits"]


def test_cold_signals_count_only_when_they_are_asked_for(history: History) -> None:
    rule = "close > open"
    warm, all_ = (history.cards(rule, cold=cold)[0][4].signals for cold in (False, True))
    assert warm < all_
    assert len(history.found(rule)) >= all_


def test_a_one_sided_rule_is_left_after_twenty_bars_unless_it_is_said(history: History) -> None:
    assert history.backtest("close crosses above sma20").terms.hold == 20
    assert history.backtest("close crosses above sma20", hold=3).terms.hold == 3
    assert history.backtest("breakout").terms.hold == 0


@pytest.mark.parametrize("rule", ["breakout", "recommendation", "close crosses above sma20"])
def test_nothing_that_comes_later_changes_a_signal_or_the_equity_before(
    history: History, rule: str
) -> None:
    bars = [bar for bar in history.held if bar.symbol == "ACME"]
    whole = History("1m", bars, settings())
    for cut in (150, 222, 300):
        part = History("1m", bars[:cut], settings())
        assert part.found(rule) == [s for s in whole.found(rule) if s.time <= bars[cut - 1].end]
        equities = [point.equity for point in whole.backtest(rule, cold=True, costs=0.001).points]
        told = [point.equity for point in part.backtest(rule, cold=True, costs=0.001).points]
        assert told == equities[:cut]
        assert len(set(told)) > 20


def test_frames_of_nothing_have_their_columns() -> None:
    empty = History("5m", [], settings())
    assert len(empty.bars()) == len(empty.indicators()) == len(empty.signals("breakout")) == 0
    assert empty.scorecard("breakout").columns[:4] == ["rule", "interval", "symbol", "horizon"]
    assert empty.backtest("breakout").trades == 0


def test_what_is_wrong_is_an_error_of_ours(tape: Path, tmp_path: Path, history: History) -> None:
    with pytest.raises(ConfigError, match="interval: "):
        research.load(tape, interval="7m", settings=settings())
    with pytest.raises(InputError, match="no such file"):
        research.load(tmp_path / "none.csv", settings=settings())
    with pytest.raises(ConfigError, match="side: expected buy, sell or neutral, was 'up'"):
        history.signals("close > 1", "up")
    with pytest.raises(ConfigError, match="horizons: expected bars from 1 on"):
        history.scorecard("breakout", horizons=(1, 0))
    with pytest.raises(ConfigError, match=r"costs: expected 0 to 1, was -0\.1"):
        history.backtest("breakout", costs=-0.1)
    with pytest.raises(ConfigError, match="tried: expected 1 to inf, was 0"):
        history.backtest("breakout", tried=0)
    with pytest.raises(ConfigError, match="expected bars of one interval, was none"):
        research.from_bars(history.bars().head(0), settings())


def test_the_examples_of_the_page_run(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """All of them, in their order, as one program, in an empty folder."""
    monkeypatch.chdir(tmp_path)
    page = (ROOT / "infra" / "docs" / "research.md").read_text()
    parts = [part.split("```")[0] for part in page.split("```python\n")[1:]]
    assert len(parts) >= 5
    names: dict[str, object] = {}
    exec(compile("\n".join(parts), "research.md", "exec"), names)
    assert (tmp_path / "report.html").stat().st_size > 5_000

"""The small parts of the feeds: limits, patience, what was there before, fields, symbols."""

import random
from collections.abc import Iterator
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from streams.adapters.config_feed import feed_symbols
from streams.adapters.feeds.backoff import Backoff
from streams.adapters.feeds.event import Trade
from streams.adapters.feeds.fields import FieldError, local_time, moment, number
from streams.adapters.feeds.gathering import Gathered, trade_fault
from streams.adapters.feeds.limiter import Limiter
from streams.adapters.feeds.recording import Recording
from streams.adapters.feeds.tracker import Hole, Tracker
from streams.domain.errors import ConfigError
from streams.domain.screen import screen
from tests.command_line import tapedeck

LATEST = 2_000_000_000_000


class Clock:
    """A clock that only moves when it is told to."""

    def __init__(self) -> None:
        self.now = 0.0

    def __call__(self) -> float:
        return self.now


@given(st.lists(st.floats(0, 40), max_size=60))
def test_no_window_has_more_requests_than_its_limit(idle: list[float]) -> None:
    clock = Clock()
    limiter = Limiter(((5, 60.0), (25, 3_600.0)), clock)
    taken = []
    for pause in idle:
        clock.now += pause
        clock.now += limiter.wait()
        limiter.take()
        taken.append(clock.now)
    for count, seconds in ((5, 60.0), (25, 3_600.0)):
        for first, beyond in zip(taken, taken[count:], strict=False):
            assert beyond - first >= seconds - 1e-6


def test_a_limiter_waits_as_long_as_it_must_and_no_longer() -> None:
    clock = Clock()
    limiter = Limiter(((2, 10.0),), clock)
    waits = []
    for _ in range(5):
        waits.append(limiter.wait())
        clock.now += waits[-1] + 1
        limiter.take()
    assert waits == [0.0, 0.0, 9.0, 0.0, 9.0]
    limiter.hold(100)
    assert limiter.wait() == 100.0


def test_delays_grow_up_to_a_bound_and_differ() -> None:
    backoff = Backoff(random.Random(1), first=1.0, longest=30.0)
    delays = [backoff.delay() for _ in range(40)]
    assert all(0.1 * min(30, 2**n) <= delay <= min(30, 2**n) for n, delay in enumerate(delays))
    assert len(set(delays[10:])) == 30
    backoff.reset()
    assert backoff.delay() <= 1.0


def trades(*numbers: int, symbol: str = "A") -> Iterator[Trade]:
    return (Trade(symbol, 1, 1.0, None, n, n) for n in numbers)


def test_holes_and_duplicates_by_symbol() -> None:
    tracker = Tracker()
    found = [tracker.seen(trade) for trade in trades(7, 8, 8, 11, 9, 12)]
    assert found == [
        (False, None),
        (False, None),
        (True, None),
        (False, Hole("A", 8, 2)),
        (False, None),  # late, and one of the two after all
        (False, None),
    ]
    assert tracker.seen(next(trades(8, symbol="B"))) == (False, None)


def test_only_so_many_ids_are_remembered() -> None:
    tracker = Tracker(remembered=3)
    for trade in trades(1, 2, 3, 4):
        tracker.seen(trade)
    assert [tracker.seen(t)[0] for t in trades(4, 3, 2)] == [True, True, True]
    assert tracker.seen(next(trades(1)))[0] is False


@pytest.mark.parametrize(
    ("value", "ms"),
    [
        (1_709_564_400, 1_709_564_400_000),
        (1_709_564_400.25, 1_709_564_400_250),
        (1_709_564_400_123, 1_709_564_400_123),
        (1_709_564_400_123_999, 1_709_564_400_123),
        (1_709_564_400_123_999_999, 1_709_564_400_123),
        ("1709564400", 1_709_564_400_000),
    ],
)
def test_times_in_any_unit(value: object, ms: int) -> None:
    assert moment({"t": value}, "t") == ms


@pytest.mark.parametrize("value", [None, True, "NaN", "inf", "", "1_0", [], "0x1"])
def test_what_is_no_number(value: object) -> None:
    with pytest.raises(FieldError, match="p: expected a number"):
        number({"p": value}, "p")


def test_local_times_know_summer() -> None:
    summer = local_time("2024-08-02 16:00:00", "US/Eastern")
    winter = local_time("2024-12-02 16:00:00", "US/Eastern")
    assert (summer // 3_600_000 % 24, winter // 3_600_000 % 24) == (20, 21)
    with pytest.raises(FieldError):
        local_time("yesterday", "UTC")


@given(st.floats(), st.none() | st.floats(), st.integers(-(2**60), 2**60), st.text(max_size=70))
def test_what_passes_is_a_tick_to_every_reader(
    price: float, size: float | None, ts: int, symbol: str
) -> None:
    trade = Trade(symbol, ts, price, size)
    gathered = Gathered()
    if trade_fault(trade, LATEST) is None:
        gathered.add(trade)
    assert all(screen(batch)[1] == [] and batch.symbol.strip() for batch in gathered.batches())


def test_a_batch_holds_trades_of_one_kind() -> None:
    gathered = Gathered({"X": "OURS"})
    for size in (1.0, 2.0, None, 3.0):
        gathered.add(Trade("X", 1, 1.0, size))
    assert [(b.symbol, b.size) for b in gathered.batches()] == [
        ("OURS", [1.0, 2.0]),
        ("OURS", None),
        ("OURS", [3.0]),
    ]
    assert gathered.batches() == []


def test_a_file_of_something_else_is_no_recording(tmp_path: Path) -> None:
    path = tmp_path / "notes.csv"
    path.write_text("a,b\n1,2\n")
    with pytest.raises(ConfigError, match="--record: expected a new file or one with symbol,ts_ms"):
        Recording(path)
    with pytest.raises(ConfigError, match=r"expected a file \.csv"):
        Recording(tmp_path / "x.jsonl")
    assert path.read_text() == "a,b\n1,2\n"


@pytest.mark.parametrize(
    ("text", "error"),
    [
        ('[feed.symbols]\nBTCUSDT = ""', "feed.symbols.BTCUSDT: symbol: expected 1 to 64"),
        ("[feed.symbols]\nBTCUSDT = 1", "feed.symbols.BTCUSDT: expected a symbol"),
        ("[feed]\nnames = 1", "feed.names: expected keys among symbols"),
    ],
)
def test_a_wrong_map_is_an_error_that_names_the_key(tmp_path: Path, text: str, error: str) -> None:
    path = tmp_path / "tapedeck.toml"
    path.write_text(text)
    with pytest.raises(ConfigError, match=error):
        feed_symbols(path)
    path.write_text('[feed.symbols]\nBTCUSDT = "BTC-USD"\n')
    assert feed_symbols(path) == {"BTCUSDT": "BTC-USD"}


@pytest.mark.parametrize(
    ("words", "error"),
    [
        ("polygon --symbols AAPL", "POLYGON_API_KEY: expected the key that polygon gave you"),
        ("finage --symbols AAPL", "FINAGE_URL: expected the WebSocket URL"),
        ("binance", "--symbols: expected some such as AAPL,MSFT, was none"),
        ("binance --symbols A --map A", "--map: expected THEIRS=OURS, was 'A'"),
        ("binance --symbols A --mode poll", "--mode: expected socket for binance, was poll"),
        ("binance --symbols A --news", "--news: expected polygon or fmp"),
        ("binance --symbols A --interval 1min", "--interval: expected none but with alphavantage"),
        ("binance --symbols A --url http://x", "--url: expected ws:// or wss://"),
        ("binance --symbols A --duration 5x", "--duration: expected milliseconds"),
        ("binance --symbols A --dry-run --record x.txt", "--record: expected a file .csv"),
        ("binance --symbols A", "Kafka is not running"),
    ],
)
def test_options_that_do_not_fit(
    words: str, error: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("TAPEDECK_HOME", str(tmp_path))
    monkeypatch.setenv("FINAGE_API_KEY", "x")
    monkeypatch.chdir(tmp_path)
    done = tapedeck("feed", *words.split())
    assert done.error.startswith(error)
    assert done.code == (1 if "Kafka" in error else 2)

"""Rows of the watchlist: what a symbol's day comes to, whatever came first."""

import json
from typing import Any

import pytest

from panel_app.day import POINTS, DayRow, DaySeed, Spark
from panel_app.watchlist import Rows, Watchlist
from streams.domain.bar import Bar
from streams.domain.signal import Side, Signal

MINUTE, DAY = 60_000, 86_400_000


def bar(
    minute: int, close: float, volume: float = 1.0, *, symbol: str = "A", final: bool = True,
    interval: str = "1m", day: int = 0,
) -> Bar:  # fmt: skip
    start = day * DAY + minute * MINUTE
    return Bar(
        symbol, interval, start, start + MINUTE, close - 1, close, close - 1, close, volume, close,
        1, start, final,
    )  # fmt: skip


def row(*bars: Bar) -> DayRow:
    made = DayRow()
    for each in bars:
        made.put(each)
    return made


def shown(of: DayRow) -> tuple[Any, ...]:
    return of.last, of.change, of.volume, of.open, of.previous, of.spark.points


def test_a_forming_bar_counts_once_and_is_replaced_by_its_final_one() -> None:
    of = row(bar(0, 10.0, 5.0), bar(1, 11.0, 2.0, final=False), bar(1, 12.0, 3.0, final=False))
    assert (of.last, of.volume, of.spark.points) == (12.0, 8.0, [10.0])
    of.put(bar(1, 12.5, 4.0))
    of.put(bar(1, 12.5, 4.0))
    of.put(bar(1, 99.0, 9.0, final=False))
    assert (of.last, of.volume, of.spark.points) == (12.5, 9.0, [10.0, 12.5])


def test_a_bar_that_closes_late_changes_neither_last_nor_the_forming_volume() -> None:
    of = row(bar(0, 10.0), bar(2, 12.0, 7.0, final=False), bar(1, 11.0, 2.0))
    assert (of.last, of.volume) == (12.0, 10.0)


def test_change_is_against_the_day_before_or_the_days_open() -> None:
    assert row(bar(0, 11.0)).change == 10.0  # it opened at 10
    assert row(bar(0, 8.0), bar(0, 10.0, day=1)).change == 25.0
    assert row(bar(0, 8.0, 9.0), bar(0, 10.0, 2.0, day=1)).volume == 2.0


def test_a_sparkline_never_has_sixty_points_and_spans_the_day() -> None:
    spark = Spark()
    for close in range(1_000):
        spark.add(float(close))
        assert len(spark.points) < POINTS
    gaps = {b - a for a, b in zip(spark.points, spark.points[1:], strict=False)}
    assert gaps == {float(spark.stride)}
    assert spark.points[0] == 0.0
    assert spark.points[-1] > 999 - spark.stride


def archived(*bars: Bar) -> DaySeed:
    """What the archive says of these bars, as its queries would."""
    today = [b for b in bars if b.start // DAY == bars[-1].start // DAY]
    before = [b for b in bars if b.start // DAY < bars[-1].start // DAY]
    stride = 1
    while (len(today) + stride - 1) // stride >= POINTS:
        stride *= 2
    return DaySeed(
        today[0].open, before[-1].close if before else None, bars[-1].start,
        sum(b.volume for b in today), bars[-1].close, [b.close for b in today][::stride],
        stride, len(today), [], -1,
    )  # fmt: skip


ALL = [bar(n, 10.0 + n % 7, float(n), day=d) for d in (0, 1) for n in range(200)]


@pytest.mark.parametrize("known", [1, 150, 199, 200, 201, 210, 350, 399, 400])
@pytest.mark.parametrize("since", [0, 3, 7])
def test_the_archives_part_below_what_came_live_is_the_whole_day(known: int, since: int) -> None:
    """The topics' tail begins anywhere, the archive ends anywhere near it."""
    begin = max(0, known - since)
    live = row(*ALL[begin : begin + 7])
    assert live.seed(archived(*ALL[:known]))
    for later in ALL[begin + 7 :]:
        live.put(later)
    whole = row(*ALL)
    assert shown(live)[:5] == shown(whole)[:5]
    assert (live.spark.points, live.spark.stride) == (whole.spark.points, whole.spark.stride)


def test_an_archive_that_is_far_behind_is_waited_for() -> None:
    live = row(*ALL[50:90])
    assert not live.seed(archived(*ALL[:40]))
    assert not live.seeded
    assert live.seed(archived(*ALL[:85]))
    assert shown(live) == shown(row(*ALL[:90]))


def test_a_symbol_that_only_the_archive_knows_has_its_day() -> None:
    live = DayRow()
    assert live.seed(archived(*ALL[:250]))
    assert shown(live) == shown(row(*ALL[:250]))


def test_rsi_is_seeded_and_follows_the_forming_bar() -> None:
    closes = [10.0 + (n * 7) % 5 for n in range(40)]
    seeded, fed = DayRow(), DayRow()
    for n, close in enumerate(closes):
        fed.put_strength(bar(5 * n, close, interval="5m"))
    seeded.seed(DaySeed(1, None, 0, 1, 1, [], 1, 0, closes[:30], 29 * 5 * MINUTE))
    for n in range(28, 40):
        seeded.put_strength(bar(5 * n, closes[n], interval="5m"))
    assert seeded.rsi == fed.rsi
    before = fed.rsi
    fed.put_strength(bar(200, 99.0, interval="5m", final=False))
    assert fed.rsi is not None
    assert before is not None
    assert fed.rsi > before
    fed.put_strength(bar(200, closes[-1], interval="5m"))
    assert fed.rsi < 60


# -- versions


class Clock:
    now = 0.0

    def __call__(self) -> float:
        return self.now


@pytest.fixture
def clock() -> Clock:
    return Clock()


@pytest.fixture
def watchlist(clock: Clock) -> Watchlist:
    return Watchlist("1m", "5m", clock)


def rows(of: Rows | None) -> list[list[Any]]:
    assert of is not None
    found: list[list[Any]] = json.loads(bytes(of.rows))
    return found


def test_a_reader_gets_everything_once_and_then_what_changed(
    watchlist: Watchlist, clock: Clock
) -> None:
    assert watchlist.read(-1, 0) is None
    watchlist.put_bar(bar(0, 11.0, symbol="A"))
    watchlist.put_bar(bar(0, 22.0, symbol="B"))
    whole = watchlist.read(-1, 0)
    assert whole is not None
    assert (whole.whole, whole.symbols) == (True, ["A", "B"])
    assert [r[:4] for r in rows(whole)] == [[0, 11.0, 10.0, 1.0], [1, 22.0, 4.7619, 1.0]]
    assert watchlist.read(whole.version, 2) is None
    clock.now += 1
    watchlist.put_bar(bar(1, 12.0, symbol="A"))
    watchlist.put_bar(bar(0, 5.0, symbol="C"))
    delta = watchlist.read(whole.version, 2)
    assert delta is not None
    assert (delta.whole, delta.since, delta.symbols) == (False, whole.version, ["C"])
    assert [r[0] for r in rows(delta)] == [0, 2]


def test_versions_are_cut_at_most_five_times_a_second_and_shared(
    watchlist: Watchlist, clock: Clock
) -> None:
    watchlist.put_bar(bar(0, 11.0))
    first = watchlist.read(-1, 0)
    assert first is not None
    watchlist.put_bar(bar(1, 12.0))
    clock.now += 0.1
    assert watchlist.read(first.version, 1) is None
    clock.now += 0.1
    one, other = (watchlist.read(first.version, 1) for _ in range(2))
    assert one is not None
    assert other is not None
    assert one.rows is other.rows


def test_a_slow_reader_gets_each_changed_row_once(watchlist: Watchlist, clock: Clock) -> None:
    watchlist.put_bar(bar(0, 11.0, symbol="B"))
    first = watchlist.read(-1, 0)
    assert first is not None
    for minute in range(1, 6):
        clock.now += 1
        watchlist.put_bar(bar(minute, 11.0 + minute, symbol="A"))
        watchlist.read(0, 0)
    assert [r[:2] for r in rows(watchlist.read(first.version, 1))] == [[1, 16.0]]


def test_the_call_is_the_newest_recommendation_of_the_signals_interval(
    watchlist: Watchlist, clock: Clock
) -> None:
    watchlist.put_bar(bar(0, 11.0))
    assert rows(watchlist.read(-1, 0))[0][5] is None
    clock.now += 1
    for interval, kind, time, side in (
        ("5m", "recommendation", 300_000, Side.BUY),
        ("5m", "recommendation", 0, Side.SELL),
        ("1m", "recommendation", 600_000, Side.SELL),
        ("5m", "breakout", 600_000, Side.SELL),
    ):
        watchlist.put_signal(Signal("x", time, "A", interval, kind, side, 1.0, 1.0, True, ""))
    assert rows(watchlist.read(-1, 0))[0][5] == "buy"


def test_a_quote_of_nobody_is_empty(watchlist: Watchlist) -> None:
    assert set(watchlist.quote("X").values()) == {None}
    assert watchlist.spark("X") is None
    watchlist.put_bar(bar(0, 11.0))
    assert watchlist.quote("A")["change"] == 10.0
    assert watchlist.unseeded(["A", "X"]) == ["A", "X"]

import threading
from math import isnan

import pytest

from panel_app.store import DEEP, Change, Key, Store
from streams.domain.bar import Bar
from streams.domain.indicator_row import IndicatorRow
from streams.domain.signal import Side, Signal

KEY = Key("AAPL", "1m")


def bar(minute: int, close: float = 10.0, final: bool = True, symbol: str = "AAPL") -> Bar:
    start = minute * 60_000
    return Bar(
        symbol, "1m", start, start + 60_000, 10.0, 12.0, 9.0, close, 5.0, 10.5, 3, start, final
    )


def signal(minute: int, side: Side = Side.BUY) -> Signal:
    end = (minute + 1) * 60_000
    return Signal(f"id{minute}", end, "AAPL", "1m", "breakout", side, 10.0, 0.1, True, "why")


def read(store: Store, epoch: int = -1, version: int = -1) -> Change:
    change = store.read(KEY, epoch, version)
    assert change is not None
    return change


def closes(change: Change) -> list[float]:
    return [row[3] for _, _, row, _ in change.bars]


def test_a_forming_bar_is_updated_in_place_and_then_closed() -> None:
    store = Store()
    store.put_bar(bar(1, 10.0))
    store.put_bar(bar(2, 11.0, final=False))
    assert store.open == 1
    first = read(store)
    store.put_bar(bar(2, 11.5))
    change = read(store, first.epoch, first.version)
    assert (change.whole, change.count, closes(change)) == (False, 2, [11.5])
    assert change.bars[0][0] == 1
    assert store.open == 0


def test_a_late_forming_bar_never_undoes_a_final_one() -> None:
    store = Store()
    store.put_bar(bar(1, 10.0))
    before = read(store)
    store.put_bar(bar(1, 99.0, final=False))
    assert store.read(KEY, before.epoch, before.version) is None
    assert closes(read(store)) == [10.0]


def test_a_reader_that_is_up_to_date_gets_nothing() -> None:
    store = Store()
    assert store.read(KEY, -1, -1) is None
    store.put_bar(bar(1))
    now = read(store)
    assert store.read(KEY, now.epoch, now.version) is None


def test_a_bar_inserted_in_the_past_starts_readers_over() -> None:
    store = Store()
    store.put_bar(bar(1))
    store.put_bar(bar(3))
    before = read(store)
    store.put_bar(bar(2))
    change = read(store, before.epoch, before.version)
    assert change.whole
    assert [(number, start) for number, start, _, _ in change.bars] == [
        (0, 60_000),
        (1, 120_000),
        (2, 180_000),
    ]


def test_older_history_keeps_the_numbers_of_the_bars_already_shown() -> None:
    store = Store()
    store.put_bar(bar(5))
    store.put_bar(bar(4))
    assert [number for number, *_ in read(store).bars] == [-1, 0]


def test_indicators_bring_the_averages_and_their_bar() -> None:
    store = Store()
    row = IndicatorRow(
        "AAPL", "1m", 60_000, 120_000, 10.0, 12.0, 9.0, 11.0, 5.0, 10.5, 3, True, {"ema38": 10.2}
    )
    store.put_indicators(row)
    ((_, start, values, final),) = read(store).bars
    assert (start, values[3], values[7], final) == (60_000, 11.0, 10.2, True)
    assert isnan(values[8])


def test_rollover_keeps_numbers_growing_and_drops_markers_of_forgotten_bars() -> None:
    store = Store()
    store.put_bar(bar(0))
    store.put_marker(signal(0), 0)
    for minute in range(1, 2 * DEEP):
        store.put_bar(bar(minute))
    change = read(store)
    assert DEEP <= change.count <= DEEP * 11 // 10
    numbers = [number for number, *_ in change.bars]
    assert numbers == list(range(change.base, 2 * DEEP))
    assert change.markers == []


def test_markers_come_only_when_one_is_new() -> None:
    store = Store()
    store.put_bar(bar(1))
    store.put_marker(signal(1), 60_000)
    first = read(store)
    assert first.markers is not None
    assert [(mark.start, mark.side) for mark in first.markers] == [(60_000, "buy")]
    store.put_bar(bar(2))
    assert read(store, first.epoch, first.version).markers is None


def test_memory_is_bounded_and_a_watched_series_stays_deep() -> None:
    store = Store(budget=2_000)
    store.watch(KEY)
    for minute in range(500):
        store.put_bar(bar(minute))
        for other in range(9):
            store.put_bar(bar(minute, symbol=f"S{other}"))
    assert store.bars <= 2_000
    assert read(store).count == 500


def test_a_series_can_be_watched_twice_and_let_go_twice() -> None:
    store = Store()
    assert store.watch(KEY)
    assert not store.watch(KEY)
    store.unwatch(KEY)
    assert not store.watch(KEY)
    store.unwatch(KEY)
    store.unwatch(KEY)
    assert store.watch(KEY)


@pytest.mark.timeout(30)
def test_readers_beside_the_writer_see_no_torn_bar() -> None:
    store, done = Store(), threading.Event()
    torn: list[object] = []

    def reads() -> None:
        while not done.is_set():
            change = store.read(KEY, -1, -1)
            if change is None:
                continue
            numbers = [number for number, *_ in change.bars]
            if numbers != list(range(change.base, change.base + change.count)):
                torn.append(numbers)
            torn.extend(bar for bar in change.bars if bar[2][3] != bar[1] // 60_000 + 1)

    reader = threading.Thread(target=reads)
    reader.start()
    for minute in range(1_000):
        store.put_bar(bar(minute, float(minute + 1), final=False))
        store.put_bar(bar(minute, float(minute + 1)))
    done.set()
    reader.join()
    assert not torn

"""Every file of the real data: each row accounted for, each window with its events."""

from pathlib import Path

import polars as pl
import pytest

from tests.tape_reading import read_tape

WINDOW = 300_000
TAPES = [
    ("debs/debs2022-gc-trading-day-08-11-21.sample.csv", ".expected.csv", None, 998, 851),
    ("tapes/eurusd-quotes-2020-01-01.csv.gz", ".expected.csv", "EURUSD", 9_500, 0),
    ("tapes/btc-perp-1m-2022-01.csv.gz", ".expected.csv.gz", "BTC-PERP", 45_031, 0),
]


@pytest.mark.parametrize(("name", "suffix", "symbol", "rows", "without"), TAPES)
def test_windows_hold_the_expected_events(
    shared_data: Path,
    name: str,
    suffix: str,
    symbol: str | None,
    rows: int,
    without: int,
) -> None:
    path = shared_data / name
    tape = read_tape(path, symbol=symbol)
    assert (tape.counts.read, tape.counts.without_price) == (rows, without)
    assert not tape.rejects
    expected = pl.read_csv(path.parent / (path.name.split(".csv")[0] + suffix))
    frame = pl.DataFrame(tape.events(), schema=["symbol", "ts", "close"], orient="row")
    # The close is the last event by time; of equal times the one that arrived later.
    windows = (
        frame.with_columns(start=pl.col("ts") // WINDOW * WINDOW)
        .sort("ts", maintain_order=True)
        .group_by("symbol", "start")
        .agg(pl.col("close").last(), pl.len(), pl.col("ts").last())
        .sort("symbol", "start")
    )
    columns = ("symbol", "window_start_ms", "close", "n_events", "last_event_ts_ms")
    assert windows.rows() == expected.select(columns).sort(columns[:2]).rows()


def test_the_saturday_file_passes_through_without_a_tick(shared_data: Path) -> None:
    tape = read_tape(shared_data / "debs/debs2022-gc-trading-day-13-11-21.csv.gz")
    assert (tape.counts.read, tape.counts.without_price) == (33_398, 33_398)
    assert tape.names == []


def test_malformed_rows_are_refused_with_a_reason_and_their_text(shared_data: Path) -> None:
    path = shared_data / "debs/malformed-rows.csv"
    tape = read_tape(path)
    assert dict(tape.counts.rejected) == {"bad_time": 11, "negative_price": 1}
    lines = path.read_bytes().splitlines()
    assert all(reject.raw == lines[reject.line - 1] for reject in tape.rejects)


def test_a_wide_table_is_a_tick_per_cell_at_half_past_nine(shared_data: Path) -> None:
    tape = read_tape(shared_data / "futures/seas-port-final-daily-closes.csv.gz")
    assert tape.counts.read == 6_086 * 39
    assert (tape.counts.ticks, tape.counts.without_price) == (235_671, 1_683)
    assert tape.events()[0] == ("CO1 Comdty", 978_427_800_000, 34.26)

"""Whole tapes through the whole demo, by the command line: the tables are those of the references.

The references of the real tapes are files beside them; those of the rest are polars.
"""

import csv
import gzip
import io
import json
import math
import os
from collections.abc import Iterator, Sequence
from pathlib import Path
from typing import Any
from unittest.mock import patch

import polars as pl
import pytest

from streams.sample.tape import sample_tape
from tests.command_line import tapedeck
from tests.e2e.demo_process import DemoProcess, demo, fresh_home
from tests.e2e.whole_tapes import LENGTHS, compare, folded

Row = dict[str, str]
_INTERVALS = ("5m", "15m")
_DEBS = ("debs/debs2022-gc-trading-day-08-11-21.sample.csv", None)
_EURUSD = ("tapes/eurusd-quotes-2020-01-01.csv.gz", "EURUSD")
_BTC = ("tapes/btc-perp-1m-2022-01.csv.gz", "BTC-PERP")
_FUTURES = "futures/seas-port-final-daily-closes.csv.gz"
_SATURDAY = "debs/debs2022-gc-trading-day-13-11-21.csv.gz"


@pytest.fixture(scope="module")
def running() -> Iterator[DemoProcess]:
    """A demo with the EMAs of DEBS 2022 that has replayed nothing yet.

    Without bars of a minute, which are most of the work and made in the same step.
    """
    with fresh_home() as home:
        nothing = home / "nothing.csv"
        nothing.write_text("timestamp,symbol,price\n")
        env = {"TAPEDECK_EMA_MODE": "debs", "TAPEDECK_INTERVALS": ",".join(_INTERVALS)}
        with demo(home, "--no-panel", str(nothing), **env) as process:
            process.wait_for_line("the tape is over")
            yield process


def replay(running: DemoProcess, path: Path, *options: str) -> dict[str, Any]:
    """`replay --wait --json`; its rows add up."""
    done = running.run("replay", "--wait", "--json", *options, str(path))
    assert done.returncode == 0, done.stderr
    found: dict[str, Any] = json.loads(done.stdout)
    parts = ("rows_without_price", "rows_filtered", "rows_rejected", "ticks")
    assert found["rows_read"] == sum(found[name] for name in parts)
    return found


def export(running: DemoProcess, table: str, *options: str) -> str:
    with patch.dict(os.environ, running.env):
        done = tapedeck("export", table, *options)
    assert done.code == 0, done.err
    return done.text


def rows(text: str) -> list[Row]:
    return list(csv.DictReader(io.StringIO(text)))


def five_minutes(running: DemoProcess, table: str, symbols: set[str]) -> list[Row]:
    """The rows of these symbols: every tape of this module is in the same tables."""
    found = rows(export(running, table, "--interval", "5m"))
    return [row for row in found if row["symbol"] in symbols]


def expected_of(path: Path) -> list[Row]:
    stem = str(path).removesuffix(".gz").removesuffix(".csv")
    found = next(p for p in (Path(f"{stem}.expected.csv{x}") for x in ("", ".gz")) if p.exists())
    data = found.read_bytes()
    text = (gzip.decompress(data) if found.suffix == ".gz" else data).decode()
    return sorted(rows(text), key=lambda row: (row["symbol"], int(row["window_start_ms"])))


@pytest.mark.parametrize(("name", "symbol"), [_DEBS, _EURUSD, _BTC])
def test_a_real_tape_gives_its_reference(
    running: DemoProcess, shared_data: Path, name: str, symbol: str | None
) -> None:
    path = shared_data / name
    if not path.exists():
        pytest.skip(f"{path} is not here")
    summary = replay(running, path, *(("--symbol", symbol) if symbol else ()))
    assert (summary["ticks_late"], summary["ticks_duplicate"], summary["dead_letters"]) == (0, 0, 0)
    expected = expected_of(path)
    symbols = {row["symbol"] for row in expected}
    assert summary["bars"]["5m"] == len(expected)
    _compare_bars(five_minutes(running, "bars", symbols), expected)
    _compare_indicators(five_minutes(running, "indicators", symbols), expected)
    found = [
        (row["symbol"], int(row["time_ms"]) - LENGTHS["5m"], row["side"])
        for row in five_minutes(running, "signals", symbols)
        if row["kind"] == "breakout"
    ]
    wanted = [
        (row["symbol"], int(row["window_start_ms"]), row["signal"].lower())
        for row in expected
        if row["signal"]
    ]
    assert found == wanted
    assert summary["signals"].get("breakout", 0) == len(wanted)


def _compare_bars(bars: Sequence[Row], expected: Sequence[Row]) -> None:
    names = ("symbol", "start_ms", "close", "trades", "last_ts_ms")
    found = [_bar(*(row[name] for name in names)) for row in bars]
    names = ("symbol", "window_start_ms", "close", "n_events", "last_event_ts_ms")
    assert found == [_bar(*(row[name] for name in names)) for row in expected]


def _bar(symbol: str, start: str, close: str, trades: str, last: str) -> tuple[Any, ...]:
    return symbol, int(start), float(close), int(trades), int(last)


def _compare_indicators(indicators: Sequence[Row], expected: Sequence[Row]) -> None:
    assert len(indicators) == len(expected)
    for row, wanted in zip(indicators, expected, strict=True):
        assert (row["symbol"], row["start_ms"]) == (wanted["symbol"], wanted["window_start_ms"])
        for name in ("ema38", "ema100"):
            assert math.isclose(float(row[name]), float(wanted[name]), rel_tol=1e-12, abs_tol=0)


def test_the_saturday_file_passes_through_with_every_row_accounted_for(
    running: DemoProcess, shared_data: Path
) -> None:
    before = _tables(running)
    summary = replay(running, shared_data / _SATURDAY)
    assert (summary["rows_read"], summary["rows_without_price"]) == (33_398, 33_398)
    assert (summary["ticks"], summary["symbols"], summary["dead_letters"]) == (0, 0, 0)
    assert (sum(summary["bars"].values()), summary["signals"]) == (0, {})
    assert _tables(running) == before


def _tables(running: DemoProcess) -> dict[str, str]:
    return {name: export(running, name) for name in ("bars", "indicators", "signals")}


def test_a_second_replay_changes_nothing(running: DemoProcess, shared_data: Path) -> None:
    path = shared_data / _DEBS[0]
    replay(running, path)
    before = _tables(running) | {"ticks": export(running, "ticks")}
    summary = replay(running, path)
    assert summary["ticks_duplicate"] == summary["ticks"] == 147
    assert (summary["ticks_late"], summary["dead_letters"], summary["signals"]) == (0, 0, {})
    assert sum(summary["bars"].values()) == 0
    assert _tables(running) | {"ticks": export(running, "ticks")} == before


def test_the_shipped_tape_gives_the_bars_of_polars(running: DemoProcess) -> None:
    ticks = pl.read_csv(sample_tape()).with_columns(
        ts=pl.col("timestamp").str.to_datetime(time_unit="ms", time_zone="UTC").dt.epoch("ms"),
        price=pl.col("price").cast(float),
        size=pl.col("size").cast(float),
    )
    assert replay(running, sample_tape())["ticks"] == len(ticks)
    _compare_with_polars(running, ticks)


def test_the_wide_table_gives_the_bars_of_polars(running: DemoProcess, shared_data: Path) -> None:
    """Some of its columns; each tick closes two bars, so all of them take minutes."""
    ticks = futures(shared_data).filter(pl.col("symbol").str.starts_with("SB"))
    summary = replay(running, shared_data / _FUTURES, "--symbols", "SB*")
    assert summary["ticks"] == len(ticks)
    _compare_with_polars(running, ticks)


def test_the_whole_wide_table_folds_to_the_bars_of_polars(shared_data: Path) -> None:
    """Reader, batches and fold, without Kafka between them."""
    bars = folded(shared_data / _FUTURES)
    ticks = futures(shared_data)
    assert len(ticks) == 235_671
    compare(bars, ticks)


def futures(shared_data: Path) -> pl.DataFrame:
    """The wide table by polars: a tick a cell at half past nine."""
    day = pl.col("Dates").str.to_datetime("%m/%d/%Y", time_unit="ms").dt.epoch("ms")
    return (
        pl.read_csv(shared_data / _FUTURES, infer_schema=False)
        .select((day + 34_200_000).alias("ts"), pl.exclude("Dates"))
        .unpivot(index="ts", variable_name="symbol", value_name="price")
        .with_columns(pl.col("price").cast(float, strict=False), size=pl.lit(None, pl.Float64))
        .drop_nulls("price")
        .filter(pl.col("price") > 0)
    )


def _compare_with_polars(running: DemoProcess, ticks: pl.DataFrame) -> None:
    found = pl.read_csv(io.StringIO(export(running, "bars")))
    compare(found.filter(pl.col("symbol").is_in(set(ticks["symbol"]))), ticks, _INTERVALS)

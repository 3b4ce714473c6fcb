"""`tapedeck export`, `db` and `dead-letters` on a real PostgreSQL."""

import io
import json
from pathlib import Path

import polars as pl
import pytest
from sqlalchemy import insert
from typer.testing import CliRunner, Result

from streams.adapters.database import connect_engine, upgrade
from streams.adapters.database.rows import bar_row, dead_letter_row, indicator_row, tick_rows
from streams.adapters.database.tables import notifications
from streams.adapters.database.writer import Batch, Writer
from streams.cli.main import app
from streams.domain.bar import Bar
from streams.domain.dead_letter import DeadLetter
from streams.domain.errors import ConfigError, ServiceError
from streams.domain.indicator_row import IndicatorRow
from streams.domain.tick import TickBatch


@pytest.fixture
def url(database: str, monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> str:
    monkeypatch.setenv("DATABASE_URL", database)
    monkeypatch.setenv("TAPEDECK_HOME", str(tmp_path))
    return database


@pytest.fixture
def filled(url: str) -> str:
    upgrade(url)
    batch = Batch()
    for symbol, interval, start in (("B", "1m", 0), ("A", "5m", 60_000), ("A", "1m", 60_000)):
        batch.add(bar_row(Bar(symbol, interval, start, 9, 1.0, 2.0, 0.1, 0.3, 1e22, 1.5, 2, 8)))
    for start, values in ((0, {"ema100": 0.1, "ema38": 0.1 + 0.2}), (60_000, {"rsi14": 50.0})):
        batch.add(
            indicator_row(
                IndicatorRow("A", "5m", start, 9, 1, 2, 1, 1.5, 9, 1, 2, start > 0, values, {})
            )
        )
    ticks = TickBatch("A", [20, 10, 20], [1.0, 2.0, 3.0], [0.5, 1.0, 2.0], source="s", first=3)
    for row in tick_rows(ticks, [(0, 3)], "t/0", 0):
        batch.add(row)
    letter = DeadLetter("an/id", "replay", "bad_price", 'price: "x"', "f.csv", 7, b"a,\xff\n")
    batch.add(dead_letter_row(letter, "dead-letters/0", 0, 1_000))
    engine = connect_engine(url)
    Writer(engine).write(batch)
    engine.dispose()
    return url


def _run(*arguments: str) -> Result:
    return CliRunner().invoke(app, arguments, catch_exceptions=True)


def _csv(*arguments: str) -> list[str]:
    result = _run("export", *arguments)
    assert result.exit_code == 0, result.output
    return result.stdout.splitlines()


@pytest.mark.usefixtures("filled")
def test_bars_are_sorted_by_symbol_time_and_interval_with_exact_floats() -> None:
    assert _csv("bars") == [
        "symbol,interval,start_ms,end_ms,open,high,low,close,volume,vwap,trades,last_ts_ms",
        "A,1m,60000,9,1.0,2.0,0.1,0.3,1e+22,1.5,2,8",
        "A,5m,60000,9,1.0,2.0,0.1,0.3,1e+22,1.5,2,8",
        "B,1m,0,9,1.0,2.0,0.1,0.3,1e+22,1.5,2,8",
    ]


@pytest.mark.usefixtures("filled")
def test_bars_of_a_symbol_an_interval_and_a_time() -> None:
    assert len(_csv("bars", "--interval", "1min", "--symbol", "A")) == 2
    assert len(_csv("bars", "--from", "1970-01-01T00:01", "--to", "1970-01-01T00:02")) == 3
    assert len(_csv("bars", "--to", "60000")) == 2


@pytest.mark.usefixtures("filled")
def test_indicators_have_a_column_each_and_are_empty_while_warming_up() -> None:
    assert _csv("indicators") == [
        "symbol,interval,start_ms,close,ema38,ema100,rsi14,warm",
        "A,5m,0,1.5,0.30000000000000004,0.1,,false",
        "A,5m,60000,1.5,,,50.0,true",
    ]


@pytest.mark.usefixtures("filled")
def test_equal_times_keep_the_order_of_the_source() -> None:
    assert _csv("ticks") == [
        "symbol,ts_ms,price,size,open,high,low,source,seq",
        "A,10,2.0,1.0,,,,s,4",
        "A,20,1.0,0.5,,,,s,3",
        "A,20,3.0,2.0,,,,s,5",
    ]
    assert len(_csv("ticks", "--from", "20")) == 3


def test_notifications_are_exported(filled: str) -> None:
    engine = connect_engine(filled)
    with engine.begin() as connection:
        connection.execute(
            insert(notifications).values(
                event_source="/s",
                signal_id="i",
                channel="file",
                symbol="A",
                kind="breakout",
                time_ms=5,
                status="delivered",
                attempts=1,
                delivered_ms=6,
            )
        )
    engine.dispose()
    assert _csv("notifications")[1] == "i,file,delivered,1,6,A,breakout,5,,/s"


@pytest.mark.usefixtures("filled")
@pytest.mark.parametrize("table", ["bars", "indicators", "ticks", "dead_letters"])
def test_every_format_holds_the_same(table: str, tmp_path: Path) -> None:
    parquet, lines = tmp_path / "x.parquet", tmp_path / "x.jsonl"
    for file in (parquet, lines):
        assert _run("export", table, "-o", str(file)).exit_code == 0
    frame = pl.read_parquet(parquet)
    assert frame.to_dicts() == [json.loads(line) for line in lines.read_text().splitlines()]
    text = "\n".join(_csv(table))
    assert frame.columns == pl.read_csv(io.StringIO(text)).columns
    assert sorted(path.name for path in tmp_path.iterdir()) == ["x.jsonl", "x.parquet"]


def test_an_empty_table_is_a_header_and_a_note(url: str) -> None:
    upgrade(url)
    result = _run("export", "signals")
    assert result.stdout == "id,time_ms,symbol,interval,kind,side,price,strength,warm,reason\n"
    assert "signals: no rows stored yet" in result.stderr
    assert _csv("indicators") == ["symbol,interval,start_ms,close,warm"]


@pytest.mark.usefixtures("filled")
@pytest.mark.parametrize(
    ("arguments", "words"),
    [
        (["tick"], "expected one of ticks"),
        (["bars", "--format", "xml"], "--format: expected csv, jsonl, parquet, was 'xml'"),
        (["bars", "--from", "noon"], "--from: expected ISO-8601"),
        (["bars", "--interval", "7m"], "interval"),
    ],
)
def test_wrong_use_says_what_was_expected(arguments: list[str], words: str) -> None:
    result = _run("export", *arguments)
    assert isinstance(result.exception, ConfigError)
    assert words in str(result.exception)


@pytest.mark.usefixtures("url")
def test_missing_tables_name_the_command_that_makes_them() -> None:
    result = _run("export", "bars")
    assert isinstance(result.exception, ServiceError)
    assert "tapedeck db upgrade" in str(result.exception)


@pytest.mark.usefixtures("filled")
def test_a_file_that_cannot_be_written_is_an_error_and_leaves_nothing(tmp_path: Path) -> None:
    result = _run("export", "bars", "-o", str(tmp_path / "none" / "x.csv"))
    assert isinstance(result.exception, ServiceError)
    assert list(tmp_path.iterdir()) == []


@pytest.mark.usefixtures("url")
def test_db_status_says_what_to_do_and_upgrade_does_it() -> None:
    before = _run("db", "status")
    assert (before.exit_code, "run `tapedeck db upgrade`" in before.stdout) == (1, True)
    assert _run("db", "upgrade").exit_code == 0
    after = _run("db", "status", "--json")
    assert json.loads(after.stdout)["current"] is True
    assert after.exit_code == 0


@pytest.mark.usefixtures("filled")
def test_dead_letters_are_counted_listed_and_shown_as_they_came() -> None:
    listed = json.loads(_run("dead-letters", "list", "--json").stdout)
    (counted,) = listed["counts"]
    names = ("kind", "origin", "reason", "count")
    assert [counted[name] for name in names] == ["input", "replay", "bad_price", 1]
    assert [letter["id"] for letter in listed["letters"]] == ["an/id"]
    assert "f.csv\t7" in _run("dead-letters", "list", "--reason", "bad_price").stdout
    assert _run("dead-letters", "show", "an/id", "--raw").stdout_bytes == b"a,\xff\n"
    assert 'price: "x"' in _run("dead-letters", "show", "an/id").stdout
    assert isinstance(_run("dead-letters", "show", "none").exception, ConfigError)

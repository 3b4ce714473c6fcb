"""Ticks, quotes and candles: what becomes a tick and what is refused."""

import pytest

from streams.adapters.messages import decode_ticks
from streams.adapters.tape.encode import encode_batch
from streams.adapters.tape.grouping import batches
from streams.adapters.tape.plan import CandleTime
from streams.adapters.tape.reading import Pick
from streams.domain.errors import ConfigError, InputError
from tests.tape_reading import Reader

T = 1_646_136_000_000  # 2022-03-01T12:00:00Z


@pytest.mark.parametrize(
    "header",
    ["symbol,ts,price,size", "ticker,timestamp,last,volume", "Stock_Symbol,epoch_ms,Price,Qty",
     "stock_symbol;timestamp_utc;price;size", "sym\ttime\tpx\tvol",
     " Symbol , Time , Price , Size"],
)  # fmt: skip
def test_columns_go_by_many_names(tape_of: Reader, header: str) -> None:
    separator = next(c for c in ";\t," if c in header)
    tape = tape_of(header + "\n" + separator.join(["A", str(T), "1.5", "10"]) + "\n")
    assert tape.events() == [("A", T, 1.5)]
    assert tape.ticks.columns["size"].tolist() == [10.0]


def test_columns_may_come_in_any_order_beside_others(tape_of: Reader) -> None:
    tape = tape_of(f"note,price,venue,symbol,timestamp\n,1.5,X,A,{T}\n")
    assert tape.events() == [("A", T, 1.5)]
    assert list(tape.ticks.columns) == ["price"]


@pytest.mark.parametrize(
    ("line", "reason"),
    [
        (f"A,{T},0,1", "bad_price"),
        (f"A,{T},-1,1", "bad_price"),
        (f"A,{T},NaN,1", "bad_price"),
        (f"A,{T},inf,1", "bad_price"),
        (f"A,{T},1 000,1", "bad_price"),
        (f"A,{T},1,-1", "bad_size"),
        (f"A,{T},1,nan", "bad_size"),
        ("A,soon,1,1", "bad_time"),
        ("A,,1,1", "bad_time"),
        ("A,99999999999999,1,1", "bad_time"),
        (f",{T},1,1", "bad_symbol"),
        (f"A\x07,{T},1,1", "bad_symbol"),
        (f"A,{T},1", "wrong_columns"),
        (f"A,{T},1,1,1", "wrong_columns"),
        (f'A,{T},"1,1', "bad_quotes"),
        (f"A\0,{T},1,1", "bad_encoding"),
    ],
)
def test_a_bad_row_refuses_itself_alone(tape_of: Reader, line: str, reason: str) -> None:
    good = "symbol,ts,price,size\nA,2022-03-01T12:00:00Z,1.5,1\n"
    tape = tape_of(good + line + "\nB,2022-03-01T12:00:01Z,2.5,1\n")
    assert tape.reasons() == [(3, reason)]
    assert tape.rejects[0].raw == line.encode()
    assert tape.events() == [("A", T, 1.5), ("B", T + 1_000, 2.5)]


def test_a_first_row_of_another_width_does_not_decide_for_all(tape_of: Reader) -> None:
    tape = tape_of(f"symbol,ts,price\nA,{T},1,\nA,{T},2\nA,{T},3\n")
    assert tape.reasons() == [(2, "wrong_columns")]
    assert tape.counts.ticks == 2


def test_an_undecodable_line_refuses_itself_alone(tape_of: Reader) -> None:
    tape = tape_of(b"symbol,ts,price\nA,%d,1\n\xff\xfe,%d,1\nB\xc3\xa9,%d,2\r\n" % (T, T, T))
    assert tape.reasons() == [(3, "bad_encoding")]
    assert tape.rejects[0].raw == b"\xff\xfe,%d,1" % T
    assert [name for name, _, _ in tape.events()] == ["A", "Bé"]


def test_lines_keep_their_numbers_among_blank_ones_and_mixed_line_ends(tape_of: Reader) -> None:
    tape = tape_of(f"symbol,ts,price\r\n\r\nA,{T},1\n\n\r\nA,{T},x\r\nA,{T},2\r\n\nA,{T}")
    assert tape.reasons() == [(6, "bad_price"), (9, "wrong_columns")]
    assert tape.counts.read == 4


def test_quoted_fields_are_read_and_a_stray_quote_loses_no_other_line(tape_of: Reader) -> None:
    rows = f'"A","{T}","1"\n"A, B","{T}","2"\nC"x,{T},3\nD,{T},4\n"E,"x,{T}\n"F",{T},6\n'
    tape = tape_of('"symbol","ts","price"\n' + rows)
    assert [name for name, _, _ in tape.events()][:2] == ["A", "A, B"]
    assert {name for name, _, _ in tape.events()} >= {"D"}
    assert tape.counts.read == 6


def test_a_carriage_return_alone_ends_no_line(tape_of: Reader) -> None:
    tape = tape_of(f"symbol,ts,price\nA,{T},1\r\r\nA,{T},2\nB\r,{T},3\n")
    assert tape.events() == [("A", T, 1.0), ("A", T, 2.0), ("B", T, 3.0)]


def test_an_empty_price_is_a_row_without_price(tape_of: Reader) -> None:
    tape = tape_of(f"symbol,ts,price\nA,,\nA,{T},1\n")
    assert (tape.counts.without_price, tape.counts.ticks) == (1, 1)


def test_the_price_of_a_quote_is_its_mid(tape_of: Reader) -> None:
    tape = tape_of(
        "20200101 170000065,1.121200,1.121720,0\n20200101 170010447,0,1.1,0\n"
        "20200101 170010448,,1.1,0\n",
        symbol="EURUSD",
    )
    assert tape.events() == [("EURUSD", 1_577_898_000_065, (1.1212 + 1.12172) / 2)]
    assert tape.reasons() == [(2, "bad_price"), (3, "bad_price")]


def test_crossed_and_locked_quotes_are_ticks_and_counted(tape_of: Reader) -> None:
    rows = [(1, 1.1, 1.2), (2, 1.2, 1.1), (3, 1.1, 1.1), (4, 1.3, 1.1)]
    text = "symbol,time,bid,ask\n" + "".join(
        f"A,{T + at * 1_000},{bid},{ask}\n" for at, bid, ask in rows
    )
    tape = tape_of(text)
    assert (tape.counts.ticks, tape.counts.crossed, tape.counts.locked) == (4, 2, 1)
    late = tape_of(text, pick=Pick(start=T + 3_000))
    assert (late.counts.ticks, late.counts.filtered) == (2, 2)
    assert (late.counts.crossed, late.counts.locked) == (1, 1)
    (batch,) = batches(tape.ticks)
    sent = decode_ticks(encode_batch(batch, "A", "s", "r", tape.plans[0].tick_columns))
    assert sent.crossed == [(1, 1.2, 1.1), (2, 1.1, 1.1), (3, 1.3, 1.1)]
    assert sent.size is None


def test_quotes_that_are_as_they_should_be_say_nothing_of_it(tape_of: Reader) -> None:
    tape = tape_of(f"symbol,time,bid,ask\nA,{T},1.1,1.2\n")
    (batch,) = batches(tape.ticks)
    value = encode_batch(batch, "A", "s", "r", tape.plans[0].tick_columns)
    assert b"crossed" not in value
    assert b"bid" not in value


def test_a_candle_is_one_event_with_its_range(tape_of: Reader) -> None:
    rows = f"{T},10,12,9,11,5\n{T},10,9,12,11,5\n{T},10,12,9,13,5\n"
    tape = tape_of("timestamp,open,high,low,close,volume\n" + rows, symbol="X")
    assert tape.events() == [("X", T, 11.0)]
    columns = {name: values.tolist() for name, values in tape.ticks.columns.items()}
    assert columns == {"price": [11], "size": [5], "open": [10], "high": [12], "low": [9]}
    assert tape.reasons() == [(3, "bad_candle"), (4, "bad_candle")]


def test_a_candle_written_at_its_end_falls_inside_it(tape_of: Reader) -> None:
    content = f"ts,open,high,low,close\n{T},1,1,1,1\n"
    assert tape_of(content, symbol="X", candle_time=CandleTime.END).events() == [("X", T - 1, 1.0)]


def test_a_wide_table_is_a_row_per_cell(tape_of: Reader) -> None:
    rows = "03/01/2022,1,#N/A N/A,3\n03/31/2022,x,-1,\n99/99/2022,1,2,3\n03/31/2022,1\n"
    tape = tape_of("Dates,A 1,B,C\n" + rows)
    assert tape.events() == [("A 1", T - 9_000_000, 1.0), ("C", T - 9_000_000, 3.0)]
    assert tape.counts.read == 12
    assert dict(tape.counts.rejected) == {"bad_price": 2, "bad_time": 3, "wrong_columns": 3}
    assert {reject.part for reject in tape.rejects if reject.reason == "bad_price"} == {"A 1", "B"}


def test_a_date_and_a_clock_column_are_one_time(tape_of: Reader) -> None:
    tape = tape_of("symbol,date,time,price\nA,2022-03-01,12:00:00.250,1\n")
    assert tape.events() == [("A", T + 250, 1.0)]


def test_of_columns_that_agree_the_finest_is_the_time(tape_of: Reader) -> None:
    tape = tape_of(
        "symbol,timestamp_utc,epoch_us,price\n"
        "A,2022-03-01T12:00:00Z,1646136000123999,1\nA,2022-03-01T12:00:01Z,1646136001000000,1\n"
    )
    assert [ts for _, ts, _ in tape.events()] == [T + 123, T + 1_000]


def test_columns_that_differ_are_an_error_that_names_them_and_the_option(tape_of: Reader) -> None:
    content = f"symbol,open_time,close_time,price\nA,{T},{T + 60_000},1\n"
    with pytest.raises(InputError, match=r"'open_time' and 'close_time'.*--time-column"):
        tape_of(content)
    assert tape_of(content, time_column="close_time").events() == [("A", T + 60_000, 1.0)]


@pytest.mark.parametrize(
    ("content", "message"),
    [
        (f"symbol,ts,price,last\nA,{T},1,2\n", "'price', 'last'.*--price-column"),
        (f"symbol,ts,price,size,volume\nA,{T},1,2,3\n", "'size', 'volume'.*--size-column"),
        ("symbol,ts,price\nA,03/04/2022,1\n", "day from month.*--date-order"),
        ("symbol,when,price\nA,1,1\n", "'when'.*--time-column"),
        ("symbol,time,price\nA,09:30:00,1\n", "--time-column"),
        ("a,b,c\nx,y,z\n", "a, b, c.*--format"),
        (f"ts,price\n{T},1\n", "ts, price.*--symbol NAME"),
        ("hello\nworld\n", "separated by commas"),
        (b"\x7fELF\0\0\0\1\2\3,", "binary"),
        ("symbol,ts,price\n".encode("utf-16"), "UTF-16"),
        (b"symbol,ts,price\rA,1,1\rB,1,1\r", "CR only"),
        (b"\x93\xba\x11,\xd6\xe3\n" * 90, "binary"),
        (f"symbol,ts,price\nA,{T},1,2,3\n", "rows of 3 columns as in the header, was 5"),
        (b"PAR1 nothing of the kind", "Parquet"),
        (b"PK\x03\x04 nothing of the kind", "zip"),
    ],
)
def test_what_cannot_be_read_is_one_clear_error(
    tape_of: Reader, content: str | bytes, message: str
) -> None:
    with pytest.raises(InputError, match=message):
        tape_of(content)


def test_bad_options_are_named(tape_of: Reader) -> None:
    content = f"symbol,ts,price\nA,{T},1\n"
    with pytest.raises(InputError, match=r"--price-column.*symbol, ts, price.*'cost'"):
        tape_of(content, price_column="cost")
    with pytest.raises(ConfigError, match=r"--tz.*Mars"):
        tape_of(content, tz="Mars/Olympus")
    with pytest.raises(ConfigError, match="--symbols chooses"):
        tape_of(content, symbol="A")


@pytest.mark.parametrize("content", ["", "\n\n", "# only a comment\n", "symbol,ts,price\n"])
def test_a_file_without_a_row_is_a_tape_of_nothing(tape_of: Reader, content: str | bytes) -> None:
    tape = tape_of(content)
    assert (tape.empty, tape.counts.read) == (("tape.csv",), 0)

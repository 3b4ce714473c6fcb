"""DEBS 2022 rows: the Price event section, case by case."""

import pytest

from tests.tape_reading import Reader

HEADER = (
    "ID,SecType,Date,Time,Ask,Ask volume,Bid,Bid volume,Ask time,Day's high ask,Close,Currency,"
    "Day's high ask time,Day's high,ISIN,Auction price,Day's low ask,Day's low,Day's low ask time,"
    "Open,Nominal value,Last,Last volume,Trading time,Total volume,Mid price,Trading date,Profit,"
    "Current price,Related indices,Day high bid time,Day low bid time,Open Time, Last price time,"
    " Close Time, Day high Time, Day low Time, Bid time, Auction Time"
)
TOP = "# a\n" * 11 + HEADER + "\n# 'Unique ID'\n"
FIRST_LINE = 14
NINE = 1_636_362_000_000  # 2021-11-08T09:00:00Z


def row(**fields: str) -> str:
    at = {
        "id": 0,
        "kind": 1,
        "date": 2,
        "time": 3,
        "last": 21,
        "size": 22,
        "ttime": 23,
        "tdate": 26,
    }
    cells = [""] * 40
    given = {"id": "A.NL", "kind": "E", "date": "08-11-2021", "time": "09:00:00.000"} | fields
    for name, value in given.items():
        cells[at[name]] = value
    return ",".join(cells)


def test_a_file_is_recognised_with_or_without_its_header(tape_of: Reader) -> None:
    rows = row(last="1.5") + "\r\n" + row(last="2.5", kind="I") + "\n"
    for content in (TOP + rows, HEADER + "\n" + rows, rows):
        tape = tape_of(content)
        assert tape.plans[0].format == "debs"
        assert tape.events() == [("A.NL", NINE, 1.5), ("A.NL", NINE, 2.5)]


@pytest.mark.parametrize("last", ["", "0", "0.0", "0.000000", "-0", "0e3", " ", ".0"])
def test_a_row_without_a_price_is_one_even_when_its_time_is_broken(
    tape_of: Reader, last: str
) -> None:
    tape = tape_of(TOP + row(last=last, time="::", tdate="15/11/2022", kind="X") + "\n")
    assert (tape.counts.without_price, tape.rejects) == (1, [])


@pytest.mark.parametrize(
    ("fields", "ts"),
    [
        ({"tdate": "09-11-2021", "ttime": "10:00:00.123"}, NINE + 90_000_123),
        ({"ttime": "10:00:00.12"}, NINE + 3_600_120),
        ({"tdate": "09-11-2021"}, NINE + 86_400_000),
        ({"tdate": "08-11-2021", "ttime": "09:00:00", "date": "x", "time": "::"}, NINE),
        ({"ttime": "09:00:00.123999"}, NINE + 123),
    ],
)
def test_time_falls_back_column_by_column_where_a_field_is_empty(
    tape_of: Reader, fields: dict[str, str], ts: int
) -> None:
    assert tape_of(TOP + row(last="5", **fields) + "\n").events() == [("A.NL", ts, 5.0)]


@pytest.mark.parametrize(
    ("fields", "reason"),
    [
        ({"last": "x"}, "bad_price"),
        ({"last": "nan"}, "bad_price"),
        ({"last": "inf"}, "bad_price"),
        ({"last": "1e999"}, "bad_price"),
        ({"last": "-86"}, "negative_price"),
        ({"last": "1", "kind": "X"}, "bad_sectype"),
        ({"last": "1", "kind": ""}, "bad_sectype"),
        ({"last": "1", "id": ""}, "bad_symbol"),
        ({"last": "1", "id": "x" * 65}, "bad_symbol"),
        ({"last": "1", "tdate": "15/11/2022"}, "bad_time"),
        ({"last": "1", "tdate": "31-02-2021"}, "bad_time"),
        ({"last": "1", "ttime": "25:00:00.000"}, "bad_time"),
        ({"last": "1", "time": "::"}, "bad_time"),
        ({"last": "1", "time": ""}, "bad_time"),
        ({"last": "1", "size": "-3"}, "bad_size"),
        ({"last": "1", "size": "many"}, "bad_size"),
    ],
)
def test_a_malformed_field_refuses_its_row_alone(
    tape_of: Reader, fields: dict[str, str], reason: str
) -> None:
    bad = row(**fields)
    tape = tape_of(TOP + row(last="1") + "\n" + bad + "\n" + row(last="2") + "\n")
    assert tape.reasons() == [(FIRST_LINE + 1, reason)]
    assert tape.rejects[0].raw == bad.encode()
    assert [price for _, _, price in tape.events()] == [1.0, 2.0]


def test_an_empty_size_is_no_size(tape_of: Reader) -> None:
    tape = tape_of(TOP + row(last="1") + "\n" + row(last="1", size="7") + "\n")
    assert tape.ticks.columns["size"].tolist() == [0.0, 7.0]


def test_rows_of_another_width_are_refused(tape_of: Reader) -> None:
    tape = tape_of(TOP + row(last="1") + "\n" + row(last="1")[:-1] + "\n" + row() + ",\n")
    assert tape.reasons() == [(FIRST_LINE + 1, "wrong_columns"), (FIRST_LINE + 2, "wrong_columns")]

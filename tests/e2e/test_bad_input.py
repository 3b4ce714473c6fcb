"""Bad files, through the command line: counted and explained, no traceback, no good row lost."""

import gzip
import json
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest

from tests.command_line import Done, tapedeck
from tests.e2e.no_tapes import NO_TAPES

HEADER = "symbol,timestamp,price,size\n"
GOOD = "A,2024-03-04T09:00:00Z,10.5,3\n"
_TOO_LONG = "S" * 65


@pytest.fixture(autouse=True)
def _empty_folder(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.chdir(tmp_path)
    monkeypatch.setenv("TAPEDECK_HOME", str(tmp_path / "home"))


def write(content: str | bytes, name: str = "tape.csv") -> str:
    Path(name).write_bytes(content.encode() if isinstance(content, str) else content)
    return name


def dry_run(*arguments: str, stdin: bytes = b"") -> Done:
    return tapedeck("replay", "--dry-run", "--json", *arguments, stdin=stdin)


def summary(*arguments: str, stdin: bytes = b"") -> dict[str, Any]:
    """The summary of a replay that went through; the rows add up."""
    done = dry_run(*arguments, stdin=stdin)
    assert (done.code, "Traceback" in done.err) == (0, False), done.err
    found: dict[str, Any] = json.loads(done.text)
    parts = ("rows_without_price", "rows_filtered", "rows_rejected", "ticks")
    assert found["rows_read"] == sum(found[name] for name in parts)
    assert found["rows_rejected"] == sum(found["rejected"].values())
    return found


def rejected(content: str | bytes, **expected: int) -> None:
    """The file has `ticks` good rows (default: 1), and as many bad ones as there are reasons."""
    ticks = expected.pop("ticks", 1)
    found = summary(write(content))
    assert (found["ticks"], found["rejected"]) == (ticks, expected)


@pytest.mark.parametrize(
    ("row", "reason"),
    [
        ("A,2024-03-04T09:00:01Z,NaN,3", "bad_price"),
        ("A,2024-03-04T09:00:01Z,inf,3", "bad_price"),
        ("A,2024-03-04T09:00:01Z,-Infinity,3", "bad_price"),
        ("A,2024-03-04T09:00:01Z,1e999,3", "bad_price"),
        ("A,2024-03-04T09:00:01Z,ten,3", "bad_price"),
        ("A,2024-03-04T09:00:01Z,0x10,3", "bad_price"),
        ("A,2024-03-04T09:00:01Z,-3.25,3", "bad_price"),
        ("A,2024-03-04T09:00:01Z,0,3", "bad_price"),
        ("A,2024-03-04T09:00:01Z,#N/A,3", "bad_price"),
        ("A,2024-03-04T09:00:01Z,10,many", "bad_size"),
        ("A,2024-03-04T09:00:01Z,10,-1", "bad_size"),
        ("A,2024-03-04T09:00:01Z,10,nan", "bad_size"),
        ("A,never,10,3", "bad_time"),
        ("A,,10,3", "bad_time"),
        ("A,2024-02-30T09:00:00Z,10,3", "bad_time"),
        ("A,2024-03-04T25:00:00Z,10,3", "bad_time"),
        ("A,1969-12-31T23:59:59Z,10,3", "bad_time"),
        ("A,9999-01-01T00:00:00Z,10,3", "bad_time"),
        (",2024-03-04T09:00:01Z,10,3", "bad_symbol"),
        (f"{_TOO_LONG},2024-03-04T09:00:01Z,10,3", "bad_symbol"),
        ("A\x07B,2024-03-04T09:00:01Z,10,3", "bad_symbol"),
        ("A,2024-03-04T09:00:01Z,10", "wrong_columns"),
        ("A,2024-03-04T09:00:01Z,10,3,4,5", "wrong_columns"),
        ('A,2024-03-04T09:00:01Z,"10,3', "bad_quotes"),
        ("gibberish", "wrong_columns"),
    ],
)
def test_a_bad_row_is_refused_with_its_reason_and_the_good_ones_stay(row: str, reason: str) -> None:
    after = GOOD.replace("09:00:00", "09:00:02")
    rejected(HEADER + GOOD + row + "\n" + after, ticks=2, **{reason: 1})


def test_a_row_without_a_price_is_no_fault() -> None:
    found = summary(write(f"{HEADER}{GOOD}A,2024-03-04T09:00:01Z,,3\n"))
    assert (found["ticks"], found["rows_without_price"], found["rows_rejected"]) == (1, 1, 0)


@pytest.mark.parametrize(
    "content",
    [
        b"\xef\xbb\xbf" + (HEADER + GOOD).encode(),
        (HEADER + GOOD).replace("\n", "\r\n").encode(),
        (HEADER + GOOD).rstrip("\n").encode(),
        ("# a comment\n\n" + HEADER + "\n" + GOOD + "\n\n").encode(),
        (HEADER + GOOD).replace(",", ";").encode(),
        b'"symbol","timestamp","price","size"\n"A","2024-03-04T09:00:00Z","10.5","3"\n',
        b'note,symbol,timestamp,price\n"one, two ""three""",A,2024-03-04T09:00:00Z,10.5\n',
    ],
    ids=["BOM", "CRLF", "no last LF", "comments", "semicolons", "quotes", "commas in quotes"],
)
def test_odd_but_well_formed_files_are_read(content: bytes) -> None:
    found = summary(write(content))
    assert (found["rows_read"], found["ticks"], found["symbols"]) == (1, 1, 1)


def test_a_line_break_within_quotes_costs_only_its_own_row() -> None:
    row = 'A,2024-03-04T09:00:01Z,10,"3\n4"\n'
    found = summary(write(HEADER + GOOD + row + GOOD.replace("09:00:00", "09:00:02")))
    assert found["ticks"] == 2
    assert found["rows_rejected"] >= 1


def test_invalid_utf_8_and_nul_bytes_cost_only_their_own_rows() -> None:
    good = GOOD.encode()
    bad = b"\xff\xfeA,2024-03-04T09:00:01Z,10,3\n", b"A\0,2024-03-04T09:00:01Z,10,3\n"
    found = summary(write(HEADER.encode() + good + bad[0] + bad[1] + good * 20))
    assert (found["ticks"], found["rows_rejected"]) == (21, 2)


def test_a_line_of_ten_megabytes_costs_only_itself() -> None:
    found = summary(
        write(HEADER + GOOD + "A,2024-03-04T09:00:01Z,10," + "9" * 10_000_000 + "\n" + GOOD)
    )
    assert (found["ticks"], found["rows_rejected"]) == (2, 1)


def test_one_line_of_ten_megabytes_is_no_tape() -> None:
    refused(write("x" * 10_000_000), "expected")


def test_times_that_break_the_rule_of_their_column_are_refused() -> None:
    """The first rows say days first; a month 13 can be none of the others."""
    head = "symbol,timestamp,price\nA,25/03/2024 09:00:00,10\n"
    found = summary(write(head + "A,13/13/2024 09:00:00,10\nA,26/03/2024 09:00:00,10\n"))
    assert (found["ticks"], found["rejected"]) == (2, {"bad_time": 1})


def test_a_truncated_gzip_gives_its_whole_rows_and_one_refusal() -> None:
    rows = "".join(
        f"S{n % 7},{1_709_542_800_000 + n * 977},{10 + n % 13},{n % 5}\n" for n in range(20_000)
    )
    whole = gzip.compress((HEADER + rows).encode(), mtime=0)
    found = summary(write(whole[: len(whole) * 2 // 3], "cut.csv.gz"))
    assert 5_000 < found["ticks"] < 20_000
    assert found["rejected"] == {"truncated": 1}


def test_a_gzip_cut_in_its_first_kilobyte_still_gives_its_whole_rows() -> None:
    rows = "".join(
        f"S{n % 7},{1_709_542_800_000 + n * 977},{10 + n % 13},{n % 5}\n" for n in range(20_000)
    )
    whole = gzip.compress((HEADER + rows).encode(), mtime=0)
    found = summary(write(whole[:1_000], "cut.csv.gz"))
    assert found["ticks"] > 0
    assert found["rejected"] == {"truncated": 1}


def refused(name: str, *words: str, options: tuple[str, ...] = ()) -> None:
    """Exit 2, nothing on stdout, one line that names the file and what is wrong."""
    done = dry_run(*options, name)
    assert (done.code, done.out) == (2, b"")
    assert Path(name).name in done.error or not Path(name).name
    for word in words:
        assert word in done.error
    assert len(done.error) < 500


@pytest.mark.parametrize("case", NO_TAPES)
def test_what_is_no_tape_is_refused_in_one_line(case: str) -> None:
    content, name, words = NO_TAPES[case]
    refused(write(content, name), words)


def test_what_cannot_be_opened_is_refused_in_one_line(tmp_path: Path) -> None:
    refused("nowhere.csv", "no such file")
    Path("folder").mkdir()
    refused("folder", "was a folder")
    (tmp_path / "loop.csv").symlink_to("loop.csv")
    refused("loop.csv", "expected a readable file")
    name = write(HEADER + GOOD)
    done = dry_run(name, name)
    assert (done.code, "was twice" in done.error) == (2, True)


def test_a_symbol_that_is_too_long_is_wrong_use() -> None:
    name = write("timestamp,price\n2024-03-04T09:00:00Z,10\n")
    done = dry_run("--symbol", _TOO_LONG, name)
    assert done.code == 2
    assert "64" in done.error


@pytest.mark.parametrize("content", ["", "\n\n", "# nothing\n", HEADER, HEADER.rstrip(), "\ufeff"])
def test_a_file_without_a_row_is_nothing_and_no_error(content: str) -> None:
    found = summary(write(content))
    assert (found["rows_read"], found["ticks"], found["empty_files"]) == (0, 0, ["tape.csv"])


def test_one_bad_file_of_several_stops_all_before_anything_is_sent() -> None:
    good, bad = write(HEADER + GOOD, "good.csv"), write("hello\nworld\n", "bad.csv")
    done = dry_run(good, bad)
    assert (done.code, done.out) == (2, b"")
    assert "bad.csv" in done.error


@pytest.mark.parametrize("pack", [bytes, gzip.compress], ids=["plain", "gzip"])
def test_standard_input_is_read_as_a_file_is(pack: Callable[[bytes], bytes]) -> None:
    found = summary("-", stdin=pack((HEADER + GOOD + "A,never,1,1\n").encode()))
    assert (found["ticks"], found["rejected"]) == (1, {"bad_time": 1})


def test_the_malformed_rows_of_the_real_data_are_explained(shared_data: Path) -> None:
    found = summary(str(shared_data / "debs" / "malformed-rows.csv"))
    assert found["rejected"] == {"bad_time": 11, "negative_price": 1}


def test_people_read_the_counts_of_each_reason() -> None:
    done = tapedeck("replay", "--dry-run", write(HEADER + GOOD + "A,never,1,1\n"))
    assert done.code == 0
    assert "Dry run" in done.text
    assert "rejected bad_time" in done.text

"""Several files and passes: order, numbers, limits, identity, compression."""

import gzip
import io
import random
import zipfile
from pathlib import Path

import numpy as np
import polars as pl
import pytest
import zstandard

from streams.adapters.tape import inflate, reading
from streams.adapters.tape.grouping import batches
from streams.adapters.tape.plan import CandleTime, Format
from streams.adapters.tape.reading import Pick
from streams.domain.errors import InputError
from tests.tape_reading import Reader

T = 1_646_136_000_000


def csv(*ticks: tuple[str, int, int]) -> bytes:
    rows = "".join(f"{symbol},{T + at},{price}\n" for symbol, at, price in ticks)
    return ("symbol,ts,price\n" + rows).encode()


MANY = csv(*((f"S{n % 7}", n * 50 - (n % 3) * 400, n + 1) for n in range(5_000)))

RNG = random.Random(1)
LONG = csv(*((f"S{n % 7}", n, RNG.randrange(1, 10**9)) for n in range(30_000)))


def zipped(data: bytes, *names: str) -> bytes:
    out = io.BytesIO()
    with zipfile.ZipFile(out, "w", zipfile.ZIP_DEFLATED) as archive:
        for name in names or ("a.csv",):
            archive.writestr(name, data)
    return out.getvalue()


@pytest.mark.parametrize(
    "packed",
    [gzip.compress(MANY), gzip.compress(MANY[:9_000]) + gzip.compress(MANY[9_000:]) + b"\0" * 9,
     zstandard.compress(MANY), zstandard.compress(MANY[:99]) + zstandard.compress(MANY[99:]),
     zipped(MANY), b"\xef\xbb\xbf" + MANY],
    ids=["gzip", "gzip members", "zstd", "zstd frames", "zip", "BOM"],
)  # fmt: skip
def test_compressed_files_are_read_whatever_their_name(tape_of: Reader, packed: bytes) -> None:
    assert tape_of(packed, "x").events() == tape_of(MANY).events()


@pytest.mark.parametrize(
    "packed", [gzip.compress(LONG), zstandard.compress(LONG)], ids=["gzip", "zstd"]
)
def test_of_a_truncated_file_every_whole_row_is_kept(tape_of: Reader, packed: bytes) -> None:
    tape = tape_of(packed[: len(packed) * 2 // 3], "x")
    whole = tape_of(LONG).events()
    assert dict(tape.counts.rejected) == {"truncated": 1}
    assert 0 < len(tape.events()) < len(whole)
    assert tape.events() == whole[: len(tape.events())]
    assert tape.rejects[0].line == len(tape.events()) + 2


def test_a_zip_of_several_files_is_refused_by_their_names(tape_of: Reader) -> None:
    with pytest.raises(InputError, match="one file in the zip, was 2: a, b"):
        tape_of(zipped(MANY, "a", "b"))


def test_parquet_is_read_typed_with_the_number_of_the_row(tape_of: Reader) -> None:
    frame = pl.DataFrame(
        {
            "symbol": ["A", "B", None],
            "ts": [T, T + 1, T],
            "price": [1.5, -2.0, 3.0],
            "size": [1, 2, 3],
        }
    )
    for column in (pl.col("ts"), pl.col("ts").cast(pl.Datetime("ms")), pl.col("ts") / 1_000):
        out = io.BytesIO()
        frame.with_columns(column.alias("ts")).write_parquet(out)
        tape = tape_of(out.getvalue(), "x.parquet")
        assert tape.events() == [("A", T, 1.5)]
        assert tape.reasons() == [(2, "bad_price"), (3, "bad_symbol")]


def test_files_are_one_tape_in_the_order_of_time_and_of_naming(
    read: Reader, tmp_path: Path
) -> None:
    one, two = tmp_path / "1.csv", tmp_path / "2.csv"
    one.write_bytes(csv(("A", 0, 1), ("A", 20, 2), ("A", 10, 3), ("A", 40, 4)))
    two.write_bytes(csv(("A", 0, 5), ("B", 20, 6), ("A", 30, 7), ("A", 50, 8)))
    assert [price for _, _, price in read(one, two).events()] == [1, 5, 2, 3, 6, 7, 4, 8]
    assert [price for _, _, price in read(two, one).events()] == [5, 1, 6, 2, 3, 7, 4, 8]


def test_merging_does_not_depend_on_how_files_are_cut(
    read: Reader, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    rng = random.Random(4)
    paths = []
    for number in range(3):
        at, ticks = 0, []
        for n in range(400):
            at += rng.choice((0, 0, 1, 5))
            ticks.append((f"S{rng.randrange(4)}", at - rng.choice((0, 0, 30)), n * 10 + number))
        paths.append(tmp_path / f"{number}.csv")
        paths[-1].write_bytes(csv(*ticks))
    whole = read(*paths)
    monkeypatch.setattr(reading, "BLOCK_BYTES", 300)
    monkeypatch.setattr(inflate, "_PLAIN_PIECE", 200)
    monkeypatch.setattr(reading, "_LEAST_BLOCK", 100)
    cut = read(*paths)
    assert cut.events() == whole.events()
    assert cut.ticks.ordinal.tolist() == whole.ticks.ordinal.tolist()
    assert len(cut.parts) > len(whole.parts)


def test_an_ordinal_counts_a_symbols_ticks_in_the_file_whatever_is_picked(tape_of: Reader) -> None:
    content = csv(*(("AB"[n % 2], n * 10, n + 1) for n in range(20)))
    ordinal = {
        price: number
        for (_, _, price), number in zip(
            tape_of(content).events(), tape_of(content).ticks.ordinal.tolist(), strict=True
        )
    }
    pick = Pick(("A*",), T + 50, T + 130)
    some = tape_of(content, pick=pick)
    assert [price for _, _, price in some.events()] == [7, 9, 11, 13]
    assert some.ticks.ordinal.tolist() == [ordinal[price] for price in (7, 9, 11, 13)]
    assert some.counts.filtered == 16
    assert some.sources == tape_of(content).sources


def test_a_batch_has_one_symbol_and_consecutive_ordinals(tape_of: Reader) -> None:
    ticks = tape_of(MANY).ticks.take(np.flatnonzero(np.arange(5_000) % 1_000 != 7))
    made = list(batches(ticks, largest=100))
    assert sum(len(batch.ts) for batch in made) == len(ticks)
    assert max(len(batch.ts) for batch in made) == 100
    for batch in made:
        rows = (ticks.code == batch.code) & (ticks.ordinal >= batch.first)
        assert ticks.ts[rows][: len(batch.ts)].tolist() == batch.ts.tolist()
        assert ticks.ordinal[rows][len(batch.ts) - 1] == batch.first + len(batch.ts) - 1


@pytest.mark.parametrize("limit", [0, 1, 4_999, 5_000, 9_000])
def test_a_limit_counts_rows_read(tape_of: Reader, limit: int) -> None:
    assert tape_of(MANY, limit=limit).counts.read == min(limit, 5_000)


def test_a_limit_is_used_up_file_after_file(read: Reader, tmp_path: Path) -> None:
    for name in "ab":
        (tmp_path / name).write_bytes(csv((name, 0, 1), (name, 1, 2), (name, 2, 3)))
    tape = read(tmp_path / "a", tmp_path / "b", limit=4)
    assert sorted(symbol for symbol, _, _ in tape.events()) == ["a", "a", "a", "b"]


def test_what_changes_the_reading_changes_the_source(tape_of: Reader) -> None:
    content = f"ts,open,high,low,close\n{T},1,1,1,1\n"
    sources = [
        tape_of(content, symbol="A").sources,
        tape_of(content, symbol="A", format=Format.CANDLES).sources,
        tape_of(content, symbol="B").sources,
        tape_of(content, symbol="A", candle_time=CandleTime.END).sources,
        tape_of(content + "\n", symbol="A").sources,
        tape_of(content, symbol="A", tz="Europe/Berlin").sources,
    ]
    assert sources[0] == sources[1]
    assert len({source for [source] in sources}) == 5


def test_files_that_cannot_be_opened_are_named(read: Reader, tmp_path: Path) -> None:
    with pytest.raises(InputError, match=r"gone\.csv.*no such file"):
        read(tmp_path / "gone.csv")
    with pytest.raises(InputError, match="was a folder"):
        read(tmp_path)
    with pytest.raises(InputError, match="was twice"):
        read(tmp_path / "a", tmp_path / "a")

"""Training and serving see the same features, to the last bit, wherever the rows come from."""

import csv
import struct
from datetime import UTC, datetime
from itertools import pairwise
from pathlib import Path

from streams.adapters.messages import decode_indicators, decode_ticks, encode
from streams.adapters.records import Record
from streams.adapters.topics import Topic
from streams.apps.bars import BarsStep
from streams.apps.replay.request import ReplayRequest
from streams.apps.signals import SignalsStep
from streams.apps.train.dataset import dataset_of
from streams.apps.train.rows import rows_of_files
from streams.cli.tape_options import TapeOptions
from streams.domain.features import FEATURE_SETS
from streams.domain.indicator_row import IndicatorRow
from tests.fakes import FakeState, message, metrics, settings
from tests.random_market import random_walk


def tape(path: Path, count: int = 900) -> ReplayRequest:
    """Two symbols, unevenly in time, with gaps and equal prices."""
    with path.open("w", newline="") as out:
        writer = csv.writer(out)
        writer.writerow(["timestamp", "symbol", "price", "size"])
        closes = [list(random_walk(count, seed)) for seed in (1, 2)]
        for number in range(count):
            at = 1_700_000_000 + number * 97 + (7_000 if number > count // 2 else 0)
            time = datetime.fromtimestamp(at, UTC).isoformat()
            for symbol, series in zip("AB", closes, strict=True):
                writer.writerow([time, symbol, round(series[number], 3), number % 5])
    return TapeOptions().request([str(path)])


def live_rows(request: ReplayRequest, chosen: object) -> list[IndicatorRow]:
    """What `run predict` reads from its topic, after `run bars` and `run signals`."""
    from streams.adapters.tape.encode import encode_batch
    from streams.adapters.tape.grouping import batches
    from streams.adapters.tape.tape import open_tape

    bars, signals = BarsStep(chosen, metrics()), SignalsStep(chosen, metrics())  # type: ignore[arg-type]
    states: dict[str, tuple[FakeState, FakeState]] = {}
    rows: list[IndicatorRow] = []

    def send(symbol: str, value: bytes, offset: int) -> None:
        held = states.setdefault(symbol, (FakeState(), FakeState()))
        made = bars(message(value, symbol, offset), held[0])
        for bar in (each for each in made if each.topic is Topic.BARS):
            found = signals(message(bar.value, symbol, topic="bars"), held[1])
            rows.extend(_rows(found))

    with open_tape(list(request.files), request.read, request.pick) as opened:
        offset = 0
        for chunk in opened.chunks():
            # As a live feed would: a few ticks at a time.
            for batch in batches(chunk.ticks, 7):
                name = opened.symbols.names[batch.code]
                value = encode_batch(batch, name, "file", "run", ("price", "size"))
                assert decode_ticks(value).symbol == name
                send(name, value, offset)
                offset += 1
        for name in opened.symbols.names:
            send(name, b'{"symbol":"%s","mark":"end","clock":1,"run":"run"}' % name.encode(), 0)
    return [row for row in rows if row.interval == "5m"]


def _rows(records: list[Record]) -> list[IndicatorRow]:
    return [decode_indicators(r.value) for r in records if r.topic is Topic.INDICATORS]


def bits(vectors: list[list[float]]) -> list[bytes]:
    return [struct.pack(f"{len(vector)}d", *vector) for vector in vectors]


def test_files_teach_the_bits_that_the_pipelines_serve(tmp_path: Path) -> None:
    request, chosen = tape(tmp_path / "tape.csv"), settings()
    trained = list(rows_of_files(chosen, request, "5m", lambda *_: None))
    served = live_rows(request, chosen)
    for features in FEATURE_SETS.values():
        for symbol in "AB":
            learned, live = (
                [v for r in rows if r.symbol == symbol and (v := features.vector(r)) is not None]
                for rows in (trained, served)
            )
            assert len(live) > 150
            assert bits(learned) == bits(live)


def test_the_dataset_holds_those_vectors_and_what_came_after(tmp_path: Path) -> None:
    request = tape(tmp_path / "tape.csv")
    features = FEATURE_SETS["scale_free"]
    rows = list(rows_of_files(settings(), request, "5m", lambda *_: None))
    data = dataset_of(rows, features, (1, 3)).of("B")
    own = [row for row in rows if row.symbol == "B"]
    seen = [(n, v) for n, row in enumerate(own) if (v := features.vector(row)) is not None]
    assert bits(data.features.tolist()) == bits([vector for _, vector in seen])
    assert data.known.tolist() == [own[n].end for n, _ in seen]
    assert data.close.tolist() == [own[n].close for n, _ in seen]
    for at, (n, _) in enumerate(seen):
        for column, ahead in enumerate((1, 3)):
            if n + ahead < len(own):
                assert data.later[at, column] == own[n + ahead].close
                assert data.decided[at, column] == own[n + ahead].end


def test_a_row_keeps_its_bits_through_the_topic(tmp_path: Path) -> None:
    request = tape(tmp_path / "tape.csv", 400)
    rows = list(rows_of_files(settings(), request, "5m", lambda *_: None))
    assert all(before.start < after.start for before, after in pairwise(rows[:60]))
    assert [decode_indicators(encode(row)) for row in rows] == rows

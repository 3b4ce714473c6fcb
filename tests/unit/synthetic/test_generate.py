"""`tapedeck generate`: where a market goes, the copied generator, the one in the background."""

import json
import random
import re
import threading
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

import polars as pl
import pytest

from streams.adapters.pids import pid_file, write_pid
from streams.adapters.synthetic.classic import SYMBOLS, additional_data, price_record
from streams.apps.generate import service
from streams.apps.generate.classic import Classic, ClassicRequest
from streams.domain.errors import ServiceError
from tests.command_line import tapedeck
from tests.feed_servers import Answer, http_server
from tests.generator_shapes import shapes
from tests.tape_reading import read_tape
from tests.waiting import wait_for

DAY = ("--start", "2024-03-04")
SHORT = (*DAY, "--duration", "10m", "--rate", "20", "--symbols", "A,B,C")


@pytest.fixture(autouse=True)
def _at_home(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("TAPEDECK_HOME", str(tmp_path / "home"))
    monkeypatch.chdir(tmp_path)


@pytest.mark.parametrize("name", ["m.csv", "m.csv.gz", "m.parquet"])
def test_a_file_is_the_same_bytes_again_and_reads_as_a_tape(tmp_path: Path, name: str) -> None:
    done = tapedeck("generate", *SHORT, "--to", name, "--json")
    assert done.code == 0, done.err
    first = Path(name).read_bytes()
    assert tapedeck("generate", *SHORT, "--to", name).code == 0
    assert Path(name).read_bytes() == first
    summary = json.loads(done.text)
    assert (summary["ticks"], summary["symbols"], summary["failed"]) == (12_000, 3, 0)
    tape = read_tape(tmp_path / name)
    assert (tape.counts.ticks, sorted(tape.names)) == (12_000, ["A", "B", "C"])


def test_standard_output_has_the_csv_and_nothing_else() -> None:
    tapedeck("generate", *SHORT, "--to", "m.csv")
    done = tapedeck("generate", *SHORT, "--to", "-")
    assert done.out == Path("m.csv").read_bytes()
    assert "12,000" in done.err


def test_the_files_beside_the_ticks(tmp_path: Path) -> None:
    beside = ("--labels", "l.csv", "--quotes", "q.csv", "--context", "c.jsonl", "--anomalies", "20")
    assert tapedeck("generate", *SHORT, "--to", "m.csv", *beside).code == 0
    labels = pl.read_csv("l.csv")
    assert labels.columns == ["time_ms", "symbol", "kind", "until_ms", "magnitude"]
    assert len(labels) > 0
    quotes = read_tape(tmp_path / "q.csv")
    assert quotes.plans[0].format == "quotes"
    assert quotes.counts.ticks == read_tape(tmp_path / "m.csv").counts.ticks
    kinds = {json.loads(line)["data_type"] for line in Path("c.jsonl").read_text().splitlines()}
    assert kinds >= {"order_book", "news_sentiment"}


def test_an_ingest_url_gets_arrays_and_what_it_refuses_is_counted() -> None:
    items: list[dict[str, object]] = []

    def answer(asked: object, number: int) -> Answer:
        sent = json.loads(asked.body)  # type: ignore[attr-defined]  # an Asked
        if number == 0:
            return Answer({}, 503, (("Retry-After", "0"),))
        items.extend(sent)
        return Answer({"accepted": len(sent) - 1, "rejected": [{"index": 0}]})

    with http_server(answer) as (url, asked):
        done = tapedeck("generate", *SHORT, "--to", f"{url}/ingest", "--json")
    summary = json.loads(done.text)
    assert done.code == 1  # something was refused
    assert summary["failed"] == len(asked) - 1
    assert len([item for item in items if "symbol" in item]) == summary["ticks"] == 12_000
    assert len([item for item in items if "data_type" in item]) == summary["context"] > 600
    assert {request.path for request in asked} == {"/ingest"}


def test_a_target_that_is_slow_gets_fewer_and_larger_messages() -> None:
    """200 ticks in 100 steps, to a server that takes five steps for an answer."""
    items: list[dict[str, object]] = []

    def answer(asked: object, _number: int) -> Answer:
        items.extend(json.loads(asked.body))  # type: ignore[attr-defined]  # an Asked
        threading.Event().wait(0.05)
        return Answer({})

    with http_server(answer) as (url, asked):
        done = tapedeck(
            "generate", "--rate", "200", "--duration", "1s", "--to", url, "--json",
            "--context-rate", "0",
        )  # fmt: skip
    assert json.loads(done.text)["ticks"] == len(items) == 200
    assert [item["ts"] for item in items] == sorted(item["ts"] for item in items)  # type: ignore[type-var]  # numbers
    assert len(asked) <= 30


def test_on_the_clock_it_takes_its_time() -> None:
    done = tapedeck("generate", "--duration", "600ms", "--rate", "100", "--to", "m.csv", "--json")
    summary = json.loads(done.text)
    assert summary["ticks"] == 60
    assert summary["seconds"] >= 0.59


@pytest.mark.parametrize(
    ("words", "error", "code"),
    [
        ("", "Kafka is not running: start it with", 1),
        ("--to http://127.0.0.1:9/ingest --duration 1s", "http://127.0.0.1:9/ingest: expected", 1),
        ("--to m.txt", "--to: expected kafka, an http URL, - or a file", 2),
        ("--to m.csv --labels l.json", "--labels: expected - or a file", 2),
        ("--start 2024-03-04", "--duration: expected one", 2),
        ("--start never --duration 1s", "--start: expected a time", 2),
        ("--duration soon", "--duration: expected milliseconds", 2),
        ("--speed 0", "--speed: expected max or a number > 0", 2),
        ("--anomaly-kinds x", "--anomaly-kinds: expected some of price_spike", 2),
        ("--to nowhere/m.csv --duration 1s", "nowhere/m.csv: cannot be written", 1),
        ("--to - --json --duration 1s", "--json: expected another --to", 2),
        ("--classic --to kafka", "--to: expected a URL with --classic", 2),
        ("--classic --rate 0", "--rate: expected a number > 0 and <= 10000", 2),
    ],
)
def test_options_that_do_not_fit(words: str, error: str, code: int) -> None:
    done = tapedeck("generate", *words.split())
    assert done.error.startswith(error)
    assert done.code == code


def test_the_copied_generators_requests_field_by_field() -> None:
    """Against the shapes that were re-created from the contract on their own."""
    wanted = {
        shape.get("data_type"): list(shape) for shape, _ in zip(shapes(1.5), range(5), strict=False)
    }
    rng = random.Random(1)
    made = [price_record(rng, SYMBOLS, 1.5) for _ in range(2_000)]
    made += [additional_data(rng, SYMBOLS, 1.5) for _ in range(2_000)]
    for shape in made:
        names = wanted[shape.get("data_type")]
        assert sorted(shape) == sorted(names)
        assert list(shape)[:2] == names[:2]
    prices = made[:2_000]
    assert all(
        p["low"] <= min(p["opening_price"], p["closing_price"])
        and max(p["opening_price"], p["closing_price"]) <= p["high"]
        for p in prices
    )
    assert 995 < sum(p["closing_price"] for p in prices) / 2_000 < 1_005
    assert {p["stock_symbol"] for p in prices} == set(SYMBOLS)
    assert {type(p["volume"]) for p in prices} == {int}


def test_two_loops_post_one_request_each_and_say_what_fails() -> None:
    said: list[str] = []

    def answer(asked: object, number: int) -> Answer:
        return Answer({}, 202 if number == 3 else 200)

    stop = threading.Event()
    with http_server(answer) as (url, asked):
        request = ClassicRequest(f"{url}/ingest", rate=100.0, duration_s=1.0)
        classic = Classic(request, said.append, stop)
        assert classic.run(lambda: None)
    assert classic.sent == len(asked) > 20
    assert classic.failed == 1
    assert re.fullmatch(r"Failed to send data: \{.*\} Response: \{\}", said[0])
    assert {one.headers["Content-Type"] for one in asked} == {"application/json"}
    kinds = [json.loads(one.body).get("data_type") for one in asked]
    assert 0.3 < kinds.count(None) / len(kinds) < 0.7


def test_nobody_there_is_said_and_is_a_failure() -> None:
    done = tapedeck(
        "generate", "--classic", "--to", "http://127.0.0.1:9/ingest", "--rate", "20",
        "--duration", "300ms",
    )  # fmt: skip
    assert "Error occurred: " in done.text
    assert done.code == 1


def test_in_the_background_by_its_pid(tmp_path: Path) -> None:
    home = tmp_path / "home"
    options = ("--to", str(tmp_path / "m.csv"), "--duration", "10m", "--symbols", "2")
    assert tapedeck("generate", "status").code == 1
    assert tapedeck("generate", "init", "--to", "m.csv").text.startswith("ready")
    started = tapedeck("generate", "start", *options, "--json")
    assert started.code == 0, started.err
    pid = json.loads(started.text)["pid"]
    try:
        assert "expected none to run, was pid" in tapedeck("generate", "start", *options).error
        assert json.loads(tapedeck("generate", "status", "--json").text)["pid"] == pid
        wait_for(lambda: (tmp_path / "m.csv").stat().st_size > 100, "ticks in the file")
    finally:
        stopped = tapedeck("generate", "stop")
    assert stopped.text == "stopped\n"
    assert not pid_file(home, "generate").exists()
    assert tapedeck("generate", "stop").text == "none was running\n"
    # Its number is another program's by now: it is left alone.
    write_pid(home, "generate", 1)
    assert "stale" in tapedeck("generate", "status").text
    assert tapedeck("generate", "stop").text == "none was running\n"


def test_of_two_that_start_at_once_one_is_refused(tmp_path: Path) -> None:
    home = tmp_path / "home"
    options = ["--to", str(tmp_path / "m.csv"), "--duration", "10m", "--symbols", "2"]

    def start(_: int) -> int | str:
        try:
            return service.start(home, options).pid or 0
        except ServiceError as error:
            return str(error)

    with ThreadPoolExecutor(2) as pool:
        pid, refusal = sorted(pool.map(start, range(2)), key=lambda said: isinstance(said, str))
    try:
        assert refusal == f"generate: expected none to run, was pid {pid}: stop it first"
    finally:
        assert service.stop(home)


def test_what_ends_at_once_is_said() -> None:
    done = tapedeck("generate", "start", "--to", "nowhere/m.csv", "--duration", "10m")
    assert "it ended at once (exit 1): tapedeck: nowhere/m.csv: cannot be written" in done.error

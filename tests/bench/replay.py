"""Replay of a DEBS-format file with the real files' skew, alone and through the whole way."""

import json
import subprocess
import sys
import time
from collections.abc import Iterator
from pathlib import Path

from tests.bench.debs_file import write_debs
from tests.bench.services import kafka
from tests.bench.table import Row
from tests.e2e.demo_process import demo, environment, fresh_home

ROWS = 2_000_000


def measure(home: Path) -> Iterator[Row]:
    """Rows/s of the reader, of the reader into Kafka, and of all until everything is stored."""
    tape, small = home / "debs.csv", home / "small.csv"
    write_debs(tape, ROWS)
    write_debs(small, 2_000, seed=2)
    with kafka(home) as address:
        env = environment(home, KAFKA_BOOTSTRAP_SERVERS=address)
        reader = _rows_per_second(env, tape, "--dry-run")
        yield Row("reader alone (--dry-run)", f"{reader:,.0f} rows/s", "")
        _rows_per_second(env, small)
        sent = _rows_per_second(env, tape)
        yield Row("replay into Kafka", f"{sent:,.0f} rows/s", f"{sent / reader:.2f} of the reader")
    for ticks in ("true", "false"):
        whole = _whole_way(tape, small, ticks)
        what = "with" if ticks == "true" else "without"
        yield Row(
            f"CSV to stored bars, indicators and signals, {what} ticks",
            f"{whole:,.0f} rows/s",
            f"{whole / reader:.2f} of the reader",
        )


def _rows_per_second(env: dict[str, str], tape: Path, *options: str) -> float:
    command = [sys.executable, "-m", "streams.cli", "replay", "--json", *options, str(tape)]
    done = subprocess.run(command, env=env, check=True, capture_output=True, text=True)
    return float(json.loads(done.stdout)["rows_per_second"])


def _whole_way(tape: Path, small: Path, archive_ticks: str) -> float:
    with (
        fresh_home() as home,
        demo(home, "--no-panel", str(small), TAPEDECK_ARCHIVE_TICKS=archive_ticks) as running,
    ):
        running.wait_for_line("replayed")
        began = time.monotonic()
        done = running.run("replay", "--wait", "--json", str(tape), seconds=600)
        assert done.returncode == 0, done.stderr
        return ROWS / (time.monotonic() - began)

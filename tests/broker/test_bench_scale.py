"""`tapedeck bench scale` on a real Kafka: two processes make the bars of one, nothing stays."""

import json
import os
import signal
import subprocess
import sys
import time
from pathlib import Path

import psutil
import pytest

from streams.adapters.kafka_overview import topic_names
from streams.apps.bench_scale.cap import CpuCap, cpu_seconds
from streams.apps.bench_scale.load import BATCH, Load
from tests.waiting import wait_for

_BUSY = "while True: pass"


def _bench(kafka: str, home: Path, *options: str) -> "subprocess.Popen[str]":
    env = {**os.environ, "KAFKA_BOOTSTRAP_SERVERS": kafka, "TAPEDECK_HOME": str(home),
           "TAPEDECK_PARTITIONS": "3", "TAPEDECK_TOPIC_PREFIX": "scaled-",
           "TMPDIR": str(home)}  # fmt: skip
    command = [sys.executable, "-m", "streams.cli", "bench", "scale", *options]
    return subprocess.Popen(
        command, env=env, stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True
    )


def test_two_processes_make_the_same_bars_and_nothing_stays(kafka: str, tmp_path: Path) -> None:
    before = topic_names(kafka)
    options = ("--processes", "1,2", "--ticks", "40000", "--cpu", "50", "--no-rebalance", "--json")
    with _bench(kafka, tmp_path, *options) as process:
        out, err = process.communicate(timeout=240)
    assert process.returncode == 0, err
    report = json.loads(out)
    one, two = report["runs"]
    assert report["identical"]
    assert (one["processes"], two["processes"]) == (1, 2)
    assert one["digest"] == two["digest"]
    assert one["bars"] == two["bars"] > 0
    assert report["ticks"] == Load(40_000, 3).exact_ticks
    assert "2 processes: starting" in err
    assert topic_names(kafka) == before
    assert list(tmp_path.iterdir()) == []


def test_stopped_in_the_middle_it_leaves_nothing(kafka: str, tmp_path: Path) -> None:
    before = topic_names(kafka)
    with _bench(kafka, tmp_path, "--processes", "1", "--ticks", "40000", "--cpu", "1") as process:
        members = wait_for(
            lambda: psutil.Process(process.pid).children(recursive=True), "a member", 120
        )
        process.send_signal(signal.SIGINT)
        _, err = process.communicate(timeout=120)
    assert process.returncode == 130, err
    # One that was just being started dies of its parent's end, a moment later.
    wait_for(lambda: not any(member.is_running() for member in members), "the members' end")
    assert topic_names(kafka) == before
    assert list(tmp_path.iterdir()) == []


@pytest.mark.parametrize(
    ("options", "words"),
    [(["--processes", "0"], "1 to 64"), (["--processes", "x"], "1 to 64"),
     (["--processes", "4"], "partitions (3")],
)  # fmt: skip
def test_impossible_numbers_are_wrong_use(
    kafka: str, tmp_path: Path, options: list[str], words: str
) -> None:
    with _bench(kafka, tmp_path, *options) as process:
        _, err = process.communicate(timeout=60)
    assert process.returncode == 2
    assert words in " ".join(err.replace("│", " ").split())


def test_a_capped_process_gets_its_share_and_goes_on_afterwards() -> None:
    process = subprocess.Popen([sys.executable, "-c", _BUSY])
    try:
        began, used = time.monotonic(), cpu_seconds([process.pid])
        with CpuCap(0.1) as cap:
            cap.hold(process.pid)
            wait_for(lambda: time.monotonic() > began + 1.5 or None, "a while", 10)
            share = (cpu_seconds([process.pid]) - used) / (time.monotonic() - began)
        assert share < 0.5
        assert psutil.Process(process.pid).status() != psutil.STATUS_STOPPED
        later = cpu_seconds([process.pid])
        wait_for(lambda: cpu_seconds([process.pid]) > later, "the process to go on")
    finally:
        process.kill()
        process.wait()


def test_the_load_is_the_same_every_time_and_even() -> None:
    load = Load(10_000, 3)
    messages = list(load.messages())
    assert messages == list(load.messages())
    assert load.exact_ticks == load.rounds * load.symbols * BATCH
    assert len(messages) == (load.rounds + 1) * load.symbols
    per_partition = [sum(m.partition == p for m in messages) for p in range(3)]
    assert len(set(per_partition)) == 1

"""`tapedeck demo` as people run it: to its end, interrupted, twice, and again on kept data."""

import csv
import io
import json
import os
import signal
import socket
from collections import Counter
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import Any
from unittest.mock import patch
from urllib.request import ProxyHandler, build_opener

import pytest

from streams.adapters.services.ports import free_port
from tests.command_line import tapedeck
from tests.e2e.demo_process import DemoProcess, assert_nothing_left, demo, fresh_home
from tests.e2e.stored import TABLES
from tests.waiting import wait_for

_KEYS = {
    "rows_read", "rows_without_price", "rows_filtered", "rows_rejected", "rejected", "ticks",
    "symbols", "seconds", "rows_per_second", "bars", "ticks_late", "ticks_duplicate", "signals",
    "anomalies", "notifications", "dead_letters",
}  # fmt: skip
_LOGS = ("bars", "signals", "archive", "deliver", "serve", "notify", "kafka", "postgres")
_ONCE = ("demo", "--exit", "--no-panel", "--json")
_SOME = ("--symbols", "ALDER,BRISK,CORVA,DELPH,EMBER")
SECONDS = 150.0


@dataclass(frozen=True, slots=True)
class Finished:
    """A home in which a demo has run to its end, and what that said."""

    home: Path
    env: dict[str, str]
    summary: dict[str, Any]
    stdout: str
    tables: dict[str, list[dict[str, str]]]


@pytest.fixture(scope="module")
def finished() -> Iterator[Finished]:
    """`tapedeck demo --exit` on a quarter of the shipped tape."""
    with fresh_home() as home, demo(home, *_ONCE[1:], *_SOME) as run:
        summary = run.finish(SECONDS)
        yield Finished(home, run.env, summary, run.stdout, tables(run.env))


def tables(env: dict[str, str]) -> dict[str, list[dict[str, str]]]:
    """Everything that is stored, by `tapedeck export`, which starts the database for it."""
    found = {}
    with patch.dict(os.environ, env):
        for name in TABLES:
            done = tapedeck("export", name)
            assert done.code == 0, done.err
            found[name] = list(csv.DictReader(io.StringIO(done.text)))
        assert tapedeck("services", "down").code == 0
    return found


def listening(home: Path) -> list[int]:
    """The ports of the home's services that somebody listens on."""
    ports = json.loads((home / "run" / "ports.json").read_text()).values()
    found = []
    for port in ports:
        with socket.socket() as probe:
            if probe.connect_ex(("127.0.0.1", port)) == 0:
                found.append(port)
    return found


def test_the_summary_is_one_json_object_with_every_key(finished: Finished) -> None:
    assert finished.stdout.count("\n") == 1
    summary = finished.summary
    assert summary.keys() >= _KEYS
    parts = ("rows_without_price", "rows_filtered", "rows_rejected", "ticks")
    assert summary["rows_read"] == sum(summary[name] for name in parts) > 40_000
    assert summary["ticks"] > 8_000
    assert summary["bars"].keys() == {"1m", "5m", "15m"}
    assert summary["signals"]["breakout"] > 10
    assert (summary["ticks_late"], summary["ticks_duplicate"], summary["dead_letters"]) == (0, 0, 0)


def test_what_the_summary_says_is_stored(finished: Finished) -> None:
    stored, summary = finished.tables, finished.summary
    assert len(stored["ticks"]) == summary["ticks"]
    assert Counter(row["interval"] for row in stored["bars"]) == summary["bars"]
    assert Counter(row["interval"] for row in stored["indicators"]) == summary["bars"]
    assert Counter(row["kind"] for row in stored["signals"]) == summary["signals"]
    assert Counter(row["kind"] for row in stored["anomalies"]) == summary["anomalies"]
    assert Counter(row["status"] for row in stored["notifications"]) == summary["notifications"]


def test_each_warm_signal_and_loud_anomaly_was_delivered_once(finished: Finished) -> None:
    warm = [row["id"] for row in finished.tables["signals"] if row["warm"] in ("True", "true", "t")]
    loud = ("high", "critical")
    warm += [row["id"] for row in finished.tables["anomalies"] if row["severity"] in loud]
    told = finished.tables["notifications"]
    assert len(warm) > 10
    assert sorted(row["signal_id"] for row in told if row["status"] == "delivered") == sorted(warm)
    assert {row["channel"] for row in told} == {"console"}
    log = (finished.home / "logs" / "notify.log").read_text()
    assert all(each in log for each in warm)


def test_nothing_is_left_but_logs_and_data(finished: Finished) -> None:
    assert_nothing_left(finished.home)
    assert not listening(finished.home)
    assert not (finished.home / "run" / "endpoints.json").exists()
    for name in _LOGS:
        log = (finished.home / "logs" / f"{name}.log").read_text(errors="replace")
        assert "Traceback" not in log, name


def test_other_intervals_on_kept_data_are_refused_before_anything_starts(
    finished: Finished,
) -> None:
    env = finished.env | {"TAPEDECK_INTERVALS": "1m,5m"}
    with patch.dict(os.environ, env):
        done = tapedeck(*_ONCE, "--keep")
    assert done.code == 2
    assert "TAPEDECK_INTERVALS" in done.error
    assert "`tapedeck reset`" in done.error
    assert_nothing_left(finished.home)


def test_again_on_kept_data_changes_no_table(finished: Finished) -> None:
    with demo(finished.home, *_ONCE[1:], *_SOME, "--keep") as run:
        summary = run.finish(SECONDS)
        assert summary["ticks_duplicate"] == summary["ticks"] == finished.summary["ticks"]
        assert (sum(summary["bars"].values()), summary["signals"]) == (0, {})
        assert tables(run.env) == finished.tables


def test_interrupted_it_stops_everything_and_a_second_one_is_refused() -> None:
    """Mid-replay, with the dashboard: a second demo, then SIGTERM; Ctrl-C for the next one."""
    with fresh_home() as home:
        port = str(free_port())
        with demo(home, "--speed", "60", "--json", "--port", port) as run:
            url = run.wait_for_line("dashboard").split()[-1]
            wait_for(lambda: _answers(url), f"the page at {url}", 60)
            refused = run.run("demo", "--exit", "--no-panel", "--keep")
            assert refused.returncode == 2
            assert f"with pid {run.process.pid}" in refused.stderr
            assert "already running" in refused.stderr
            run.check()
            _stops(run, signal.SIGTERM)
        with demo(home, "--speed", "60", "--no-panel", "--json", "--keep") as run:
            run.pid("deliver")
            run.wait_for_line("logs ")
            _stops(run, signal.SIGINT)


def _stops(run: DemoProcess, number: signal.Signals) -> None:
    code = run.stop(number)
    assert (code, run.stdout) == (130, ""), run.stderr
    assert "Stopped before the end of the replay" in run.stderr
    assert "Traceback" not in run.stderr
    assert_nothing_left(run.home)
    assert not listening(run.home)
    for log in (run.home / "logs").glob("*.log"):
        assert "Traceback" not in log.read_text(errors="replace"), log.name


def _answers(url: str) -> bool:
    try:
        with build_opener(ProxyHandler({})).open(url, timeout=5) as answer:
            return bool(answer.status == 200)
    except OSError:
        return False

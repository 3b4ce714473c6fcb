"""Notifications: their words, their channels, and what the process may import."""

import json
import subprocess
import sys
from http.server import BaseHTTPRequestHandler, HTTPServer
from pathlib import Path
from threading import Thread

import pytest

from functions.notify.channels.console import ConsoleChannel
from functions.notify.channels.file import FileChannel
from functions.notify.channels.selection import channels
from functions.notify.channels.webhook import WebhookChannel
from functions.notify.notification import Notification
from streams.domain.errors import ConfigError, DeliveryError
from streams.domain.signal import Side, Signal
from tests.fakes import settings

SIGNAL = Signal(
    "ACME/5m/1636362000000/breakout",
    1_636_362_300_000,
    "ACME",
    "5m",
    "breakout",
    Side.BUY,
    101.25,
    0.5,
    True,
    "EMA38 crossed above EMA100",
)
NOTIFICATION = Notification(
    "/tapedeck/signals", SIGNAL.id, SIGNAL, 1_636_362_300_040, 40, "00-trace"
)


def test_the_text_says_who_what_when_and_why() -> None:
    assert NOTIFICATION.text == (
        "BUY ACME at 101.25, 5m breakout: EMA38 crossed above EMA100 | "
        "2021-11-08 09:05:00 UTC | ACME/5m/1636362000000/breakout"
    )


def test_the_file_gets_one_line_each(tmp_path: Path) -> None:
    channel = FileChannel(tmp_path / "deep" / "n.jsonl")
    channel.send(NOTIFICATION)
    channel.send(NOTIFICATION)
    lines = (tmp_path / "deep" / "n.jsonl").read_text().splitlines()
    assert [json.loads(line)["id"] for line in lines] == [SIGNAL.id] * 2
    assert json.loads(lines[0])["latency_ms"] == 40


def test_a_file_that_cannot_be_written_is_a_failed_delivery(tmp_path: Path) -> None:
    with pytest.raises(DeliveryError, match="file: cannot append"):
        FileChannel(tmp_path).send(NOTIFICATION)


def test_the_console_gets_the_text(capsys: pytest.CaptureFixture[str]) -> None:
    ConsoleChannel().send(NOTIFICATION)
    assert capsys.readouterr().out == NOTIFICATION.text + "\n"


def test_the_webhook_posts_json_with_a_key_against_repeats() -> None:
    got: list[tuple[str | None, str]] = []

    class Handler(BaseHTTPRequestHandler):
        def do_POST(self) -> None:
            body = self.rfile.read(int(self.headers["content-length"]))
            got.append((self.headers["idempotency-key"], json.loads(body)["symbol"]))
            self.send_response(204 if len(got) == 1 else 500)
            self.end_headers()

        def log_message(self, format: str, *args: object) -> None:
            """Quiet."""

    with HTTPServer(("127.0.0.1", 0), Handler) as server:
        Thread(target=server.serve_forever, daemon=True).start()
        url = f"http://127.0.0.1:{server.server_port}/secret"
        channel = WebhookChannel(url)
        channel.send(NOTIFICATION)
        with pytest.raises(DeliveryError, match="expected 2xx, was 500") as caught:
            channel.send(NOTIFICATION)
        server.shutdown()
    assert "secret" not in str(caught.value)
    assert got[0] == (f"/tapedeck/signals#{SIGNAL.id}", "ACME")
    with pytest.raises(DeliveryError, match="no answer"):
        channel.send(NOTIFICATION)


def test_channels_come_as_named(tmp_path: Path) -> None:
    chosen = channels(settings(TAPEDECK_NOTIFY_CHANNELS="file, console,file", TAPEDECK_HOME="x"))
    assert [channel.name for channel in chosen] == ["file", "console"]


@pytest.mark.parametrize(
    ("names", "expected"),
    [("pigeon", "among console, file, webhook, was pigeon"), ("webhook", "NOTIFY_WEBHOOK_URL")],
)
def test_a_channel_that_cannot_be_is_named(names: str, expected: str) -> None:
    with pytest.raises(ConfigError, match=expected):
        channels(settings(TAPEDECK_NOTIFY_CHANNELS=names))


def test_the_function_imports_nothing_heavy() -> None:
    code = "import functions.notify, sys; print(*sys.modules)"
    run = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True)
    heavy = {"quixstreams", "confluent_kafka", "alembic", "numpy", "polars", "httpx", "aiohttp"}
    assert heavy & {name.partition(".")[0] for name in run.stdout.split()} == set()

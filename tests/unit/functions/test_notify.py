"""Notifications: their words and their channels."""

import json
from dataclasses import replace
from pathlib import Path

import pytest

from functions.notify.channels.console import ConsoleChannel
from functions.notify.channels.file import FileChannel
from functions.notify.channels.selection import channels
from functions.notify.channels.webhook import WebhookChannel
from functions.notify.notification import Notification, restored
from streams.adapters.settings import CHANNELS
from streams.domain.errors import ConfigError, DeliveryError
from streams.domain.signal import Side, Signal
from tests.fakes import settings
from tests.scripted_sink import Sink, sinking

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


TOKEN = "123456789:abcdefg_hijklmnop"


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
    with sinking(Sink([204, 500])) as sink:
        channel = WebhookChannel(f"{sink.url}secret")
        channel.send(NOTIFICATION)
        with pytest.raises(DeliveryError, match="expected 2xx, was 500") as caught:
            channel.send(NOTIFICATION)
    assert "secret" not in str(caught.value)
    headers, body = sink.got[0]
    assert headers["idempotency-key"] == f"/tapedeck/signals#{SIGNAL.id}"
    assert json.loads(body)["symbol"] == "ACME"
    with pytest.raises(DeliveryError, match="no answer"):
        channel.send(NOTIFICATION)


def test_channels_come_as_named(tmp_path: Path) -> None:
    chosen = channels(settings(TAPEDECK_NOTIFY_CHANNELS="file, console,file", TAPEDECK_HOME="x"))
    assert [channel.name for channel in chosen] == ["file", "console"]


def test_every_channel_that_the_settings_accept_can_be_made() -> None:
    values = {
        "TAPEDECK_NOTIFY_CHANNELS": ",".join(CHANNELS),
        "TAPEDECK_NOTIFY_WEBHOOK_URL": "http://127.0.0.1:1/",
        "TAPEDECK_NOTIFY_SLACK_URL": "http://127.0.0.1:1/",
        "TAPEDECK_NOTIFY_EMAIL_URL": "smtp://127.0.0.1:1/?from=a@b.c&to=d@e.f",
        "TAPEDECK_NOTIFY_TELEGRAM_URL": f"tgram://{TOKEN}/1",
        "TAPEDECK_NOTIFY_APPRISE_URLS": "json://127.0.0.1:1/",
    }
    chosen = channels(settings(**values))
    assert [channel.name for channel in chosen] == list(CHANNELS)


@pytest.mark.parametrize("name", [name for name in CHANNELS if name not in ("console", "file")])
def test_a_channel_that_lacks_its_setting_is_an_error_that_names_it(name: str) -> None:
    with pytest.raises(ConfigError, match=f"NOTIFY_{name.upper()}_URLS?: expected for channel"):
        channels(settings(TAPEDECK_NOTIFY_CHANNELS=name))


@pytest.mark.parametrize("url", ["hooks.example/x", "ftp://hooks/x", "http://", "http://[x"])
def test_a_url_that_is_none_is_an_error_that_does_not_repeat_it(url: str) -> None:
    with pytest.raises(ConfigError, match="SLACK_URL: expected an http or https URL") as caught:
        channels(settings(TAPEDECK_NOTIFY_CHANNELS="slack", TAPEDECK_NOTIFY_SLACK_URL=url))
    assert "hooks" not in str(caught.value)


def test_control_characters_do_not_reach_people() -> None:
    signal = replace(SIGNAL, symbol="A\nB", reason="\x1b[31mred\r\nBcc: x")
    text = replace(NOTIFICATION, signal=signal, id="i\x00").text
    assert text == (
        "BUY A B at 101.25, 5m breakout:  [31mred  Bcc: x | 2021-11-08 09:05:00 UTC | i "
    )


def test_what_is_stored_reads_back() -> None:
    held = json.loads(json.dumps(NOTIFICATION.stored()))
    assert restored(NOTIFICATION.source, NOTIFICATION.id, held) == NOTIFICATION

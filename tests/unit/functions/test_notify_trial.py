"""`tapedeck notify test`: what is sent, what is shown, and how it ends."""

import json
from pathlib import Path

import pytest

from tests.command_line import tapedeck
from tests.scripted_sink import Sink, sinking


@pytest.fixture(autouse=True)
def _home(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.chdir(tmp_path)
    monkeypatch.setenv("TAPEDECK_HOME", str(tmp_path))


def test_each_channel_gets_one_that_is_marked(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    config = tmp_path / "tapedeck.toml"
    config.write_text(
        "[notify.templates]\ntext = '{symbol}!'\n[notify.quiet]\nhours = ['00:00-23:59']"
    )
    monkeypatch.setenv("TAPEDECK_CONFIG", str(config))
    monkeypatch.setenv("TAPEDECK_NOTIFY_CHANNELS", "console,file,webhook")
    with sinking(Sink([204])) as sink:
        monkeypatch.setenv("TAPEDECK_NOTIFY_WEBHOOK_URL", sink.url)
        done = tapedeck("notify", "test", "--symbol", "ACME", "--json")
    assert done.code == 0
    found = json.loads(done.text)["channels"]
    assert [(each["channel"], each["status"]) for each in found] == [
        ("console", "delivered"), ("file", "delivered"), ("webhook", "delivered"),
    ]  # fmt: skip
    assert all(each["error"] is None and each["milliseconds"] >= 0 for each in found)
    assert "[TEST] ACME!" in done.err
    for body in (sink.got[0][1], (tmp_path / "notifications.jsonl").read_bytes()):
        told = json.loads(body)
        assert (told["test"], told["text"], told["symbol"]) == (True, "[TEST] ACME!", "ACME")
        assert told["subject"].startswith("[TEST] ")


def test_one_that_fails_is_shown_with_its_error_and_ends_with_1(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    monkeypatch.setenv("COLUMNS", "200")
    with sinking(Sink([404])) as sink:
        monkeypatch.setenv("TAPEDECK_NOTIFY_SLACK_URL", f"{sink.url}hunter2")
        done = tapedeck("notify", "test", "--channel", "slack", "--channel", "file")
    assert done.code == 1
    assert "slack: expected 2xx, was 404" in done.text
    assert "delivered" in done.text
    assert "hunter2" not in done.text + done.err


@pytest.mark.parametrize(
    ("channel", "said"),
    [
        ("pigeon", "--channel: expected one of console, file, webhook, slack, email, telegram"),
        ("email", "TAPEDECK_NOTIFY_EMAIL_URL: expected for channel email, was not set"),
    ],
)
def test_wrong_use_is_2(channel: str, said: str) -> None:
    done = tapedeck("notify", "test", "--channel", channel)
    assert done.code == 2
    assert said in done.error


def test_a_broken_configuration_is_2(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    config = tmp_path / "tapedeck.toml"
    config.write_text("[notify.templates]\ntext = '{prize}'")
    monkeypatch.setenv("TAPEDECK_CONFIG", str(config))
    done = tapedeck("notify", "test")
    assert done.code == 2
    assert "notify.templates.text: expected fields among symbol, kind, side" in done.error

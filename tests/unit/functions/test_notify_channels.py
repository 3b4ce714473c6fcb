"""Slack, Telegram and Apprise against a real HTTP server; and no URL in any log."""

import json
import logging
from collections.abc import Iterator

import pytest
from apprise.plugins.telegram import NotifyTelegram

from functions.notify.channels.apprise import AppriseChannel
from functions.notify.channels.channel import Channel, TransientError
from functions.notify.channels.selection import channels
from functions.notify.channels.slack import SlackChannel
from functions.notify.message import Message
from streams.domain.errors import ConfigError, DeliveryError
from tests.fakes import settings
from tests.scripted_sink import Sink, sinking

MESSAGE = Message("/s#A/5m/0/breakout", "BUY A & <B>", "<!channel> crossed\nnow")
SETTING = "TAPEDECK_NOTIFY_APPRISE_URLS"
TOKEN = "123456789:abcdefg_hijklmnop"


@pytest.fixture
def sink() -> Iterator[Sink]:
    with sinking(Sink([200])) as sink:
        yield sink


def _apprise(*urls: str) -> AppriseChannel:
    return AppriseChannel("apprise", SETTING, " ".join(urls))


def _json_url(sink: Sink, path: str = "") -> str:
    return f"{sink.url.replace('http', 'json')}{path}"


def test_slack_gets_text_that_calls_nobody(sink: Sink) -> None:
    SlackChannel(f"{sink.url}services/T/B/x").send(MESSAGE)
    [(_, body)] = sink.got
    assert json.loads(body) == {"text": "*BUY A &amp; &lt;B&gt;*\n&lt;!channel&gt; crossed\nnow"}


def test_slack_gets_no_more_than_it_takes(sink: Sink) -> None:
    SlackChannel(sink.url).send(Message("k", "s", "x" * 50_000))
    text = json.loads(sink.got[0][1])["text"]
    assert len(text) < 40_000
    assert text.endswith("... (cut)")


@pytest.mark.parametrize(("status", "transient"), [(404, False), (500, False), (503, True)])
def test_what_may_pass_is_told_from_what_will_not(sink: Sink, status: int, transient: bool) -> None:
    sink.answer(status)
    with pytest.raises(DeliveryError, match=f"slack: expected 2xx, was {status}") as caught:
        SlackChannel(sink.url).send(MESSAGE)
    assert isinstance(caught.value, TransientError) == transient


def test_slack_says_when_to_come_again(sink: Sink) -> None:
    sink.answer(429)
    sink.headers["retry-after"] = "17"
    with pytest.raises(TransientError) as caught:
        SlackChannel(sink.url).send(MESSAGE)
    assert caught.value.after == 17


def test_telegram_gets_escaped_text(sink: Sink, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(NotifyTelegram, "notify_url", f"{sink.url}bot")
    AppriseChannel("telegram", "TELEGRAM", f"tgram://{TOKEN}/4711/").send(MESSAGE)
    [(_, body)] = sink.got
    told = json.loads(body)
    assert told["chat_id"] == 4711
    assert "&lt;!channel&gt; crossed" in told["text"]


def test_telegram_that_refuses_is_named_without_its_token(
    sink: Sink, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(NotifyTelegram, "notify_url", f"{sink.url}bot")
    sink.answer(403)
    channel = AppriseChannel("telegram", "TELEGRAM", f"tgram://{TOKEN}/4711/")
    with pytest.raises(DeliveryError, match=r"1 of 1 did not accept it: Telegram .* 403") as caught:
        channel.send(MESSAGE)
    assert not isinstance(caught.value, TransientError)
    assert "abcdefg" not in str(caught.value)


@pytest.mark.parametrize(
    ("name", "urls"),
    [
        ("telegram", f"https://api.telegram.org/{TOKEN}"),
        ("telegram", "tgram://no-token"),
        ("apprise", "json://127.0.0.1 nosuch://secretpart"),
        ("apprise", "secretpart"),
    ],
)
def test_what_apprise_does_not_understand_stops_the_start(name: str, urls: str) -> None:
    with pytest.raises(
        ConfigError, match=f"{SETTING}: expected .*, number [12] was none"
    ) as caught:
        AppriseChannel(name, SETTING, urls)
    assert "secretpart" not in str(caught.value)
    assert "abcdefg" not in str(caught.value)


def test_every_apprise_url_gets_it(sink: Sink) -> None:
    with sinking(Sink([200])) as other:
        _apprise(_json_url(sink), _json_url(other)).send(MESSAGE)
    for each in (sink, other):
        told = json.loads(each.got[0][1])
        assert (told["title"], told["message"]) == (MESSAGE.subject, MESSAGE.text)


def test_an_attempt_again_reaches_only_those_that_lack_it(sink: Sink) -> None:
    with sinking(Sink([500, 200])) as other:
        channel = _apprise(_json_url(sink), _json_url(other))
        with pytest.raises(DeliveryError, match=r"1 of 2 .*: JSON \(number 2\) 500"):
            channel.send(MESSAGE)
        channel.send(MESSAGE)
    assert (len(sink.got), len(other.got)) == (1, 2)


def test_a_burst_is_not_slowed_down_by_sleeping(sink: Sink) -> None:
    channel = _apprise(_json_url(sink))
    for number in range(4):
        channel.send(Message(str(number), "s", "t"))
    assert len(sink.got) == 4


def _secretive(sink: Sink, name: str) -> Channel:
    address = sink.url.removeprefix("http://")
    values = {
        "TAPEDECK_NOTIFY_WEBHOOK_URL": f"http://u:hunter2@{address}hunter2?k=hunter2",
        "TAPEDECK_NOTIFY_SLACK_URL": f"http://{address}services/hunter2",
        "TAPEDECK_NOTIFY_EMAIL_URL": "smtp://u:hunter2@127.0.0.1:1/?from=a@b.c&to=hunter2@e.f",
        "TAPEDECK_NOTIFY_TELEGRAM_URL": "tgram://123456789:hunter2hunter2hunter2/1/",
        "TAPEDECK_NOTIFY_APPRISE_URLS": f"json://u:hunter2@{address}hunter2?-k=hunter2",
    }
    [channel] = channels(settings(TAPEDECK_NOTIFY_CHANNELS=name, **values))
    return channel


@pytest.mark.parametrize("status", [200, 404, 503])
@pytest.mark.parametrize("name", ["webhook", "slack", "email", "telegram", "apprise"])
def test_no_secret_is_logged_even_when_everything_is(
    name: str,
    status: int,
    sink: Sink,
    monkeypatch: pytest.MonkeyPatch,
    caplog: pytest.LogCaptureFixture,
    capfd: pytest.CaptureFixture[str],
) -> None:
    monkeypatch.setattr(NotifyTelegram, "notify_url", f"{sink.url}bot")
    caplog.set_level(logging.DEBUG)
    sink.answer(status)
    said = ""
    try:
        _secretive(sink, name).send(MESSAGE)
    except DeliveryError as error:
        said = str(error)
    output = capfd.readouterr()
    assert "hunter2" not in said + caplog.text + output.out + output.err
    assert bool(said) == (status != 200 or name == "email")

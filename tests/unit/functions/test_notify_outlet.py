"""One channel's thread, retries and breaker: it fails by itself, and in bounded time."""

import threading
from collections.abc import Callable, Iterator
from socket import create_server
from threading import Event

import pytest

from functions.notify.breaker import Breaker
from functions.notify.channels import http_post
from functions.notify.channels.channel import TransientError
from functions.notify.channels.webhook import WebhookChannel
from functions.notify.message import Message, Told
from functions.notify.outlet import LeftAloneError, Outlet
from streams.domain.errors import DeliveryError
from tests.scripted_sink import Sink, sinking, wait_until

MESSAGE = Message("/s#1", "subject", "text")
LONG = 60.0


class Scripted:
    """A channel whose attempts end as they are told to; then they succeed."""

    name = "scripted"

    def __init__(self, *ends: Exception | Callable[[], object]) -> None:
        self.ends = list(ends)
        self.tries = 0

    def send(self, message: Told) -> str | None:
        self.tries += 1
        end = self.ends.pop(0) if self.ends else None
        if isinstance(end, Exception):
            raise end
        if end is not None:
            end()
        return None


@pytest.fixture
def gate() -> Iterator[Event]:
    """Opened at the end, whatever happens, so that no thread stays behind."""
    event = Event()
    yield event
    event.set()


def _tell(outlet: Outlet, message: Message = MESSAGE, seconds: float = LONG) -> int:
    return outlet.answer(outlet.start(message), seconds).at_ms


def test_what_may_pass_is_tried_again_at_once() -> None:
    channel = Scripted(TransientError("a"), TransientError("b", after=0.01))
    _tell(Outlet(channel))
    assert channel.tries == 3


@pytest.mark.parametrize("error", [DeliveryError("no"), TransientError("later", after=30)])
def test_what_will_not_pass_soon_is_not(error: DeliveryError) -> None:
    channel = Scripted(error)
    with pytest.raises(DeliveryError) as caught:
        _tell(Outlet(channel))
    assert caught.value is error
    assert channel.tries == 1


def test_a_message_that_was_accepted_is_not_sent_again() -> None:
    channel, times = Scripted(), iter([1.0, 2.0])
    outlet = Outlet(channel, now=lambda: next(times))
    assert [_tell(outlet), _tell(outlet)] == [1_000, 1_000]
    assert channel.tries == 1


def test_a_message_under_way_is_waited_for_and_not_sent_again(gate: Event) -> None:
    channel = Scripted(gate.wait)
    outlet = Outlet(channel)
    with pytest.raises(DeliveryError, match="scripted: no answer in time"):
        _tell(outlet, seconds=0.01)
    again = outlet.start(MESSAGE)
    gate.set()
    assert outlet.answer(again, LONG).at_ms > 0
    assert channel.tries == 1


def test_a_channel_that_hangs_takes_so_many_messages_and_no_more(gate: Event) -> None:
    outlet = Outlet(Scripted(*[gate.wait] * 8))
    for number in range(8):
        outlet.start(Message(str(number), "", ""))
    with pytest.raises(LeftAloneError, match="8 messages are under way already"):
        _tell(outlet)


def test_a_fault_fails_this_message_and_does_not_show_its_text(
    caplog: pytest.LogCaptureFixture,
) -> None:
    outlet = Outlet(Scripted(RuntimeError("https://hunter2")))
    with pytest.raises(DeliveryError, match="scripted: unexpected RuntimeError"):
        _tell(outlet)
    assert "test_notify_outlet.py" in caplog.text
    assert "hunter2" not in caplog.text
    _tell(outlet)


def test_after_failures_in_a_row_it_is_left_alone_for_a_while() -> None:
    clock = [100.0]
    breaker = Breaker(failures=2, pause=30, now=lambda: clock[0])
    channel = Scripted(*[DeliveryError("no")] * 3)
    outlet = Outlet(channel, breaker)
    for _ in range(2):
        with pytest.raises(DeliveryError, match=r"^no$"):
            _tell(outlet)
    with pytest.raises(LeftAloneError, match="failed 2 times in a row, left alone for 30 s"):
        _tell(outlet)
    clock[0] += 30
    with pytest.raises(DeliveryError, match=r"^no$"):
        _tell(outlet)
    with pytest.raises(LeftAloneError):
        _tell(outlet)
    clock[0] += 30
    _tell(outlet)
    assert breaker.left() == 0
    assert channel.tries == 4


def test_it_is_left_alone_as_long_as_it_asks_for_but_not_for_ever() -> None:
    breaker = Breaker(now=lambda: 0.0)
    breaker.failed(after=17)
    assert breaker.left() == 17
    breaker.failed(after=1e9)
    assert breaker.left() == 300


def test_a_server_that_hangs_is_given_up(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(http_post, "SECONDS", 0.3)
    with create_server(("127.0.0.1", 0)) as server:
        outlet = Outlet(WebhookChannel(f"http://127.0.0.1:{server.getsockname()[1]}/"))
        with pytest.raises(DeliveryError, match="webhook: no answer in time"):
            _tell(outlet, seconds=0.01)
        with pytest.raises(DeliveryError, match="webhook: no answer: ReadTimeout"):
            _tell(outlet)


def test_threads_end_with_what_they_send() -> None:
    with sinking(Sink([204])) as sink:
        outlet = Outlet(WebhookChannel(sink.url))
        for number in range(20):
            _tell(outlet, Message(str(number), "", ""))
    wait_until(
        lambda: not [each for each in threading.enumerate() if each.name == "to-webhook"],
        "no threads",
    )

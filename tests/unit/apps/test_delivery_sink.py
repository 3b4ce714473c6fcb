"""The sink of `run deliver`: order per key, and nothing committed before it is done."""

from threading import Event, Lock

import pytest
from quixstreams.sinks.base import SinkBackpressureError

from streams.adapters.cloud_event import EventError
from streams.adapters.signal_events import signal_event
from streams.apps.deliver import event_of, poster
from streams.apps.delivery_sink import Delivery, DeliverySink
from streams.domain.errors import ConfigError, DeliveryError
from streams.domain.signal import Side, Signal
from tests.fakes import settings
from tests.scripted_sink import wait_until


class Receiver:
    """Takes deliveries when it is open."""

    def __init__(self) -> None:
        self.open = Event()
        self.open.set()
        self.got: list[tuple[bytes, int]] = []
        self._lock = Lock()

    def __call__(self, delivery: Delivery) -> None:
        self.open.wait(20)
        with self._lock:
            self.got.append((delivery.key, delivery.offset))


def started(receiver: object, flush_seconds: float = 20) -> DeliverySink:
    sink = DeliverySink(receiver, 4, flush_seconds=flush_seconds)  # type: ignore[arg-type]
    sink.setup()
    return sink


def add(sink: DeliverySink, key: bytes, offset: int) -> None:
    sink.add(b"{}", key, 0, [], "signals", 0, offset)


def test_a_key_s_messages_keep_their_order_and_flush_waits_for_all() -> None:
    receiver = Receiver()
    sink = started(receiver)
    for offset in range(300):
        add(sink, b"%d" % (offset % 7), offset)
    sink.flush()
    assert len(receiver.got) == 300
    for key in {key for key, _ in receiver.got}:
        offsets = [offset for at, offset in receiver.got if at == key]
        assert offsets == sorted(offsets)


def test_a_message_is_handed_on_before_any_flush() -> None:
    receiver = Receiver()
    add(started(receiver), b"A", 0)
    wait_until(lambda: len(receiver.got) == 1, "delivered at once")


def test_a_slow_receiver_is_back_pressure_and_nothing_is_sent_twice() -> None:
    receiver = Receiver()
    sink = started(receiver, flush_seconds=0.01)
    receiver.open.clear()
    for _ in range(2):
        for offset in range(3):
            add(sink, b"A", offset)
        with pytest.raises(SinkBackpressureError):
            sink.flush()
    receiver.open.set()
    wait_until(lambda: len(receiver.got) == 3, "delivered")
    sink.flush()
    assert [offset for _, offset in receiver.got] == [0, 1, 2]


def test_a_failed_delivery_fails_every_flush_from_then_on() -> None:
    def refuse(delivery: Delivery) -> None:
        raise DeliveryError("spent")

    sink = started(refuse)
    add(sink, b"A", 0)
    for _ in range(2):
        with pytest.raises(DeliveryError, match="spent"):
            sink.flush()


def test_a_signal_message_becomes_its_event() -> None:
    signal = Signal("É/5m/0/breakout", 1, "É", "5m", "breakout", Side.BUY, 1.5, 0.1, True, "why")
    headers, value = signal_event(signal, [("produced", b"17"), ("traceparent", b"00-a")])
    event = event_of(Delivery("signals", 0, 0, b"E", value, headers))
    assert event.id == "É/5m/0/breakout"
    assert (event.get("producedms"), event.get("partitionkey"), event.trace) == (
        "17",
        "É",
        {"traceparent": "00-a"},
    )


def test_a_message_that_is_no_event_is_named() -> None:
    with pytest.raises(EventError, match="specversion"):
        event_of(Delivery("signals", 0, 0, b"A", b"{}", []))


def test_without_a_sink_the_error_says_what_to_set() -> None:
    with pytest.raises(ConfigError, match=r"K_SINK.*tapedeck serve.*http://127\.0\.0\.1:8090/"):
        poster(settings(), lambda code, seconds: None)
    with pytest.raises(ConfigError, match="http or https"):
        poster(settings(K_SINK="kafka:9092"), lambda code, seconds: None)

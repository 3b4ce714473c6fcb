"""What a client of the public WebSocket is owed while it takes nothing."""

import json
from dataclasses import dataclass, field
from typing import Any

from panel_app.alerts import Alert
from panel_app.market import Market
from panel_app.public.client import Client, Limits
from panel_app.public.messages import Subscribe, Unsubscribe
from panel_app.public.render import Render, encode, signal
from panel_app.public.wishes import Wishes
from panel_app.store import Key
from panel_app.watchlist import Watchlist
from tests.unit.panel_app import public_feed as made
from tests.unit.panel_app.public_feed import LIVE, bar

KEY = Key("A", "1m")


@dataclass
class Wire:
    """A connection whose other side takes things when the test says so."""

    takes: bool = True
    messages: list[dict[str, Any]] = field(default_factory=list)

    def put(self, message: bytes) -> None:
        self.messages.append(json.loads(message))

    def taken(self) -> bool:
        return self.takes

    def end(self, code: int, reason: str) -> None:
        raise AssertionError(f"{code} {reason}")


@dataclass
class Desk:
    limits: Limits = field(default_factory=lambda: Limits(slow_seconds=10, queued_signals=3))
    market: Market = field(default_factory=lambda: Market(Watchlist("1m", "5m")))
    wire: Wire = field(default_factory=Wire)
    now: float = 100.0

    def __post_init__(self) -> None:
        wishes = Wishes(("1m", "5m"), 10)
        self.client = Client(self.wire, wishes, self.limits, lambda: self.now)
        wishes.add(Subscribe(["A"], intervals=["1m"]))

    def bar(self, minute: int, close: float, *, final: bool = False) -> None:
        self.market.bar(bar("A", minute, close, final=final), LIVE)
        self.client.owe("bars", KEY)

    def signal(self, minute: int) -> None:
        self.client.owe_signal(encode(signal(Alert(made.signal("A", minute)))), KEY)

    def serve(self) -> str | None:
        return self.client.serve(Render(self.market))

    def closes(self) -> list[float]:
        return [message["close"] for message in self.wire.messages]


def test_who_takes_nothing_gets_the_newest_when_it_takes_again() -> None:
    desk = Desk()
    desk.bar(1, 1.0)
    assert desk.serve() is None
    desk.wire.takes = False
    for close in range(2, 50):
        desk.bar(1, float(close))
        assert desk.serve() is None
    desk.bar(1, 50.0, final=True)
    desk.bar(2, 51.0)
    assert desk.closes() == [1.0]
    desk.wire.takes = True
    desk.serve()
    assert desk.closes() == [1.0, 50.0, 51.0]
    desk.serve()
    assert len(desk.wire.messages) == 3


def test_a_closed_bar_is_sent_once() -> None:
    desk = Desk()
    desk.bar(1, 1.0, final=True)
    desk.serve()
    desk.bar(1, 1.0, final=True)
    desk.bar(2, 2.0)
    desk.serve()
    assert desk.closes() == [1.0, 2.0]


def test_who_takes_nothing_for_too_long_must_go() -> None:
    desk = Desk()
    desk.wire.takes = False
    assert desk.serve() is None
    desk.now += 10.1
    assert desk.serve() == "nothing taken for 10 s"


def test_a_pause_that_ends_in_time_is_forgotten() -> None:
    desk = Desk()
    for _ in range(5):
        desk.wire.takes = False
        desk.serve()
        desk.now += 6
        desk.wire.takes = True
        assert desk.serve() is None


def test_too_many_signals_that_are_not_taken_end_it() -> None:
    desk = Desk()
    desk.wire.takes = False
    for minute in range(3):
        desk.signal(minute)
    assert desk.serve() is None
    desk.signal(3)
    assert desk.serve() == "4 signals were not taken"


def test_nothing_of_a_series_is_sent_before_its_snapshot() -> None:
    desk = Desk()
    desk.client.await_snapshot(KEY)
    desk.bar(1, 1.0)
    desk.serve()
    assert desk.wire.messages == []
    desk.client.owe_snapshot(KEY, 10)
    desk.bar(1, 2.0)
    desk.serve()
    assert [m["type"] for m in desk.wire.messages] == ["snapshot"]
    assert [b["close"] for b in desk.wire.messages[0]["bars"]] == [2.0]


def test_what_was_unsubscribed_is_no_longer_owed() -> None:
    desk = Desk()
    desk.bar(1, 1.0)
    desk.client.wishes.remove(Unsubscribe(["A"]))
    desk.client.forget("A")
    desk.serve()
    assert desk.wire.messages == []


def test_one_round_sends_a_bounded_amount_and_the_next_goes_on() -> None:
    desk = Desk()
    symbols = ["A", "B", "C", "D", "E"]
    desk.client.wishes.add(Subscribe(symbols, intervals=["1m"]))
    for key in (Key(symbol, "1m") for symbol in symbols):
        for minute in range(1_000):
            desk.market.store.put_bar(bar(key.symbol, minute))
        desk.client.owe_snapshot(key, 1_000)
    desk.serve()
    assert 0 < len(desk.wire.messages) < 5
    desk.serve()
    assert len(desk.wire.messages) == 5

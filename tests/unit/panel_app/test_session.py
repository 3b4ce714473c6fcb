import json
from dataclasses import dataclass, field
from typing import Any

import pytest

from panel_app.feed import Feed
from panel_app.session import Session, Sources
from panel_app.store import Key, Store
from streams.domain.bar import Bar


def bar(symbol: str, minute: int, final: bool = True) -> Bar:
    start = minute * 60_000
    return Bar(symbol, "1m", start, start + 60_000, 1.0, 3.0, 0.5, 2.0, 5.0, 1.5, 3, start, final)


class Loads:
    def __init__(self) -> None:
        self.keys: list[Key] = []

    def load(self, key: Key) -> None:
        self.keys.append(key)


@dataclass
class Desk:
    """A session with everything around it in memory."""

    store: Store = field(default_factory=Store)
    history: Loads = field(default_factory=Loads)
    sent: list[dict[str, Any]] = field(default_factory=list)
    now: float = 0.0

    def session(self) -> Session:
        sources = Sources(self.store, Feed(), self.history, ("1m", "5m"), "1m")
        return Session(lambda text: self.sent.append(json.loads(text)), sources, lambda: self.now)


@pytest.fixture
def desk() -> Desk:
    return Desk()


def test_nothing_is_sent_before_the_browser_asks(desk: Desk) -> None:
    desk.store.put_bar(bar("AAPL", 1))
    desk.session().pull()
    assert desk.sent == []


def test_the_first_symbol_and_default_interval_are_shown_when_none_is_asked_for(desk: Desk) -> None:
    desk.store.put_bar(bar("MSFT", 1))
    desk.store.put_bar(bar("AAPL", 1))
    desk.session().ask("{}")
    (frame,) = desk.sent
    assert (frame["symbol"], frame["interval"]) == ("AAPL", "1m")
    assert frame["symbols"] == ["AAPL", "MSFT"]
    assert frame["change"]["whole"]
    assert frame["change"]["bars"][0][-3:] == [None, None, True]
    assert desk.history.keys == [Key("AAPL", "1m")]


@pytest.mark.parametrize("text", ["", "[]", "{", '{"symbol": 3}', '{"interval": "7w"}'])
def test_a_request_that_cannot_be_read_shows_the_default(desk: Desk, text: str) -> None:
    desk.store.put_bar(bar("AAPL", 1))
    desk.session().ask(text)
    assert (desk.sent[0]["symbol"], desk.sent[0]["interval"]) == ("AAPL", "1m")


def test_an_unknown_symbol_is_shown_empty_and_no_longer_than_a_symbol_may_be(desk: Desk) -> None:
    desk.session().ask(json.dumps({"symbol": "X" * 500}))
    assert desk.sent[0]["symbol"] == "X" * 64
    assert "change" not in desk.sent[0]


def test_only_what_changed_is_sent_and_a_heartbeat_once_a_second(desk: Desk) -> None:
    desk.store.put_bar(bar("AAPL", 1))
    session = desk.session()
    session.ask("{}")
    session.pull()
    assert len(desk.sent) == 1
    desk.store.put_bar(bar("AAPL", 2, final=False))
    session.pull()
    assert [row[0] for row in desk.sent[1]["change"]["bars"]] == [1]
    assert "symbols" not in desk.sent[1]
    desk.now = 1.5
    session.pull()
    assert "change" not in desk.sent[2]
    assert len(desk.sent) == 3


def test_asking_again_sends_everything_again(desk: Desk) -> None:
    desk.store.put_bar(bar("AAPL", 1))
    session = desk.session()
    session.ask("{}")
    session.ask('{"symbol": "AAPL", "interval": "1m", "at": 7.5}')
    assert desk.sent[1]["change"]["whole"]
    assert desk.sent[1]["symbols"] == ["AAPL"]


def test_an_empty_store_says_so_and_the_first_bar_is_shown_when_it_comes(desk: Desk) -> None:
    session = desk.session()
    session.ask("{}")
    assert desk.sent[0]["symbols"] == []
    assert "symbol" not in desk.sent[0]
    desk.store.put_bar(bar("AAPL", 1))
    session.pull()
    assert desk.sent[1]["symbol"] == "AAPL"
    assert desk.sent[1]["change"]["count"] == 1


def test_a_closed_session_lets_go_of_its_series(desk: Desk) -> None:
    desk.store.put_bar(bar("AAPL", 1))
    session = desk.session()
    session.ask("{}")
    session.close()
    session.pull()
    assert len(desk.sent) == 1
    assert desk.store.watch(Key("AAPL", "1m"))

"""When a session sends, and which chart."""

import json

import pytest

from panel_app.store import Key
from tests.unit.panel_app.session_desk import Desk, bar


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


def test_slow_pages_get_news_at_their_rate_and_heartbeats_all_the_same(desk: Desk) -> None:
    desk.store.put_bar(bar("AAPL", 1))
    session = desk.session()
    session.ask('{"rate": 5}')
    kinds = []
    for tick in range(1, 25):
        desk.now = tick * 0.25
        desk.store.put_bar(bar("AAPL", 1 + tick))
        before = len(desk.sent)
        session.pull()
        kinds += ["news" if "change" in frame else "beat" for frame in desk.sent[before:]]
    assert kinds.count("news") == 1
    assert kinds[-1] == "beat"
    assert len(kinds) == 6

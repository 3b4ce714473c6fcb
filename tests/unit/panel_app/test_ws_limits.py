"""The public WebSocket with a real client library: what it refuses, and whom it drops."""

import json
import socket
from contextlib import suppress

import pytest
from websockets.exceptions import ConnectionClosed

from panel_app.public.client import Limits
from tests.unit.panel_app.parting import closed
from tests.unit.panel_app.public_feed import LIVE, PublicFeed, bar, public_feed, say, take
from tests.waiting import wait_for

BAD: list[tuple[str | bytes, str, str, object]] = [
    ("", "bad_json", "expected a JSON object", None),
    ("hello", "bad_json", "expected a JSON object", None),
    ("[]", "bad_json", "was list", None),
    ("3", "bad_json", "was int", None),
    ("null", "bad_json", "was NoneType", None),
    ("[" * 8_000, "bad_json", "expected a JSON object", None),
    ("{" * 50, "bad_json", "expected a JSON object", None),
    (b"\x00\x01", "bad_json", "was binary", None),
    ("{}", "unknown_type", "expected subscribe, unsubscribe, ping, auth, was None", None),
    ('{"type": "buy", "id": 5}', "unknown_type", "was buy", 5),
    ('{"type": [1], "id": "a"}', "unknown_type", "was [1]", "a"),
    ('{"type": "subscribe", "id": 1}', "bad_message", "symbols", 1),
    ('{"type": "subscribe", "symbols": "AAPL", "id": 2}', "bad_message", "$.symbols", 2),
    ('{"type": "subscribe", "symbols": [3], "id": 3}', "bad_message", "$.symbols", 3),
    ('{"type": "subscribe", "symbols": [""], "id": 4}', "bad_message", "$.symbols", 4),
    (f'{{"type": "subscribe", "symbols": ["{"X" * 65}"]}}', "bad_message", "64", None),
    (
        '{"type": "subscribe", "symbols": ["A"], "channels": ["news"]}',
        "bad_message", "$.channels", None,
    ),
    (
        '{"type": "subscribe", "symbols": ["A"], "intervals": ["7w"], "id": 6}',
        "unknown_interval", "expected some of 1m, 5m, was 7w", 6,
    ),
    ('{"type": "subscribe", "symbols": ["A"], "bars": -1}', "bad_message", "$.bars", None),
    ('{"type": "subscribe", "symbols": ["A"], "bars": 1e9}', "bad_message", "$.bars", None),
    ('{"type": "subscribe", "symbols": ["A"], "symbol": 1}', "bad_message", "symbol", None),
    ('{"type": "unsubscribe", "symbols": {}}', "bad_message", "$.symbols", None),
    ('{"type": "ping", "id": {"a": 1}}', "bad_message", "$.id", None),
    ('{"type": "auth"}', "bad_message", "token", None),
    ('{"type": "subscribe", "symbols": ["\\ud800"]}', "bad_json", "", None),
    (
        json.dumps({"type": "subscribe", "symbols": [f"S{n}" for n in range(201)], "id": 8}),
        "too_many_symbols", "expected at most 200 a client, would be 201", 8,
    ),
]  # fmt: skip


@pytest.mark.parametrize(("message", "code", "detail", "of"), BAD)
def test_a_bad_message_is_answered_and_changes_nothing(
    shared: PublicFeed, message: str | bytes, code: str, detail: str, of: object
) -> None:
    with shared.connect() as client:
        take(client)
        client.send(message)
        answer = take(client)
        assert (answer["type"], answer["code"], answer["id"]) == ("error", code, of)
        assert detail in answer["detail"]
        say(client, type="ping")
        assert take(client)["type"] == "pong"


def test_too_long_a_message_ends_the_connection(shared: PublicFeed) -> None:
    with shared.connect() as client:
        take(client)
        client.send("x" * 20_000)
        assert closed(client)[0] == 1009


def test_a_flood_of_messages_ends_the_connection(shared: PublicFeed) -> None:
    with shared.connect() as client:
        take(client)
        with suppress(ConnectionClosed):  # it may come while the flood goes on
            for _ in range(1_000):
                say(client, type="ping")
        assert closed(client)[0] == 4429


def test_the_symbols_of_all_subscriptions_count_together() -> None:
    with public_feed(Limits(symbols=2, updates_per_second=50)) as feed, feed.connect() as client:
        take(client)
        for number, (symbols, answer) in enumerate(
            [(["A", "B"], "subscribed"), (["A"], "subscribed"), (["C"], "error")]
        ):
            say(client, type="subscribe", symbols=symbols, intervals=["5m"], id=number)
            message = take(client)
            while message["type"] == "snapshot":
                message = take(client)
            assert (message["type"], message["id"]) == (answer, number)


def test_more_clients_than_allowed_are_told_to_try_later() -> None:
    with public_feed(Limits(clients=1, updates_per_second=50)) as feed:
        with feed.connect() as first:
            take(first)
            with feed.connect() as second:
                assert closed(second) == (1013, "1 clients are connected: try later")
        wait_for(lambda: feed.hub is not None and len(feed.hub) == 0, "the first client's end")
        with feed.connect() as third:
            assert take(third)["type"] == "hello"


def test_a_slow_client_is_dropped_and_holds_up_nobody() -> None:
    limits = Limits(updates_per_second=50, slow_seconds=0.5)
    with public_feed(limits) as feed:
        wide = [f"WIDE{number}" for number in range(12)]
        for symbol in wide:
            for minute in range(1_000):
                feed.market.store.put_bar(bar(symbol, minute))
        held = socket.create_connection(("127.0.0.1", feed.port))
        held.setsockopt(socket.SOL_SOCKET, socket.SO_RCVBUF, 4_096)
        with (
            feed.connect(sock=held, max_queue=1, close_timeout=0.1) as slow,
            feed.subscriber(symbols=["WIDE7"], intervals=["1m"]) as quick,
        ):
            say(slow, type="subscribe", symbols=wide, intervals=["1m"], bars=1_000)
            take(quick)

            def dropped() -> bool:
                feed.market.bar(bar("WIDE7", 1_000, 3.0, final=False), LIVE)
                assert take(quick)["symbol"] == "WIDE7"
                return feed.hub is not None and feed.hub.counts["4408"] == 1

            wait_for(dropped, "the end of the slow client", 60)
            assert feed.hub is not None
            assert len(feed.hub) == 1
        assert feed.said() == []

"""The public WebSocket with a real client library: what it says, refuses and survives."""

import json
import socket
from collections.abc import Iterator
from contextlib import ExitStack, suppress
from typing import Any

import pytest
from websockets.exceptions import ConnectionClosed, InvalidStatus
from websockets.sync.client import ClientConnection

from panel_app.public.client import Limits
from tests.unit.panel_app.public_feed import (
    LIVE,
    MINUTE,
    PublicFeed,
    bar,
    indicators,
    public_feed,
    say,
    signal,
    take,
)
from tests.waiting import wait_for

QUICK = Limits(updates_per_second=50, heartbeat_seconds=0.1)


@pytest.fixture(scope="module")
def shared() -> Iterator[PublicFeed]:
    """One server for the tests that leave no trace; each has symbols of its own."""
    with public_feed(QUICK) as feed:
        yield feed
        assert feed.said() == []


def closed(client: ClientConnection) -> tuple[int, str]:
    """Read until the server closes: its code and reason."""
    return last_words(client)[1]


def last_words(client: ClientConnection) -> tuple[list[dict[str, Any]], tuple[int, str]]:
    """What comes before the server closes; its code and reason."""
    messages: list[dict[str, Any]] = []
    try:
        while True:
            messages.append(json.loads(client.recv(timeout=30)))
    except ConnectionClosed as end:
        return messages, (end.rcvd.code, end.rcvd.reason) if end.rcvd else (1006, "a cut")


def test_hello_says_what_there_is(shared: PublicFeed) -> None:
    with shared.connect() as client:
        hello = take(client)
    assert hello["type"] == "hello"
    assert (hello["protocol"], hello["auth"]) == (1, "none")
    assert hello["channels"] == ["bars", "indicators", "signals"]
    assert hello["intervals"] == ["1m", "5m"]
    assert hello["limits"]["symbols"] == 200
    assert hello["time"] > 1_700_000_000_000


def test_a_subscription_starts_with_a_snapshot_and_goes_on_with_updates(shared: PublicFeed) -> None:
    market = shared.market
    for minute in range(5):
        market.bar(bar("SNAP", minute, 2.0 + minute), LIVE)
    market.indicators(indicators("SNAP", 4, 6.0), LIVE)
    market.signal(signal("SNAP", 3), LIVE)
    with shared.connect() as client:
        take(client)
        say(client, type="subscribe", symbols=["SNAP", "NONE"], intervals=["1m"], bars=3, id=7)
        assert take(client) == {
            "type": "subscribed", "id": 7, "symbols": ["SNAP", "NONE"],
            "channels": ["bars", "indicators", "signals"], "intervals": ["1m"],
            "unknown": ["NONE"],
        }  # fmt: skip
        snapshot, empty = take(client), take(client)
        market.bar(bar("SNAP", 5, 9.0, final=False), LIVE)
        update = take(client)
    assert (snapshot["type"], snapshot["symbol"], snapshot["interval"]) == (
        "snapshot",
        "SNAP",
        "1m",
    )
    assert [(b["start"], b["close"], b["final"]) for b in snapshot["bars"]] == [
        (n * MINUTE, 2.0 + n, True) for n in (2, 3, 4)
    ]
    assert snapshot["indicators"]["values"] == {"ema38": 6.0}
    assert [s["id"] for s in snapshot["signals"]] == [f"SNAP/1m/{3 * MINUTE}/breakout"]
    assert (empty["symbol"], empty["bars"], empty["indicators"]) == ("NONE", [], None)
    assert update == {
        "type": "bar", "symbol": "SNAP", "interval": "1m", "start": 5 * MINUTE, "end": 6 * MINUTE,
        "open": 1.0, "high": 12.0, "low": 0.5, "close": 9.0, "volume": 5.0, "vwap": 1.5,
        "trades": 3, "final": False,
    }  # fmt: skip


def test_only_subscribed_channels_intervals_and_symbols_come(shared: PublicFeed) -> None:
    with shared.subscriber(symbols=["ONLY"], channels=["signals"], intervals=["1m"]) as client:
        assert take(client) == {
            "type": "snapshot", "symbol": "ONLY", "interval": "1m", "signals": []
        }  # fmt: skip
        shared.market.bar(bar("ONLY", 1), LIVE)
        shared.market.indicators(indicators("ONLY", 1, 1.0), LIVE)
        shared.market.signal(signal("OTHER", 1), LIVE)
        shared.market.signal(signal("ONLY", 1), LIVE)
        message = take(client)
    assert (message["type"], message["symbol"]) == ("signal", "ONLY")


def test_updates_are_conflated_and_signals_never(shared: PublicFeed) -> None:
    slow = Limits(updates_per_second=2)
    with public_feed(slow) as feed, feed.subscriber(symbols=["CON"], intervals=["1m"]) as client:
        take(client)
        for close in range(1, 51):
            feed.market.bar(bar("CON", 1, float(close), final=close == 50), LIVE)
            feed.market.signal(signal("CON", close), LIVE)
            feed.market.indicators(indicators("CON", 1, float(close)), LIVE)
        feed.market.bar(bar("CON", 2, 99.0, final=False), LIVE)
        messages: list[dict[str, Any]] = []
        while sum(m["type"] == "signal" for m in messages) < 50 or messages[-1].get("close") != 99:
            messages.append(take(client))
        bars = [m for m in messages if m["type"] == "bar"]
        assert len([m for m in messages if m["type"] == "signal"]) == 50
    assert [m["close"] for m in bars if m["final"]] == [50.0]  # the closed one is not left out
    assert len(bars) < 10


def test_a_bar_of_a_symbol_that_is_new_reaches_who_wants_all(shared: PublicFeed) -> None:
    shared.market.bar(bar("KNOWN", 1), LIVE)
    with shared.subscriber(symbols="*", channels=["bars"], intervals=["1m"]) as client:
        first = take(client)
        while first["symbol"] != "KNOWN":
            first = take(client)
        assert len(first["bars"]) == 1
        shared.market.bar(bar("FRESH", 1), LIVE)
        message = take(client)
        while message["symbol"] != "FRESH":
            message = take(client)
        assert message["type"] == "bar"


def test_unsubscribing_ends_the_updates(shared: PublicFeed) -> None:
    with shared.subscriber(symbols=["ENDS", "STAYS"], channels=["bars"]) as client:
        for _ in range(4):
            take(client)
        say(client, type="unsubscribe", symbols=["ENDS"], id="x")
        assert take(client) == {"type": "unsubscribed", "id": "x", "symbols": ["STAYS"]}
        shared.market.bar(bar("ENDS", 1), LIVE)
        shared.market.bar(bar("STAYS", 1), LIVE)
        assert take(client)["symbol"] == "STAYS"
        say(client, type="unsubscribe", symbols="*")
        assert take(client)["symbols"] == []


def test_heartbeats_come_and_pings_are_answered(shared: PublicFeed) -> None:
    with shared.connect() as client:
        take(client)
        beat = take(client, heartbeats=True)
        assert (beat["type"], beat["feed"]) == ("heartbeat", "down")
        say(client, type="ping", id=3)
        assert take(client).items() >= {"type": "pong", "id": 3}.items()


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


@pytest.mark.parametrize(
    ("query", "headers"), [("?token=s3cret", {}), ("", {"Authorization": "Bearer s3cret"})]
)
def test_a_token_in_the_query_or_header_lets_in(query: str, headers: dict[str, str]) -> None:
    with (
        public_feed(QUICK, "s3cret") as feed,
        feed.connect(query, additional_headers=headers) as client,
    ):
        assert take(client)["auth"] == "none"
        say(client, type="ping")
        assert take(client)["type"] == "pong"


def test_a_token_in_the_first_message_lets_in() -> None:
    with public_feed(QUICK, "s3cret") as feed, feed.connect() as client:
        assert take(client)["auth"] == "needed"
        say(client, type="auth", token="s3cret", id=1)
        assert take(client) == {"type": "authorized", "id": 1}
        say(client, type="subscribe", symbols=["A"])
        assert take(client)["type"] == "subscribed"


@pytest.mark.parametrize(
    ("query", "message", "why"),
    [
        ("?token=wrong", None, "the token is wrong"),
        ("?token=s3cret2", None, "the token is wrong"),
        ("?token=%C3%A9", None, "the token is wrong"),
        ("", {"type": "auth", "token": "wrong"}, "the token is wrong"),
        ("", {"type": "subscribe", "symbols": ["A"]}, "the first message was no auth"),
        ("", None, "no token came"),
    ],
)
def test_without_the_token_nobody_gets_in(
    query: str, message: dict[str, Any] | None, why: str
) -> None:
    with public_feed(Limits(updates_per_second=50, auth_seconds=0.3), "s3cret") as feed:
        with feed.connect(query) as client:
            if message:
                say(client, **message)
            messages, ended = last_words(client)
        assert ended == (4401, why)
        assert [m.get("code") for m in messages] == [None, "unauthorized"]
        assert feed.hub is not None
        assert len(feed.hub) == 0


def test_a_query_that_is_no_text_is_a_bad_request(shared: PublicFeed) -> None:
    with pytest.raises(InvalidStatus) as caught, shared.connect("?token=%ff"):
        pass
    assert caught.value.response.status_code == 400


@pytest.mark.parametrize(
    ("origin", "allowed"),
    [
        ("http://127.0.0.1:{port}", True),
        ("http://localhost:{port}", True),
        ("https://desk.example.com", True),
        ("https://desk.example.com:444", False),
        ("http://evil.example", False),
        ("http://127.0.0.1:1", False),
        ("null", False),
        ("http://[", False),
    ],
)
def test_pages_of_other_origins_may_not_connect(origin: str, allowed: bool) -> None:
    with public_feed(QUICK, origin="desk.example.com") as feed:
        named = origin.format(port=feed.port)
        if allowed:
            with feed.connect(origin=named) as client:
                assert take(client)["type"] == "hello"
        else:
            with pytest.raises(InvalidStatus) as caught, feed.connect(origin=named):
                pass
            assert caught.value.response.status_code == 403


def test_a_host_name_pointed_at_this_machine_is_no_way_in(shared: PublicFeed) -> None:
    """DNS rebinding: Origin and Host agree with each other, and are not ours."""
    lines = (
        "GET /ws HTTP/1.1", "Host: evil.example", "Origin: http://evil.example",
        "Upgrade: websocket", "Connection: Upgrade", "Sec-WebSocket-Version: 13",
        "Sec-WebSocket-Key: dGhlIHNhbXBsZSBub25jZQ==", "", "",
    )  # fmt: skip
    with socket.create_connection(("127.0.0.1", shared.port)) as raw:
        raw.sendall("\r\n".join(lines).encode())
        assert raw.recv(1_000).startswith(b"HTTP/1.1 403 ")


def test_who_connects_again_starts_from_a_snapshot(shared: PublicFeed) -> None:
    shared.market.bar(bar("AGAIN", 1), LIVE)
    for count in (1, 2):
        with shared.subscriber(symbols=["AGAIN"], intervals=["1m"]) as client:
            assert len(take(client)["bars"]) == count
        shared.market.bar(bar("AGAIN", count + 1), LIVE)


def test_clients_that_vanish_are_forgotten_without_a_word(shared: PublicFeed) -> None:
    for _ in range(20):
        with shared.subscriber(symbols=["GONE"]) as client:
            client.socket.shutdown(socket.SHUT_RDWR)
    shared.market.bar(bar("GONE", 1), LIVE)
    wait_for(lambda: shared.hub is not None and len(shared.hub) == 0, "that all are forgotten")
    assert shared.market.store.watched() == []


def test_who_stops_the_server_says_goodbye() -> None:
    with ExitStack() as stack:
        with public_feed(QUICK) as feed:
            client = stack.enter_context(feed.connect())
            take(client)
        assert closed(client)[0] == 1001

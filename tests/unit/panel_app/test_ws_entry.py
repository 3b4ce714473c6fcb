"""The public WebSocket with a real client library: who gets in, and how it ends."""

import socket
from contextlib import ExitStack
from typing import Any

import pytest
from websockets.exceptions import InvalidStatus

from panel_app.public.client import Limits
from tests.unit.panel_app.parting import closed, last_words
from tests.unit.panel_app.public_feed import LIVE, QUICK, PublicFeed, bar, public_feed, say, take
from tests.waiting import wait_for


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

"""The public WebSocket with a real client library: what it says."""

from typing import Any

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

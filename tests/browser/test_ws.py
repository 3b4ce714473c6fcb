"""The public WebSocket of a real `tapedeck panel`, its example clients, and the login."""

import json
import os
import re
import shutil
import subprocess
import sys
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

import httpx
import pytest
from websockets.exceptions import ConnectionClosed, InvalidStatus
from websockets.sync.client import ClientConnection, connect
from websockets.typing import Subprotocol

from streams.domain.bar import Bar
from streams.domain.signal import Side, Signal, signal_id
from tests.browser.dashboard import Dashboard, free_port, wait_until
from tests.browser.feeder import Tape

PAGE = (Path(__file__).parents[2] / "infra" / "docs" / "websocket.md").read_text()
MINUTE = 60_000


def bar(symbol: str, minute: int, close: float, *, final: bool = True) -> Bar:
    start = 1_636_358_400_000 + minute * MINUTE
    return Bar(
        symbol, "1m", start, start + MINUTE, close, close, close, close, 5.0, close, 3, start, final
    )


def breakout(of: Bar) -> Signal:
    return Signal(
        signal_id(of.symbol, "1m", of.start, "breakout"), of.end, of.symbol, "1m", "breakout",
        Side.BUY, of.close, 0.2, True, "EMA38 crossed above EMA100",
    )  # fmt: skip


@pytest.fixture(scope="module")
def server(kafka: str, tape: Tape, tmp_path_factory: pytest.TempPathFactory) -> Iterator[Dashboard]:
    """One without a login, for the tests that leave it running; needs no browser."""
    with running(kafka, tape, tmp_path_factory.mktemp("ws")) as board:
        yield board


@contextmanager
def running(kafka: str, tape: Tape, folder: Path, **env: str) -> Iterator[Dashboard]:
    """A dashboard within a block, whose log must have no traceback."""
    board = Dashboard(kafka, tape.prefix, folder / "home", free_port(), env)
    try:
        board.start()
        yield board
    finally:
        board.stop()
    assert "Traceback" not in board.log(), board.log()


def url(board: Dashboard) -> str:
    return f"ws://127.0.0.1:{board.port}/ws"


def take(client: ClientConnection, kind: str) -> dict[str, Any]:
    """The next message of a kind."""
    while True:
        message: dict[str, Any] = json.loads(client.recv(timeout=30))
        if message["type"] == kind:
            return message


def subscribe(client: ClientConnection, *symbols: str) -> dict[str, Any]:
    """The snapshot of the first."""
    request = {"type": "subscribe", "symbols": symbols, "intervals": ["1m"]}
    client.send(json.dumps(request))
    return take(client, "snapshot")


def test_what_is_produced_reaches_a_subscriber(server: Dashboard, tape: Tape) -> None:
    tape.send(bar("WSA", 0, 10.0), bar("WSA", 1, 11.0))
    wait_until(lambda: '"WSA"' in server.get("data/watchlist")[1], "the symbol")
    with connect(url(server), proxy=None) as client:
        assert take(client, "hello")["intervals"] == ["1m", "5m", "15m"]
        assert [b["close"] for b in subscribe(client, "WSA")["bars"]] == [10.0, 11.0]
        last = bar("WSA", 2, 12.5)
        tape.send(bar("WSA", 2, 12.0, final=False), last, breakout(last))
        assert take(client, "signal")["reason"] == "EMA38 crossed above EMA100"
        closed = take(client, "bar")
        while not closed["final"]:
            closed = take(client, "bar")
        assert (closed["start"], closed["close"]) == (last.start, 12.5)
        assert take(client, "heartbeat")["feed"] in ("live", "idle", "stale")
    metrics = server.get("metrics")[1]
    assert re.search(r"^tapedeck_ws_sent_total [1-9]", metrics, re.M)
    wait_until(lambda: "tapedeck_ws_clients 0.0" in server.get("metrics")[1], "its end")


def test_the_page_and_the_public_share_the_path(server: Dashboard) -> None:
    for offered in (["bokeh"], ["bokeh", "no-token"]):
        named = [Subprotocol(name) for name in offered]
        bokeh = connect(url(server), proxy=None, subprotocols=named)
        with pytest.raises((InvalidStatus, ConnectionClosed)), bokeh as client:
            take(client, "hello")  # the page's socket knows no hello, and wants a token
    with connect(url(server), proxy=None) as client:
        take(client, "hello")


def examples() -> list[tuple[str, list[str], str]]:
    found = []
    for language, command in (("python", [sys.executable, "-u", "-c"]), ("js", list[str]())):
        match = re.search(rf"```{language}\n(.*?)```", PAGE, re.S)
        assert match is not None
        found.append((language, command, match[1]))
    return found


@pytest.mark.parametrize(("language", "command", "script"), examples(), ids=["python", "js"])
def test_the_example_clients_of_the_page_work(
    server: Dashboard, tape: Tape, tmp_path: Path, language: str, command: list[str], script: str
) -> None:
    assert len(script.splitlines()) <= 32
    if language == "js":
        command = _node()
    symbol = f"EX{language.upper()}"
    tape.send(bar(symbol, 0, 10.0))
    wait_until(lambda: f'"{symbol}"' in server.get("data/watchlist")[1], "the symbol")
    env = os.environ | {"TAPEDECK_WS_URL": url(server), "SYMBOLS": symbol}
    output = tmp_path / "output"
    with output.open("wb") as out:
        process = subprocess.Popen(
            [*command, script], stdout=out, stderr=subprocess.STDOUT, env=env
        )
    try:
        wait_until(lambda: f"{symbol} 1m 1 bars" in output.read_text(), "the snapshot")
        last = bar(symbol, 1, 11.25)
        tape.send(last, breakout(last))
        wait_until(lambda: f"{symbol} 11.25 closed" in output.read_text(), "the bar")
        wait_until(lambda: f"BUY {symbol} EMA38 crossed" in output.read_text(), "the signal")
    finally:
        process.kill()
        process.wait()
    assert "connected to tapedeck" in output.read_text().splitlines()[0]


def _node() -> list[str]:
    """Node with a WebSocket: built in since 22, to be asked for in 20."""
    node = shutil.which("node")
    if node is None:
        pytest.skip("no Node")
    said = subprocess.run([node, "--version"], capture_output=True, text=True, check=True).stdout
    version = int(said.lstrip("v").split(".")[0])
    if version < 20:
        pytest.skip(f"no Node with a WebSocket: expected 20 or later, was {version}")
    return [node, *(["--experimental-websocket"] if version < 22 else []), "-e"]


def test_oauth_sends_people_to_the_provider(kafka: str, tape: Tape, tmp_path: Path) -> None:
    env = {
        "TAPEDECK_PANEL_OAUTH_PROVIDER": "github",
        "TAPEDECK_PANEL_OAUTH_KEY": "our-id",
        "TAPEDECK_PANEL_OAUTH_SECRET": "s3cret",
    }
    with (
        running(kafka, tape, tmp_path, **env) as board,
        httpx.Client(base_url=board.url, trust_env=False) as client,
    ):
        assert client.get("/").headers["location"] == "./login?next=%2F"
        away = httpx.URL(client.get("/login").headers["location"])
        assert client.get("/data/alerts").status_code == 401
    assert (away.host, away.params["client_id"]) == ("github.com", "our-id")
    assert "s3cret" not in board.log()


def test_a_client_goes_on_after_a_restart_of_the_server(
    kafka: str, own_tape: Tape, tmp_path: Path
) -> None:
    own_tape.send(bar("AGAIN", 0, 10.0))
    with running(kafka, own_tape, tmp_path) as board:
        with connect(url(board), proxy=None) as client:
            assert len(subscribe(client, "AGAIN")["bars"]) == 1
            board.stop()
            with pytest.raises(ConnectionClosed) as caught:
                take(client, "never")
        assert caught.value.rcvd is not None
        assert caught.value.rcvd.code == 1001
        own_tape.send(bar("AGAIN", 1, 11.0))
        board.start()
        with connect(url(board), proxy=None) as client:
            assert len(subscribe(client, "AGAIN")["bars"]) == 2


def test_with_a_login_nothing_is_read_without_it(kafka: str, tape: Tape, tmp_path: Path) -> None:
    users = tmp_path / "users.json"
    users.write_text('{"ann": "s3cret", "bob": "other"}')
    env = {"TAPEDECK_PANEL_BASIC_AUTH": str(users), "TAPEDECK_PANEL_COOKIE_SECRET": "salt"}
    with running(kafka, tape, tmp_path, **env) as board:
        cookies = _log_in(board.url)
        with (
            connect(url(board), proxy=None) as stranger,
            pytest.raises(ConnectionClosed) as caught,
        ):
            take(stranger, "never")
        assert caught.value.rcvd is not None
        assert caught.value.rcvd.code == 4401
        with connect(url(board), proxy=None, additional_headers={"Cookie": cookies}) as ann:
            ann.send('{"type": "ping"}')
            take(ann, "pong")
    assert "s3cret" not in board.log()


def _log_in(url: str) -> str:
    """The cookies of a login; what is closed before is open after it."""
    with httpx.Client(base_url=url, trust_env=False, follow_redirects=True) as client:
        page = client.get("/")
        assert page.url.path == "/login"
        assert "TAPEDECK" in page.text
        assert "http" not in page.text  # nothing of another host
        assert client.get("/data/watchlist").status_code == 401
        assert client.get("/healthz").status_code == client.get("/metrics").status_code == 200
        refused = client.post("/login", data={"username": "ann", "password": "wrong"})
        assert "Invalid username or password" in refused.text
        client.post("/login", data={"username": "ann", "password": "s3cret"})
        assert client.get("/data/watchlist").status_code == 200
        assert 'id="price-pane"' in client.get("/").text
        return "; ".join(f"{name}={value}" for name, value in client.cookies.items())

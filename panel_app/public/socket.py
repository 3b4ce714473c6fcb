"""The WebSocket at `/ws`: who may connect, what is asked, and the end of those who misbehave."""

import hmac
import logging
import time
from asyncio import Future
from collections.abc import Callable
from importlib.metadata import version
from socket import SO_SNDBUF, SOL_SOCKET
from typing import Any

from tornado.httputil import HTTPServerRequest
from tornado.ioloop import IOLoop
from tornado.routing import Matcher
from tornado.web import HTTPError
from tornado.websocket import WebSocketClosedError, WebSocketHandler

from panel_app.login import user_of
from panel_app.origins import Origins
from panel_app.public.client import Client
from panel_app.public.hub import Hub
from panel_app.public.messages import CHANNELS, Auth, BadMessage, Ping, Subscribe, read_request
from panel_app.public.render import encode
from panel_app.public.wishes import Wishes

logger = logging.getLogger(__name__)

PROTOCOL = 1
UNAUTHORIZED, TOO_MANY_MESSAGES, TRY_AGAIN_LATER = 4401, 4429, 1013
_BURST = 2
_PING_S = 20.0
_QUEUE_BYTES = 128 * 1024


class FeedPath(Matcher):
    """`/ws` without Bokeh's subprotocol: with it, it is the socket of the page itself."""

    def match(self, request: HTTPServerRequest) -> dict[str, Any] | None:
        if request.path != "/ws":
            return None
        offered = request.headers.get("Sec-WebSocket-Protocol", "")
        return None if offered.partition(",")[0].strip() == "bokeh" else {}


class FeedSocket(WebSocketHandler):
    """One client's connection."""

    def initialize(
        self, hub: Hub, origins: Origins, token: str | None, clock: Callable[[], float]
    ) -> None:
        self._hub = hub
        self._origins = origins
        self._token = token
        self._clock = clock
        self._client: Client | None = None
        self._writing: Future[None] | None = None
        self._timeout: object = None
        self._tokens = float(_BURST * hub.limits.messages_per_second)
        self._filled = clock()

    @property
    def max_message_size(self) -> int:
        return self._hub.limits.message_bytes

    @property
    def ping_interval(self) -> float:
        return _PING_S

    @property
    def ping_timeout(self) -> float:
        return _PING_S

    def prepare(self) -> None:
        """Refuse foreign pages and what is malformed while the answer still is HTTP.

        Tornado's own check would let in whatever names itself in both Origin and Host, as a page
        does whose host name has been pointed at this machine.
        """
        if not self._origins.allow(self.request.headers.get("Origin")):
            raise HTTPError(403)
        kind, _, header = self.request.headers.get("Authorization", "").partition(" ")
        bearer = header.strip() if kind.lower() == "bearer" else ""
        self._given = bearer or self.get_query_argument("token", "")

    def check_origin(self, origin: str) -> bool:
        return True  # `prepare` has checked it

    def log_exception(self, kind: Any, value: Any, trace: Any) -> None:
        """A bad request is no event of the server's log."""
        if not isinstance(value, HTTPError):
            super().log_exception(kind, value, trace)

    def open(self, *_args: str, **_kwargs: str) -> None:
        self.set_nodelay(True)
        stream = None if self.ws_connection is None else self.ws_connection.stream
        if stream is not None:
            # The kernel would queue megabytes of old prices; what is not queued is conflated here.
            stream.socket.setsockopt(SOL_SOCKET, SO_SNDBUF, _QUEUE_BYTES)
        hub = self._hub
        if hub.full:
            hub.counts[str(TRY_AGAIN_LATER)] += 1
            self.end(TRY_AGAIN_LATER, f"{hub.limits.clients} clients are connected: try later")
            return
        allowed = self._allowed_at_once()
        self._say(self._hello(needs_auth=allowed is None))
        if allowed:
            self._welcome()
        elif allowed is None:
            wait = hub.limits.auth_seconds
            self._timeout = IOLoop.current().call_later(wait, self._refuse, "no token came")
        else:
            self._refuse("the token is wrong")

    def on_message(self, message: str | bytes) -> None:
        hub = self._hub
        if self.ws_connection is None:  # it was told to go, and talks on
            return
        if not self._admitted():
            hub.counts[str(TOO_MANY_MESSAGES)] += 1
            most = hub.limits.messages_per_second
            self._leave()
            self.end(TOO_MANY_MESSAGES, f"more than {most} messages a second")
            return
        hub.counts["received"] += 1
        try:
            answer = self._answer(message)
        except BadMessage as error:
            hub.counts["bad"] += 1
            answer = error.payload()
        if answer is not None:
            self._say(answer)

    def on_close(self) -> None:
        self._leave()

    def put(self, message: bytes) -> None:
        """Send; a connection that is gone is noticed by `on_close`."""
        try:
            self._writing = self.write_message(message)
        except WebSocketClosedError:
            self._writing = None
        else:
            self._writing.add_done_callback(_seen)

    def taken(self) -> bool:
        return self._writing is None or self._writing.done()

    def end(self, code: int, reason: str) -> None:
        self.close(code, reason.encode()[:120].decode("utf-8", "ignore"))

    def _answer(self, message: str | bytes) -> dict[str, Any] | None:
        hub, client = self._hub, self._client
        request = read_request(message, hub.intervals)
        if isinstance(request, Auth):
            return self._auth(request)
        if client is None:
            self._refuse("the first message was no auth")
            return None
        if isinstance(request, Ping):
            return {"type": "pong", "id": request.id, "time": _now()}
        if isinstance(request, Subscribe):
            return hub.subscribe(client, request)
        return hub.unsubscribe(client, request)

    def _auth(self, request: Auth) -> dict[str, Any] | None:
        if self._client is None and not self._is_token(request.token):
            self._refuse("the token is wrong")
            return None
        if self._client is None:
            self._welcome()
        return {"type": "authorized", "id": request.id}

    def _allowed_at_once(self) -> bool | None:
        """By header, query or the page's login; None: by the first message, it may be."""
        if self._given and self._token is not None:
            return self._is_token(self._given)
        user = user_of(self)
        if user is None or (self._token is not None and user == "-"):
            return None if self._token is not None else False
        return True

    def _is_token(self, given: str) -> bool:
        if self._token is None:
            return user_of(self) is not None
        return hmac.compare_digest(given.encode(), self._token.encode())

    def _welcome(self) -> None:
        self._forget_timeout()
        hub = self._hub
        wishes = Wishes(hub.intervals, hub.limits.symbols)
        self._client = Client(self, wishes, hub.limits, self._clock)
        hub.join(self._client)

    def _refuse(self, why: str) -> None:
        self._hub.counts[str(UNAUTHORIZED)] += 1
        self._say(BadMessage("unauthorized", why).payload())
        self.end(UNAUTHORIZED, why)

    def _admitted(self) -> bool:
        """A bucket of tokens: bursts are fine, floods are not."""
        rate = self._hub.limits.messages_per_second
        now = self._clock()
        self._tokens = min(_BURST * rate, self._tokens + (now - self._filled) * rate)
        self._filled = now
        self._tokens -= 1
        return self._tokens >= 0

    def _leave(self) -> None:
        self._forget_timeout()
        if self._client is not None:
            self._hub.leave(self._client)
            self._client = None

    def _forget_timeout(self) -> None:
        if self._timeout is not None:
            IOLoop.current().remove_timeout(self._timeout)
            self._timeout = None

    def _say(self, message: dict[str, Any]) -> None:
        self.put(encode(message))

    def _hello(self, *, needs_auth: bool) -> dict[str, Any]:
        limits = self._hub.limits
        return {
            "type": "hello",
            "protocol": PROTOCOL,
            "server": f"tapedeck {version('tapedeck')}",
            "time": _now(),
            "auth": "needed" if needs_auth else "none",
            "channels": CHANNELS,
            "intervals": self._hub.intervals,
            "limits": {
                "symbols": limits.symbols,
                "message_bytes": limits.message_bytes,
                "messages_per_second": limits.messages_per_second,
                "updates_per_second": limits.updates_per_second,
                "heartbeat_seconds": limits.heartbeat_seconds,
                "slow_seconds": limits.slow_seconds,
            },
        }


def _seen(writing: "Future[None]") -> None:
    """A write that failed is the end of the connection, which `on_close` sees to."""
    if not writing.cancelled():
        writing.exception()


def _now() -> int:
    return time.time_ns() // 1_000_000

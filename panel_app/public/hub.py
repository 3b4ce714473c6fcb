"""All clients of `/ws`: served in rounds from the market's changes, within a share of the loop."""

import logging
import time
from collections import Counter
from collections.abc import Callable, Iterable, Iterator
from typing import Any

from panel_app.public.client import Client, Limits
from panel_app.public.messages import ALL, Subscribe, Unsubscribe
from panel_app.public.render import Render, encode, signal
from panel_app.session import Sources
from panel_app.store import Key

logger = logging.getLogger(__name__)

SLOW, GOING_AWAY = 4408, 1001
_SHARE = 0.5


class Hub:
    """Used on the server's loop only; call `round` `limits.updates_per_second` times a second."""

    def __init__(
        self,
        sources: Sources,
        limits: Limits,
        later: Callable[[Callable[[], None]], None],
        clock: Callable[[], float] = time.monotonic,
    ) -> None:
        """`later` has the server's loop call something, from any thread."""
        self.limits = limits
        self.intervals = sources.intervals
        self._market = sources.market
        self._feed = sources.feed
        self._history = sources.history
        self._on_loop = later
        self._clock = clock
        self._clients: dict[Client, None] = {}
        self._by_symbol: dict[str, dict[Client, None]] = {}
        self._render = Render(sources.market)
        self._next_beat = 0.0
        self._sent = 0
        self.counts: Counter[str] = Counter()
        """Connections closed by code, and messages `received` and `bad`."""

    def __len__(self) -> int:
        return len(self._clients)

    def __iter__(self) -> Iterator[Client]:
        return iter(list(self._clients))

    @property
    def messages(self) -> int:
        """Updates and snapshots sent so far."""
        return self._sent + sum(client.sent for client in self._clients)

    @property
    def full(self) -> bool:
        return len(self._clients) >= self.limits.clients

    def join(self, client: Client) -> None:
        self._clients[client] = None
        self._market.updates.wanted = True

    def leave(self, client: Client) -> None:
        """Whatever it has subscribed to is let go."""
        if client not in self._clients:
            return
        del self._clients[client]
        for symbol in client.wishes.symbols:
            self._release(client, symbol, client.wishes.keys(symbol))
        self._sent += client.sent
        if not self._clients:
            self._market.updates.wanted = False
            self._market.updates.take()

    def subscribe(self, client: Client, request: Subscribe) -> dict[str, Any]:
        """The answer; snapshots follow. Raises BadMessage."""
        held = {symbol: set(client.wishes.keys(symbol)) for symbol in client.wishes.symbols}
        symbols = client.wishes.add(request)
        intervals = tuple(request.intervals or self.intervals)
        for symbol in symbols:
            self._by_symbol.setdefault(symbol, {})[client] = None
        if symbols == [ALL]:
            for key in self._market.store.all_series():
                if key.interval in intervals:
                    client.owe_snapshot(key, min(1, request.bars))
        else:
            known = set(self._market.store.symbols(-1) or ())
            for symbol in symbols:
                for interval in intervals:
                    key = Key(symbol, interval)
                    self._open(client, key, request.bars, key not in held.get(symbol, ()))
        return {
            "type": "subscribed",
            "id": request.id,
            "symbols": symbols,
            "channels": request.channels,
            "intervals": intervals,
            "unknown": [] if symbols == [ALL] else [name for name in symbols if name not in known],
        }

    def unsubscribe(self, client: Client, request: Unsubscribe) -> dict[str, Any]:
        held = {symbol: list(client.wishes.keys(symbol)) for symbol in client.wishes.symbols}
        gone = client.wishes.remove(request)
        for symbol, keys in held.items():
            left = set(client.wishes.keys(symbol))
            self._release(client, symbol, [key for key in keys if key not in left])
            if symbol not in gone:
                self._by_symbol.setdefault(symbol, {})[client] = None
            client.forget(symbol)
        return {"type": "unsubscribed", "id": request.id, "symbols": client.wishes.symbols}

    def round(self) -> None:
        """Serve everyone once, or as many as half of the time allows; the rest comes first next."""
        began = self._clock()
        self._render.fresh()
        self._spread()
        beat = began >= self._next_beat
        if beat:
            self._next_beat = began + self.limits.heartbeat_seconds
        until = began + _SHARE / self.limits.updates_per_second
        for client in list(self._clients):
            if beat and client.wire.taken():
                client.wire.put(self._heartbeat())
            why = client.serve(self._render)
            if why is not None:
                self.drop(client, SLOW, why)
            elif client in self._clients:  # it goes to the end of the line
                del self._clients[client]
                self._clients[client] = None
            if self._clock() > until:
                break

    def drop(self, client: Client, code: int, why: str) -> None:
        """Close it and forget it."""
        self.leave(client)
        client.wire.end(code, why)
        self.counts[str(code)] += 1
        logger.info("client dropped code=%s why=%s", code, why)

    def close(self) -> None:
        """The server stops."""
        for client in list(self._clients):
            self.leave(client)
            client.wire.end(GOING_AWAY, "the server stops")

    def _spread(self) -> None:
        changes = self._market.updates.take()
        for channel, keys in (("bars", changes.bars), ("indicators", changes.indicators)):
            for key in keys:
                for client in self._interested(key.symbol):
                    client.owe(channel, key)
        for alert in changes.signals:
            key = Key(alert.signal.symbol, alert.signal.interval)
            message = b""
            for client in self._interested(key.symbol):
                message = message or encode({"type": "signal"} | signal(alert))
                client.owe_signal(message, key)

    def _interested(self, symbol: str) -> Iterable[Client]:
        named, everything = self._by_symbol.get(symbol, {}), self._by_symbol.get(ALL, {})
        return named.keys() | everything.keys() if named and everything else named or everything

    def _open(self, client: Client, key: Key, bars: int, fresh: bool) -> None:
        """Keep the series deep and send its snapshot, when the archive's part has come."""
        store, loading = self._market.store, None
        if fresh and store.watch(key) and self._history is not None:
            loading = self._history.load(key)
        if loading is None:
            client.owe_snapshot(key, bars)
        else:
            client.await_snapshot(key)
            loading.add_done_callback(
                lambda _: self._on_loop(lambda: self._loaded(client, key, bars))
            )

    def _loaded(self, client: Client, key: Key, bars: int) -> None:
        if client in self._clients and key in client.wishes.keys(key.symbol):
            client.owe_snapshot(key, bars)

    def _release(self, client: Client, symbol: str, keys: Iterable[Key]) -> None:
        if symbol != ALL:
            for key in keys:
                self._market.store.unwatch(key)
        clients = self._by_symbol.get(symbol, {})
        clients.pop(client, None)
        if not clients:
            self._by_symbol.pop(symbol, None)

    def _heartbeat(self) -> bytes:
        status = self._feed.status(self._market.store.open)
        return encode(
            {
                "type": "heartbeat",
                "time": time.time_ns() // 1_000_000,
                "feed": status.state,
                "age": None if status.age is None else round(status.age, 3),
            }
        )

"""What one client of `/ws` has subscribed to."""

from collections.abc import Iterable, Iterator, Sequence

from panel_app.public.messages import ALL, BadMessage, Subscribe, Unsubscribe
from panel_app.store import Key


class Wishes:
    """Channels and intervals per symbol; `*` stands for all symbols and counts as one."""

    def __init__(self, intervals: Sequence[str], most: int) -> None:
        self._all = tuple(intervals)
        self._most = most
        self._by_symbol: dict[str, dict[str, set[str]]] = {}

    @property
    def symbols(self) -> list[str]:
        """Those subscribed to, `*` among them."""
        return list(self._by_symbol)

    def add(self, request: Subscribe) -> list[str]:
        """Take a subscription; the symbols (or `*`) that it names.

        Raises BadMessage when it would be too many symbols; nothing is taken then.
        """
        symbols = _symbols(request.symbols)
        count = len(self._by_symbol.keys() | set(symbols))
        if count > self._most:
            detail = f"symbols: expected at most {self._most} a client, would be {count}"
            raise BadMessage("too_many_symbols", detail, request.id)
        for symbol in symbols:
            channels = self._by_symbol.setdefault(symbol, {})
            for channel in request.channels:
                channels.setdefault(channel, set()).update(request.intervals or self._all)
        return symbols

    def remove(self, request: Unsubscribe) -> list[str]:
        """Take back; the symbols (or `*`) that nothing is left of. `*` takes back everything."""
        given = _symbols(request.symbols)
        symbols = list(self._by_symbol) if given == [ALL] else given
        gone = []
        for symbol in symbols:
            channels = self._by_symbol.get(symbol)
            if channels is None:
                continue
            for channel in request.channels:
                left = channels.get(channel, set()) - set(request.intervals or self._all)
                channels[channel] = left
            if not any(channels.values()):
                del self._by_symbol[symbol]
                gone.append(symbol)
        return gone

    def wants(self, channel: str, key: Key) -> bool:
        return any(
            key.interval in channels.get(channel, ())
            for symbol in (key.symbol, ALL)
            if (channels := self._by_symbol.get(symbol)) is not None
        )

    def keys(self, symbol: str) -> Iterator[Key]:
        """The series of a symbol that are subscribed to by its own name."""
        channels = self._by_symbol.get(symbol, {})
        for interval in self._all:
            if any(interval in names for names in channels.values()):
                yield Key(symbol, interval)


def _symbols(named: Iterable[str] | str) -> list[str]:
    return [ALL] if named == ALL else list(dict.fromkeys(named))

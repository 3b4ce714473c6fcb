"""Which trades were there before, and what is missing between them.

sequence  5 6 7 | connection lost | 7 8 11 12
                                    ^ duplicate: ignored
                                        ^ hole of 2: counted, logged
"""

from collections import OrderedDict
from dataclasses import dataclass, field

from streams.adapters.feeds.event import Trade

_REMEMBERED = 50_000
"""Ids of one symbol: providers send again what is seconds old, not hours."""


@dataclass(frozen=True, slots=True)
class Hole:
    """Trades that never came: `missing` ones of a symbol after the one numbered `after`."""

    symbol: str
    after: int
    missing: int


@dataclass(slots=True)
class _Known:
    """What is known of one symbol."""

    ids: OrderedDict[str | int, None] = field(default_factory=OrderedDict)
    last: int | None = None


class Tracker:
    """Remembers trades by symbol; without ids and sequence numbers every trade is new."""

    def __init__(self, remembered: int = _REMEMBERED) -> None:
        self._remembered = remembered
        self._known: dict[str, _Known] = {}

    def seen(self, trade: Trade) -> tuple[bool, Hole | None]:
        """(whether it was there before, the hole before it); it is known from now on."""
        if trade.id is None and trade.sequence is None:
            return False, None
        known = self._known.get(trade.symbol)
        if known is None:
            known = self._known[trade.symbol] = _Known()
        if trade.id is not None:
            if trade.id in known.ids:
                return True, None
            known.ids[trade.id] = None
            if len(known.ids) > self._remembered:
                known.ids.popitem(last=False)
        return False, self._hole(trade, known)

    def _hole(self, trade: Trade, known: _Known) -> Hole | None:
        last, sequence = known.last, trade.sequence
        if sequence is None or (last is not None and sequence <= last):
            return None
        known.last = sequence
        if last is None or sequence == last + 1:
            return None
        return Hole(trade.symbol, last, sequence - last - 1)

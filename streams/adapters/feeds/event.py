"""What a provider's message says, whoever the provider is."""

from dataclasses import dataclass, field


@dataclass(frozen=True, slots=True)
class Trade:
    """One trade, or a quote's last price, by the provider's symbol; `ts` is epoch ms.

    `id` is unique among the symbol's trades where the provider numbers them; `sequence` is one
    more than that of the trade before, so that a hole shows. `range` is open, high and low of a
    candle whose close is the price.
    """

    symbol: str
    ts: int
    price: float
    size: float | None = None
    id: str | int | None = None
    sequence: int | None = None
    range: tuple[float, float, float] | None = None


@dataclass(frozen=True, slots=True)
class Story:
    """A headline about some symbols (the provider's); `id` is unique among the stories."""

    id: str
    symbols: tuple[str, ...]
    ts: int
    title: str


@dataclass(frozen=True, slots=True)
class Bad:
    """Something in a message that cannot be used, and why."""

    reason: str
    detail: str
    raw: bytes

    @classmethod
    def frame(cls, detail: str, raw: str | bytes) -> "Bad":
        """A whole frame that cannot be read."""
        return cls("bad_message", detail, raw.encode() if isinstance(raw, str) else raw)


@dataclass(slots=True)
class Heard:
    """One message read: every item of it is a trade, bad, or ignored on purpose.

    `said` are words of the provider about the connection, for the log.
    """

    trades: list[Trade] = field(default_factory=list)
    bad: list[Bad] = field(default_factory=list)
    ignored: int = 0
    said: list[str] = field(default_factory=list)
    replies: list[str] = field(default_factory=list)
    """What to send back on the same connection."""

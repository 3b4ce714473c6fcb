"""What a synthetic market is: everything that decides its ticks, and nothing else."""

import json
from dataclasses import asdict, dataclass

import xxhash

from streams.domain.errors import ConfigError
from streams.domain.screen import symbol_fault

MOST_RATE = 1_000_000.0
EDGE_MS = 300_000
"""The windows whose returns an edge ties together."""
CONTEXT_RATE = 1.0
_MOST_SYMBOLS = 10_000


@dataclass(frozen=True, slots=True)
class MarketPlan:
    """`rate` and `context_rate` are ticks and context events a second over all symbols.

    `anomalies` are planted ones per symbol and hour; `edge` is the lag-1 correlation of returns
    over `EDGE_MS`; `volatility` is annual (365 days); `correlation` is that of two symbols' log
    returns. The same plan is the same market to the last bit, however it is cut or paced.
    """

    symbols: tuple[str, ...]
    rate: float = 100.0
    seed: int = 1
    start_ms: int = 0
    edge: float = 0.0
    volatility: float = 0.4
    correlation: float = 0.5
    anomalies: float = 0.0
    kinds: tuple[str, ...] = ()
    context_rate: float = CONTEXT_RATE
    jumps: bool = True
    regimes: bool = True

    def __post_init__(self) -> None:
        """Raises ConfigError that names the option that does not fit."""
        _check_symbols(self.symbols)
        _check("--rate", self.rate, 0.0, MOST_RATE, "a number > 0")
        _check("--edge", self.edge, -0.9, 0.9, "a correlation within -0.9..0.9")
        _check("--volatility", self.volatility, 0.0, 10.0, "a number within 0..10")
        _check("--correlation", self.correlation, 0.0, 0.99, "a number within 0..0.99")
        _check("--anomalies", self.anomalies, 0.0, 60.0, "a number within 0..60")
        _check("--context-rate", self.context_rate, 0.0, 10_000.0, "a number within 0..10000")
        if self.rate <= 0:
            raise ConfigError(f"--rate: expected a number > 0, was {self.rate:g}")
        if self.seed < 0:
            raise ConfigError(f"--seed: expected a whole number >= 0, was {self.seed}")

    @property
    def source(self) -> str:
        """The identity of this market's ticks: a hash of all that decides them."""
        told = json.dumps(asdict(self), sort_keys=True, separators=(",", ":"))
        return f"synthetic-{xxhash.xxh3_128_hexdigest(told.encode())}"


def symbol_names(text: str) -> tuple[str, ...]:
    """`20` as 20 made-up names, `AAPL,MSFT` as those; raises ConfigError."""
    if text.strip().isdecimal():
        count = int(text)
        if not 1 <= count <= _MOST_SYMBOLS:
            raise ConfigError(f"--symbols: expected 1 to {_MOST_SYMBOLS}, was {count}")
        width = max(2, len(str(count)))
        return tuple(f"SYN{number:0{width}}" for number in range(1, count + 1))
    return tuple(dict.fromkeys(name.strip() for name in text.split(",") if name.strip()))


def _check_symbols(symbols: tuple[str, ...]) -> None:
    if not 1 <= len(symbols) <= _MOST_SYMBOLS:
        raise ConfigError(
            f"--symbols: expected a number or names such as AAPL,MSFT, was {','.join(symbols)!r}"
        )
    for symbol in symbols:
        fault = symbol_fault(symbol)
        if fault is not None:
            raise ConfigError(f"--symbols: {fault}")


def _check(option: str, value: float, low: float, high: float, expected: str) -> None:
    if not low <= value <= high:  # NaN is not within either
        raise ConfigError(f"{option}: expected {expected}, was {value:g}")

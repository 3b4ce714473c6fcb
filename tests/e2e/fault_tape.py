"""A made-up tape with all that a fault could get wrong: late, equal and bad ticks, and crosses.

Prices swing slowly around their start, so that the averages of 38 and 100 five-minute bars cross
again and again once they are warm. Seeded: the same arguments give the same bytes.
"""

import math
import random
from collections.abc import Iterator
from dataclasses import dataclass
from datetime import UTC, datetime
from pathlib import Path

_START_MS = int(datetime(2024, 5, 6, tzinfo=UTC).timestamp() * 1_000)
_HOUR_MS = 3_600_000
_BAD_ROWS = (
    "{at},{symbol},NaN,5",
    "{at},{symbol},-3.5,5",
    "yesterday,{symbol},10.5,5",
    "{at},,9,1",
)


@dataclass(frozen=True, slots=True)
class Market:
    """`late` and `bad` are shares of the rows; `swing` is the hours of one swing of a price."""

    symbols: int = 8
    ticks: int = 20_000
    hours: float = 16.0
    day: int = 0
    late: float = 0.01
    bad: float = 0.001
    swing: float = 3.0
    seed: int = 1


def write_tape(path: Path, market: Market) -> Path:
    """Write the tape as CSV with the columns timestamp, symbol, price, size."""
    with path.open("w") as file:
        file.write("timestamp,symbol,price,size\n")
        file.writelines(f"{row}\n" for row in _rows(market))
    return path


def _rows(market: Market) -> Iterator[str]:
    rng = random.Random(market.seed)
    names = [f"S{number:04d}" for number in range(market.symbols)]
    first = {name: rng.uniform(5, 500) for name in names}
    phase = {name: rng.uniform(0, math.tau) for name in names}
    begins = _START_MS + market.day * 24 * _HOUR_MS
    for number in range(market.ticks):
        at = begins + round(number / market.ticks * market.hours * _HOUR_MS)
        symbol = rng.choice(names)
        if rng.random() < market.late:
            at -= rng.randrange(1_000, 600_000)
        angle = math.tau * (at - begins) / (market.swing * _HOUR_MS) + phase[symbol]
        price = first[symbol] * (1 + 0.04 * math.sin(angle) + 0.001 * rng.gauss(0, 1))
        row = f"{at},{symbol},{price:.4f},{rng.randrange(1, 900)}"
        yield row
        if rng.random() < 0.002:
            yield row  # an equal trade is another trade
        if rng.random() < market.bad:
            yield rng.choice(_BAD_ROWS).format(at=at, symbol=symbol)

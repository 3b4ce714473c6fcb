"""A small tape file of random walks."""

import csv
import gzip
import random
from collections.abc import Sequence
from math import exp
from pathlib import Path


def write_tape(
    path: Path, *, count: int = 6_000, symbols: Sequence[str] = ("ACME", "BRISK")
) -> Path:
    """Ticks of random walks, some late, some at equal times."""
    rng = random.Random(7)
    prices = dict.fromkeys(symbols, 100.0)
    now = 1_709_542_800_000
    with gzip.open(path, "wt", newline="") as out:
        table = csv.writer(out)
        table.writerow(["timestamp", "symbol", "price", "size"])
        for _ in range(count):
            symbol = rng.choice(symbols)
            prices[symbol] *= exp(rng.gauss(0, 0.0007))
            now += rng.choice([0, 2_000, 9_000])
            late = 400_000 if rng.random() < 0.01 else 0
            table.writerow([now - late, symbol, round(prices[symbol], 4), rng.randint(0, 9)])
    return path

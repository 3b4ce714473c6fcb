"""Make the sample tape that ships with Tapedeck: `python infra/make_sample_tape.py`.

A synthetic market, the same at every run: fictitious companies whose prices walk at random around
a drift that turns every few hours, carried over from day to day, so that the averages of 38 and
100 five-minute bars cross after they have warmed up. Sessions on weekdays, 09:00 to 17:30 UTC.
"""

import gzip
import io
import math
import random
from collections.abc import Iterator
from datetime import UTC, datetime, timedelta
from pathlib import Path

SEED = 20240304
FIRST_DAY = datetime(2024, 3, 4, 9, tzinfo=UTC)  # a Monday
DAYS = 4
SESSION_MS = (8 * 60 + 30) * 60_000
MEAN_GAP_MS = 62_000
TARGET = Path(__file__).parent.parent / "streams" / "sample" / "ticks.csv.gz"
# symbol: first price, volatility of a session, how much more than average it trades
COMPANIES: dict[str, tuple[float, float, float]] = {
    "ALDER": (48.20, 0.014, 1.0),
    "BRISK": (127.50, 0.022, 2.2),
    "CORVA": (19.85, 0.030, 1.4),
    "DELPH": (302.10, 0.012, 0.8),
    "EMBER": (74.35, 0.026, 1.8),
    "FJORD": (55.60, 0.010, 0.6),
    "GALEN": (161.90, 0.018, 1.1),
    "HELIX": (88.40, 0.024, 1.6),
    "INDIG": (33.15, 0.020, 0.9),
    "JUNIP": (240.75, 0.016, 1.2),
    "KESTR": (12.48, 0.034, 1.5),
    "LUMEN": (67.05, 0.015, 0.7),
    "MARLO": (109.30, 0.013, 0.5),
    "NOVUS": (412.80, 0.021, 1.9),
    "ORBIT": (29.70, 0.028, 1.3),
    "PELAG": (95.15, 0.011, 0.4),
    "QUILL": (141.60, 0.017, 0.9),
    "RAVEL": (58.95, 0.023, 1.0),
    "SABLE": (183.25, 0.019, 1.1),
    "TERRA": (76.80, 0.016, 0.3),
}

Row = tuple[int, str, float, int]


def main() -> None:
    """Write the tape."""
    TARGET.parent.mkdir(parents=True, exist_ok=True)
    TARGET.write_bytes(compressed(tape()))


def tape() -> bytes:
    """The tape as CSV: ticks of all symbols in the order of time."""
    rows = sorted(row for symbol in COMPANIES for row in _ticks(symbol))
    text = io.StringIO()
    text.write("timestamp,symbol,price,size\n")
    for ms, symbol, price, size in rows:
        at = datetime.fromtimestamp(ms // 1_000, UTC).strftime("%Y-%m-%dT%H:%M:%S")
        text.write(f"{at}.{ms % 1_000:03d}Z,{symbol},{price:.2f},{size}\n")
    return text.getvalue().encode()


def compressed(data: bytes) -> bytes:
    """gzip without the time and name that would make each run's file another."""
    return gzip.compress(data, compresslevel=9, mtime=0)


def _ticks(symbol: str) -> Iterator[Row]:
    """One company's trades; its price is carried over the nights."""
    first, volatility, activity = COMPANIES[symbol]
    rng = random.Random(f"{SEED}/{symbol}")  # noqa: S311  # a market, not a secret
    price, drift, turns_at = first, 0.0, 0.0
    traded_ms = 0.0
    for day in range(DAYS):
        opens = int((FIRST_DAY + timedelta(days=day)).timestamp() * 1_000)
        at = rng.expovariate(activity / MEAN_GAP_MS)
        while at < SESSION_MS:
            if traded_ms + at >= turns_at:
                drift = _next_drift(rng, drift, volatility)
                turns_at = traded_ms + at + rng.uniform(0.35, 1.1) * SESSION_MS
            gap = rng.expovariate(activity / MEAN_GAP_MS)
            share = gap / SESSION_MS
            price *= math.exp(drift * share + volatility * math.sqrt(share) * rng.gauss(0, 1))
            yield opens + int(at), symbol, round(price, 2), _size(rng)
            at += gap
        traded_ms += SESSION_MS


def _next_drift(rng: random.Random, drift: float, volatility: float) -> float:
    """The trend until the next turn: mostly the other way, with the strength of a session."""
    direction = -math.copysign(1, drift) if rng.random() < 0.8 else math.copysign(1, drift)
    return direction * volatility * rng.uniform(0.9, 2.6)


def _size(rng: random.Random) -> int:
    """Round lots are common, large trades are rare."""
    size = int(rng.lognormvariate(4.2, 0.9)) + 1
    return round(size, -2) if size >= 100 and rng.random() < 0.6 else size


if __name__ == "__main__":
    main()

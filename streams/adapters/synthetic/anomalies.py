"""Planted anomalies: when, of which kind, and how strong.

    price_spike    the price is 8..15 % off for 90 s around the end of a 5-minute window
    volume_spike   trades are 12..20 times as large for 150 s
    price_gap      silence up to the end of a 5-minute window, then 6..10 % elsewhere for good
    stale_feed     no tick for 40 minutes (on a tape: missing bars)
    rsi_extreme    one direction for 90 minutes, two standard deviations every five minutes
    out_of_order   for a minute a third of the ticks carry a time 1..4 s too early
    crossed_quote  for a minute the bid is above the ask, or (magnitude 0) at it

The names are those of the detectors in `streams.domain.anomalies`.
"""

from dataclasses import dataclass

import numpy as np

from streams.adapters.synthetic.block import Floats, Label
from streams.adapters.synthetic.plan import EDGE_MS, MarketPlan
from streams.domain.errors import ConfigError

_WINDOW_S = EDGE_MS / 1_000
_SECONDS = {
    "price_spike": 90.0,
    "volume_spike": 150.0,
    "price_gap": 120.0,
    "stale_feed": 2_400.0,
    "rsi_extreme": 5_400.0,
    "out_of_order": 60.0,
    "crossed_quote": 60.0,
}
KINDS = tuple(_SECONDS)
_ENDS_WINDOW = {"price_spike": 30.0, "price_gap": 0.0}
"""Kinds that end so many seconds after the end of a window."""
_SEEN_S = 120.0
_APART_S = 600.0
"""A symbol's anomalies lie so far apart, so that one is over before the next."""


def anomaly_kinds(text: str) -> tuple[str, ...]:
    """`price_spike,price_gap` as names, nothing as all; raises ConfigError for an unknown one."""
    names = tuple(dict.fromkeys(name.strip() for name in text.split(",") if name.strip()))
    unknown = [name for name in names if name not in KINDS]
    if unknown:
        raise ConfigError(
            f"--anomaly-kinds: expected some of {', '.join(KINDS)}, was {', '.join(unknown)}"
        )
    return names


@dataclass(frozen=True, slots=True)
class Plant:
    """One anomaly of a symbol in `[start, end)` seconds since the market's start."""

    code: int
    kind: str
    start: float
    end: float
    magnitude: float
    """Signed where there is a direction."""


class Planter:
    """Draws the anomalies of all symbols in the order of time."""

    def __init__(self, plan: MarketPlan, seed: np.random.SeedSequence) -> None:
        self._plan = plan
        self._rng = np.random.default_rng(seed)
        self._kinds = plan.kinds or KINDS
        self._mean = 3_600 / plan.anomalies if plan.anomalies else np.inf
        count = len(plan.symbols) if plan.anomalies else 0
        self._next: Floats = self._rng.exponential(self._mean, count)
        self._open: list[Plant] = []

    def until(self, start: float, end: float) -> list[Plant]:
        """The anomalies that are under way, or just over, within `[start, end)` seconds."""
        while len(self._next) and self._next.min() < end:
            self._draw(int(self._next.argmin()))
        # A gap is seen at its symbol's first tick after its end.
        self._open = [plant for plant in self._open if plant.end + _SEEN_S > start]
        return [plant for plant in self._open if plant.start < end]

    def _draw(self, code: int) -> None:
        kind = self._kinds[int(self._rng.integers(len(self._kinds)))]
        start = float(self._next[code])
        end = start + _SECONDS[kind]
        if kind in _ENDS_WINDOW:
            offset = self._plan.start_ms / 1_000
            last = np.ceil((offset + end) / _WINDOW_S) * _WINDOW_S - offset
            end = float(last) + _ENDS_WINDOW[kind]
            start = end - _SECONDS[kind]
        self._open.append(Plant(code, kind, start, end, self._magnitude(kind)))
        self._next[code] = end + _APART_S + float(self._rng.exponential(self._mean))

    def _magnitude(self, kind: str) -> float:
        sign = 1.0 if self._rng.random() < 0.5 else -1.0
        drawn = float(self._rng.random())
        return {
            "price_spike": sign * (0.08 + 0.07 * drawn),
            "volume_spike": 12 + 8 * drawn,
            "price_gap": sign * (0.06 + 0.04 * drawn),
            "stale_feed": _SECONDS["stale_feed"],
            "rsi_extreme": sign * 2.0,
            "out_of_order": 1 / 3,
            "crossed_quote": 0.001 + 0.002 * drawn if sign > 0 else 0.0,
        }[kind]

    def label(self, plant: Plant) -> Label:
        """What is told about a plant; a gap is seen at its end."""
        start = self._plan.start_ms
        seen = plant.end if plant.kind == "price_gap" else plant.start
        return Label(
            start + int(seen * 1_000),
            self._plan.symbols[plant.code],
            plant.kind,
            start + int(plant.end * 1_000),
            round(plant.magnitude, 6),
        )

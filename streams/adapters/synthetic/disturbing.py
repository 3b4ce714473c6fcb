"""What planted anomalies do to the ticks and quotes of a block."""

import numpy as np

from streams.adapters.synthetic.anomalies import Plant
from streams.adapters.synthetic.arrivals import Arrivals
from streams.adapters.synthetic.block import Codes, Floats, Ints
from streams.adapters.synthetic.paths import Jump

_WINDOW_S = 300.0
QUOTES = "crossed_quote"


def silenced(plants: list[Plant], seconds: Floats, code: Codes) -> tuple[Floats, Codes]:
    """The ticks that stay: none comes from a symbol that is silent."""
    keep = np.ones(len(seconds), np.bool_)
    for plant in plants:
        if plant.kind in ("price_gap", "stale_feed"):
            keep &= ~((code == plant.code) & (seconds >= plant.start) & (seconds < plant.end))
    return seconds[keep], code[keep]


def shocks(plants: list[Plant], start: float, end: float, sigma: Floats) -> list[Jump]:
    """What anomalies add to log prices in `[start, end)` seconds; sigma is per root second."""
    found = []
    for plant in plants:
        if plant.kind == "price_gap" and start <= plant.end < end:
            found.append(Jump(plant.end, plant.code, float(np.log1p(plant.magnitude))))
        elif plant.kind == "rsi_extreme":
            since, until = max(start, plant.start), min(end, plant.end)
            step = plant.magnitude * sigma[plant.code] / np.sqrt(_WINDOW_S)
            found.append(Jump(since, plant.code, float(step * (until - since))))
    return found


class Disturbance:
    """Changes prices, sizes and times in place and says which anomalies can now be seen."""

    def __init__(self, seed: np.random.SeedSequence) -> None:
        self._rng = np.random.default_rng(seed)

    def apply(
        self, plants: list[Plant], ticks: Arrivals, ts: Ints, mid: Floats, size: Floats
    ) -> list[Plant]:
        """The anomalies that touch a tick of this block, or the lack of them."""
        seen = []
        for plant in plants:
            here = ticks.of(plant.code, plant.start, plant.end)
            if plant.kind == "price_spike":
                mid[here] *= 1 + plant.magnitude
            elif plant.kind == "volume_spike":
                size[here] = size[here] * plant.magnitude
            elif plant.kind == "out_of_order":
                here &= self._rng.random(len(ticks)) < plant.magnitude
                ts[here] -= self._rng.integers(1_000, 4_000, int(here.sum()))
            elif plant.kind == "price_gap":
                here = ticks.of(plant.code, plant.end, np.inf)
            if here.any() or plant.kind == "stale_feed":
                seen.append(plant)
        return seen


class Quotes:
    """Bid and ask on the cents around the middle, apart but where an anomaly says otherwise."""

    def __init__(self, symbols: int, seed: np.random.SeedSequence) -> None:
        self._rng = np.random.default_rng(seed)
        self._spread: Floats = self._rng.uniform(0.5e-4, 4e-4, symbols)

    def of(self, plants: list[Plant], ticks: Arrivals, mid: Floats) -> tuple[Floats, Floats]:
        """The quote at each tick: half the spread of the symbol, more or less, on either side."""
        half = mid * self._spread[ticks.code] * (0.5 + self._rng.random(len(mid)))
        bid = np.maximum(np.floor((mid - half) * 100), 1)
        ask = np.maximum(np.ceil((mid + half) * 100), bid + 1)
        for plant in plants:
            here = ticks.of(plant.code, plant.start, plant.end)
            if plant.kind == QUOTES:
                bid[here] = ask[here] + np.ceil(ask[here] * plant.magnitude)
        return bid / 100, ask / 100

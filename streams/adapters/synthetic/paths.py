"""Correlated geometric Brownian motion with jumps, sampled where the ticks are.

    d ln S_i = (m - s_i^2 v^2 / 2) dt + s_i v (sqrt(c) dW + sqrt(1 - c) dW_i) + dJ_i

with one common W (correlation c of any two symbols), v and m from the regime, and J compound
Poisson (Merton 1976, "Option pricing when underlying stock returns are discontinuous"). Exact at
every tick: increments over the time since the symbol's last one, nothing is interpolated.
"""

from dataclasses import dataclass

import numpy as np

from streams.adapters.synthetic.arrivals import Arrivals
from streams.adapters.synthetic.block import Codes, Floats, Ints
from streams.adapters.synthetic.plan import EDGE_MS, MarketPlan
from streams.adapters.synthetic.regimes import Regimes

_YEAR_S = 365 * 86_400.0
_JUMPS_PER_S = 2 / 86_400
"""Of one symbol."""
_JUMP_SD = 0.012


@dataclass(frozen=True, slots=True)
class Jump:
    """A jump of a symbol's log price, in effect from its first tick at or after `second`."""

    second: float
    code: int
    size: float


class Paths:
    """The latent log prices of all symbols, carried from block to block."""

    def __init__(self, plan: MarketPlan, seeds: list[np.random.SeedSequence]) -> None:
        look, noise, jumps, regimes = (np.random.default_rng(seed) for seed in seeds)
        count = len(plan.symbols)
        self.log: Floats = np.log(np.round(np.exp(look.uniform(np.log(20), np.log(500), count)), 2))
        spread = look.lognormal(0, 0.25, count) if count > 1 else np.ones(1)
        self.sigma: Floats = plan.volatility / np.sqrt(_YEAR_S) * spread
        self._plan = plan
        self._noise, self._jumps = noise, jumps
        self._regimes = Regimes(regimes, plan.regimes)
        self._seen = np.zeros(count)  # second of each symbol's last tick
        self._market = np.zeros(count)  # W at that tick
        self._w, self._w_second = 0.0, 0.0
        self._pending: list[Jump] = []
        self._window_open = self.log.copy()
        self._pull: Floats = np.zeros(count)  # what the edge adds, log return a second

    def advance(self, ticks: Arrivals, shocks: list[Jump]) -> Floats:
        """Log prices at the ticks, by symbol, then time; at least one tick.

        `shocks` are added, each to the first tick of its symbol at or after it.
        """
        code, second = ticks.code[ticks.order], ticks.seconds[ticks.order]
        volatility, drift = self._regimes.at(ticks.seconds)
        w = self._common(ticks.seconds, volatility)[ticks.order]
        since = _change(second, self._seen, code, ticks.first)
        steps = self._drift(drift[ticks.order], volatility[ticks.order], code) * since
        share, sigma = self._plan.correlation, self.sigma[code]
        own = self._noise.standard_normal(len(code)) * np.sqrt(since) * volatility[ticks.order]
        common = _change(w, self._market, code, ticks.first)
        steps += sigma * (np.sqrt(share) * common + np.sqrt(1 - share) * own)
        self._shock(steps, second, ticks, shocks)
        path = _running(steps, ticks.first, self.log[code[ticks.first]])
        held = code[ticks.last]
        self.log[held], self._seen[held] = path[ticks.last], second[ticks.last]
        self._market[held] = w[ticks.last]
        return path

    def wait(self, shocks: list[Jump]) -> None:
        """A stretch without a tick: its shocks are in effect from the next one on."""
        self._pending += shocks

    def jumps(self, start: float, end: float) -> list[Jump]:
        """The plan's own jumps in `[start, end)` seconds."""
        if not self._plan.jumps:
            return []
        symbols = len(self._plan.symbols)
        count = int(self._jumps.poisson(_JUMPS_PER_S * (end - start) * symbols))
        times = np.sort(self._jumps.uniform(start, end, count))
        codes = self._jumps.integers(symbols, size=count)
        sizes = self._jumps.normal(0, _JUMP_SD, count)
        return [
            Jump(float(t), int(c), float(s)) for t, c, s in zip(times, codes, sizes, strict=True)
        ]

    def close_window(self) -> None:
        """The end of a window of `EDGE_MS`: its returns decide the next one's drift."""
        returns = self.log - self._window_open
        # A shock is no information about the next window; what a few sigma move is.
        bound = 4 * self.sigma * np.sqrt(EDGE_MS / 1_000)
        self._pull = self._plan.edge * np.clip(returns, -bound, bound) / (EDGE_MS / 1_000)
        self._window_open = self.log.copy()

    def _common(self, seconds: Floats, volatility: Floats) -> Floats:
        """W of the whole market at each tick."""
        dt = np.diff(seconds, prepend=self._w_second)
        w = self._w + np.cumsum(self._noise.standard_normal(len(dt)) * np.sqrt(dt) * volatility)
        if len(w):
            self._w, self._w_second = float(w[-1]), float(seconds[-1])
        return w

    def _drift(self, annual: Floats, volatility: Floats, code: Codes) -> Floats:
        """Log return a second without noise."""
        variance = (self.sigma[code] * volatility) ** 2
        return annual / _YEAR_S - variance / 2 + self._pull[code]

    def _shock(self, steps: Floats, second: Floats, ticks: Arrivals, shocks: list[Jump]) -> None:
        """Add each jump to the first step of its symbol at or after it; the rest waits."""
        waiting, self._pending = [*self._pending, *shocks], []
        codes = ticks.code[ticks.order][ticks.first].tolist()
        spans = dict(
            zip(
                codes,
                zip(ticks.first.tolist(), (ticks.last + 1).tolist(), strict=True),
                strict=True,
            )
        )
        for jump in waiting:
            start, end = spans.get(jump.code, (0, 0))
            at = start + int(np.searchsorted(second[start:end], jump.second))
            if at < end:
                steps[at] += jump.size
            else:
                self._pending.append(jump)


def _change(values: Floats, before: Floats, code: Codes, first: Ints) -> Floats:
    """The change of a value since the same symbol's previous tick."""
    change = np.diff(values, prepend=0.0)
    change[first] = values[first] - before[code[first]]
    return change


def _running(steps: Floats, first: Ints, before: Floats) -> Floats:
    """The running sum within each symbol, from where it was before."""
    total = np.cumsum(steps)
    offset = before - (total[first] - steps[first])
    lengths = np.diff(np.append(first, len(steps)))
    return np.asarray(total + np.repeat(offset, lengths), np.float64)

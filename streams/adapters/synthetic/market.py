"""The synthetic market: block after block, each a function of the plan and of what came before.

Every layer has random numbers of its own, so context events or anomalies leave the draws of the
others as they are.
"""

from collections.abc import Iterator

import numpy as np

from streams.adapters.synthetic.anomalies import Plant, Planter
from streams.adapters.synthetic.arrivals import Arrivals, Crowd, due
from streams.adapters.synthetic.block import Block, Floats, Label
from streams.adapters.synthetic.context import Facts
from streams.adapters.synthetic.disturbing import (
    QUOTES,
    Disturbance,
    Quotes,
    shocks,
    silenced,
)
from streams.adapters.synthetic.paths import Jump, Paths
from streams.adapters.synthetic.plan import EDGE_MS, MarketPlan
from streams.adapters.synthetic.profile import volume_profile
from streams.domain.context_event import ContextEvent

_BLOCKS_MS = (EDGE_MS, 60_000, 10_000, 5_000, 1_000)
_BLOCK_TICKS = 20_000


class Market:
    """One run through a market; make a new one to begin again."""

    def __init__(self, plan: MarketPlan) -> None:
        seeds = np.random.SeedSequence(plan.seed).spawn(9)
        self.plan = plan
        self._paths = Paths(plan, seeds[:4])
        self._crowd = Crowd(plan, seeds[4])
        self._planter = Planter(plan, seeds[5])
        self._disturbance = Disturbance(seeds[6])
        self._quotes = Quotes(len(plan.symbols), seeds[7])
        self._facts = Facts(plan, np.exp(self._paths.log), seeds[8])
        self._told: set[Plant] = set()

    def blocks(self, end_ms: int | None = None) -> Iterator[Block]:
        """The market from its start to `end_ms`, for ever without."""
        length = _block_ms(self.plan.rate)
        start = self.plan.start_ms
        while end_ms is None or start < end_ms:
            end = (start // length + 1) * length
            yield self._block(start, end if end_ms is None else min(end, end_ms))
            if end % EDGE_MS == 0:
                self._paths.close_window()
            start = end

    def _block(self, start: int, end: int) -> Block:
        since, until = self._second(start), self._second(end)
        plants = self._planter.until(since, until)
        jumps = self._paths.jumps(since, until)
        ticks = self._crowd.number(*silenced(plants, *self._crowd.draw(since, until)))
        mid = self._prices(ticks, [*jumps, *shocks(plants, since, until, self._paths.sigma)])
        at = self.plan.start_ms + np.floor(ticks.seconds * 1_000).astype(np.int64)
        ts, size = at.copy(), self._crowd.sizes(len(at)) * volume_profile(at)
        self._told.intersection_update(plants)
        labels = self._labels(self._disturbance.apply(plants, ticks, ts, mid, size))
        bid, ask = self._quotes.of(plants, ticks, mid)
        price = np.maximum(np.round(mid * 100), 1) / 100
        block = Block(start, end, ticks.code, ticks.ordinal, at, ts, price, np.ceil(size), bid, ask)
        block.labels.extend(labels)
        block.context.extend(self._context(block, ticks, jumps, plants))
        return block

    def _prices(self, ticks: Arrivals, jumps: list[Jump]) -> Floats:
        """The price at each tick, before it is rounded."""
        mid = np.empty(len(ticks))
        if len(ticks):
            mid[ticks.order] = np.exp(self._paths.advance(ticks, jumps))
        else:
            self._paths.wait(jumps)
        return mid

    def _second(self, ms: int) -> float:
        return (ms - self.plan.start_ms) / 1_000

    def _labels(self, seen: list[Plant]) -> list[Label]:
        """Those that have not been told yet."""
        fresh = [plant for plant in seen if plant not in self._told]
        self._told.update(fresh)
        return [self._planter.label(plant) for plant in fresh]

    def _context(
        self, block: Block, ticks: Arrivals, jumps: list[Jump], plants: list[Plant]
    ) -> list[ContextEvent]:
        """The events of a block in the order of time, each at one of its ticks."""
        found = [
            self._facts.story(self.plan.start_ms + int(jump.second * 1_000), jump)
            for jump in jumps
            if self.plan.context_rate
        ]
        since, until = self._second(block.start_ms), self._second(block.end_ms)
        found += self._facts.at_ticks(block, due(self.plan.context_rate, since, until))
        for plant in plants:
            if plant.kind == QUOTES and self.plan.context_rate:
                here = np.flatnonzero(ticks.of(plant.code, plant.start, plant.end))
                found += self._facts.orders_at(block, here[:1_000])
        return sorted(found, key=lambda event: event.ts)


def _block_ms(rate: float) -> int:
    """Long blocks while they hold few ticks: a call of numpy costs the same for one as for many."""
    fitting = (ms for ms in _BLOCKS_MS if rate * ms / 1_000 <= _BLOCK_TICKS)
    return next(fitting, _BLOCKS_MS[-1])

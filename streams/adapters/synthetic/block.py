"""A stretch of a synthetic market: ticks as columns in order of arrival, and what lies beside."""

from dataclasses import dataclass, field

import numpy as np
import numpy.typing as npt

from streams.domain.context_event import ContextEvent

Ints = npt.NDArray[np.int64]
Codes = npt.NDArray[np.int32]
Floats = npt.NDArray[np.float64]
Mask = npt.NDArray[np.bool_]


@dataclass(frozen=True, slots=True)
class Label:
    """A planted anomaly: `time_ms` is when it can first be seen, `until_ms` when it is over.

    `magnitude` is the share of the price that it moves by, the factor on the volume, the share of
    ticks out of order, or seconds.
    """

    time_ms: int
    symbol: str
    kind: str
    until_ms: int
    magnitude: float


@dataclass(frozen=True, slots=True)
class Block:
    """`[start_ms, end_ms)` of a market; `at` is when each tick arrives, ascending, `ts` its time.

    `code` indexes the plan's symbols, `ordinal` counts a symbol's ticks from 0. `bid` and `ask`
    are the quote at the time of the tick.
    """

    start_ms: int
    end_ms: int
    code: Codes
    ordinal: Ints
    at: Ints
    ts: Ints
    price: Floats
    size: Floats
    bid: Floats
    ask: Floats
    context: list[ContextEvent] = field(default_factory=list)
    labels: list[Label] = field(default_factory=list)

    def __len__(self) -> int:
        return len(self.ts)

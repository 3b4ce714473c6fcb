"""When a rule may speak: when its side changes, not again while it stands, and not too often."""

from dataclasses import dataclass

from streams.domain.signal import Side


@dataclass(frozen=True, slots=True)
class GateState:
    """The side that stands, and when (epoch ms) one was told last; -1: never."""

    side: str = Side.NEUTRAL.value
    told: int = -1


def gate(
    state: GateState, side: Side | None, ts: int, cooldown: int
) -> tuple[GateState, Side | None]:
    """The next state, and the side to tell, or None.

    `side` is what the rule says now: NEUTRAL lets the next one speak, None leaves it as it is (the
    stretch between where a rule begins and where it ends: hysteresis). What the cooldown (ms of
    event time) holds back is told after it, if it still stands.
    """
    if side is None or side.value == state.side:
        return state, None
    if side is Side.NEUTRAL:
        return GateState(side.value, state.told), None
    if state.told >= 0 and ts - state.told < cooldown:
        return state, None
    return GateState(side.value, ts), side

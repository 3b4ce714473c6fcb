"""What a rule says of one context event."""

from dataclasses import dataclass

from streams.domain.signal import Side


@dataclass(frozen=True, slots=True)
class Verdict:
    """A signal of `kind` without its symbol, time and price."""

    kind: str
    side: Side
    strength: float
    reason: str


def side_of(value: float, enter: bool, leave: bool) -> Side | None:
    """BUY or SELL by the sign when `enter`, NEUTRAL when `leave`, else None: as it was."""
    if enter:
        return Side.BUY if value > 0 else Side.SELL
    return Side.NEUTRAL if leave else None

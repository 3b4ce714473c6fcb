"""Crossed and locked quotes: a bid above the ask, or equal to it."""

from streams.domain.anomalies.finding import Finding
from streams.domain.anomalies.ladder import Ladder

KIND = "crossed_quote"


def crossed_quote(bid: float, ask: float, ladder: Ladder) -> Finding | None:
    """`(bid - ask) / mid`, a fraction: at least low as soon as the bid is not below the ask."""
    mid = (bid + ask) / 2
    if not (mid > 0 and bid >= ask):
        return None
    size = (bid - ask) / mid
    word = "crossed" if bid > ask else "locked"
    said = f"{word}: bid {bid:.6g}, ask {ask:.6g}"
    return Finding(KIND, max(1, ladder.rank(size)), size, None, 0.0, said)

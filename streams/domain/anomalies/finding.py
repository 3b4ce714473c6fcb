"""What a detector finds, before it is known whether anybody is to be told."""

from dataclasses import dataclass


@dataclass(frozen=True, slots=True)
class Finding:
    """`rank` is 1 for low to 4 for critical; the others are as in `Anomaly`."""

    kind: str
    rank: int
    value: float
    expected: float | None
    threshold: float | None
    reason: str

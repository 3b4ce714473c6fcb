"""What became of one symbol's ticks in one run of a replay."""

from dataclasses import dataclass, field


@dataclass(frozen=True, slots=True)
class TapeReport:
    """Counts of one symbol in one run; `late` is part of `ticks`, `duplicate` too."""

    run: str
    symbol: str
    ticks: int
    late: int
    duplicate: int
    rejected: int
    bars: dict[str, int] = field(default_factory=dict)
    """Final bars made during the run, by interval."""

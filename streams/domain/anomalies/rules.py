"""Which anomalies are looked for, and how far is too far: for all symbols, and for some."""

from collections.abc import Mapping
from dataclasses import dataclass, field, replace
from fnmatch import fnmatchcase

from streams.domain.anomalies.detector import Detector
from streams.domain.anomalies.ladder import Ladder
from streams.domain.anomalies.missing_bars import MissingBars
from streams.domain.anomalies.price_gap import PriceGap
from streams.domain.anomalies.price_outlier import PriceOutlier
from streams.domain.anomalies.price_spike import PriceSpike
from streams.domain.anomalies.rsi_extreme import RsiExtreme
from streams.domain.anomalies.volume_spike import VolumeSpike

Ladders = Mapping[str, Ladder]

LADDERS: Ladders = {
    "price_spike": Ladder((0.05, 0.075, 0.1, 0.15)),
    "volume_spike": Ladder((3.0, 6.0, 15.0, 40.0)),
    "rsi_extreme": Ladder((70.0, 80.0, 90.0, 95.0), least=50.0, most=100.0),
    "latency": Ladder((100.0, 250.0, 1_000.0, 5_000.0)),
    "price_outlier": Ladder((6.0, 9.0, 14.0, 20.0)),
    "price_gap": Ladder((0.02, 0.05, 0.1, 0.2)),
    "missing_bars": Ladder((3.0, 6.0, 12.0)),
    "stale_feed": Ladder((300.0, 900.0)),
    "crossed_quote": Ladder((0.0, 0.0005, 0.002, 0.01)),
    "out_of_order": Ladder((0.01, 0.05, 0.2, 0.5), most=1.0),
}
"""Every kind, and its steps from low to critical; the unit is the detector's."""

COOLDOWN = 300_000


@dataclass(frozen=True, slots=True)
class SymbolRules:
    """What is different for the symbols that a glob matches; a kind without a ladder is off."""

    symbols: tuple[str, ...]
    ladders: Mapping[str, Ladder | None] = field(default_factory=dict)
    cooldown: int | None = None

    def matches(self, symbol: str) -> bool:
        return any(fnmatchcase(symbol, glob) for glob in self.symbols)


@dataclass(frozen=True, slots=True)
class AnomalyRules:
    """All of them; times in ms. `intervals` of the bars that are looked at, None: of the signals.

    What `symbols` says of a symbol goes over the rest, later ones over earlier ones.
    """

    ladders: Ladders = field(default_factory=lambda: dict(LADDERS))
    cooldown: int = COOLDOWN
    closed_after: int = 7_200_000
    intervals: tuple[str, ...] | None = None
    symbols: tuple[SymbolRules, ...] = ()

    def of(self, symbol: str) -> "AnomalyRules":
        """The rules of one symbol, without `symbols`."""
        ladders: dict[str, Ladder | None] = dict(self.ladders)
        cooldown = self.cooldown
        for special in self.symbols:
            if special.matches(symbol):
                ladders |= special.ladders
                cooldown = cooldown if special.cooldown is None else special.cooldown
        kept = {kind: ladder for kind, ladder in ladders.items() if ladder is not None}
        return replace(self, ladders=kept, cooldown=cooldown, symbols=())

    def detectors(self) -> tuple[Detector, ...]:
        """Those of the kinds that are on, for bars."""
        every: tuple[Detector, ...] = (
            PriceSpike(), VolumeSpike(), RsiExtreme(), PriceOutlier(), PriceGap(),
            MissingBars(self.closed_after),
        )  # fmt: skip
        return tuple(detector for detector in every if detector.kind in self.ladders)

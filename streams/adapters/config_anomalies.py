"""Section `[anomalies]` of the configuration: what is out of the ordinary, and for whom.

```toml
[anomalies]
cooldown = "5m"
price_spike = 0.08                   # the first step; the others in proportion
volume_spike = [5, 10, 20, 50]       # low, medium, high, critical; fewer: never so severe
price_gap = false                    # not looked for

[[anomalies.symbols]]                # for some symbols, over what is said for all
symbols = ["BTC*"]
price_spike = 0.12
```
"""

import sys
from collections.abc import Sequence
from typing import Annotated, Any, Literal

from pydantic import AfterValidator, BaseModel, BeforeValidator, ConfigDict, Field

from streams.adapters.config_section import Section, chosen_intervals, read_config
from streams.adapters.settings import Settings
from streams.domain.anomalies.ladder import Ladder
from streams.domain.anomalies.rules import LADDERS, AnomalyRules, SymbolRules
from streams.domain.interval import duration_ms

_LARGEST = sys.float_info.max


def _looked_at(steps: object) -> object:
    """One message for whatever is none; a union of types would give one for each of them."""
    numbers = steps if isinstance(steps, list) else [steps]
    if steps is False or all(map(_finite, numbers)):
        return steps
    raise ValueError("expected false, a finite number or up to four of them")


def _finite(value: object) -> bool:
    """TOML has true, nan, and whole numbers of any length, too."""
    if isinstance(value, bool) or not isinstance(value, int | float):
        return False
    return -_LARGEST <= value <= _LARGEST


_Steps = Annotated[Any, AfterValidator(_looked_at)]
_Duration = Annotated[int, BeforeValidator(duration_ms), Field(ge=0)]
_USUAL = AnomalyRules()


class LadderKeys(BaseModel):
    """The kinds; what is not named stays as it is. A test holds the names to `LADDERS`."""

    model_config = ConfigDict(extra="forbid", strict=True)

    price_spike: _Steps = None
    volume_spike: _Steps = None
    rsi_extreme: _Steps = None
    latency: _Steps = None
    price_outlier: _Steps = None
    price_gap: _Steps = None
    missing_bars: _Steps = None
    stale_feed: _Steps = None
    crossed_quote: _Steps = None
    out_of_order: _Steps = None

    def ladders(self) -> dict[str, Ladder | None]:
        """Of the kinds that are named, None: off. Raises ValueError as `key: what is wrong`."""
        return {
            kind: _ladder(kind, steps)
            for kind in LADDERS
            if (steps := getattr(self, kind)) is not None
        }


class AnomalyKeys(LadderKeys):
    """`[anomalies]`."""

    enabled: bool = True
    intervals: list[str] | None = Field(None, min_length=1)
    cooldown: _Duration = _USUAL.cooldown
    closed_after: _Duration = _USUAL.closed_after


class SymbolKeys(LadderKeys):
    """One `[[anomalies.symbols]]`."""

    symbols: list[str] = Field(min_length=1)
    cooldown: _Duration | None = None

    def rules(self) -> SymbolRules:
        """Raises ValueError as `key: what is wrong`."""
        return SymbolRules(tuple(self.symbols), self.ladders(), self.cooldown)


def anomaly_rules(settings: Settings) -> AnomalyRules:
    """What the file says, or the usual; `intervals` are always named.

    Raises ConfigError that names the file, the key, what is expected and what was.
    """
    if settings.config is None:
        return AnomalyRules(intervals=settings.signal_interval_names)
    held = read_config(settings.config).get("anomalies", {})
    section = Section(settings.config, "anomalies", held)
    special = [
        (part := section.deeper(f"symbols[{number}]", table)).build(
            SymbolKeys, SymbolKeys.rules, part.keys
        )
        for number, table in enumerate(section.tables("symbols"), 1)
    ]
    shared = {key: value for key, value in section.keys.items() if key != "symbols"}
    keys = section.read(AnomalyKeys, shared)
    ladders = section.build(AnomalyKeys, AnomalyKeys.ladders, shared)
    if not keys.enabled:
        return AnomalyRules({}, intervals=())
    kept = {kind: ladder for kind, ladder in {**LADDERS, **ladders}.items() if ladder is not None}
    intervals = chosen_intervals(section, keys.intervals, settings)
    return AnomalyRules(kept, keys.cooldown, keys.closed_after, intervals, tuple(special))


def _ladder(kind: str, steps: Literal[False] | float | Sequence[float]) -> Ladder | None:
    if steps is False:
        return None
    try:
        if isinstance(steps, float | int):
            return LADDERS[kind].from_low(float(steps))
        return LADDERS[kind].with_steps(tuple(map(float, steps)))
    except ValueError as error:
        raise ValueError(f"{kind}: {error}") from None

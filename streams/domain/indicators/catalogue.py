"""The indicators by the names that a configuration gives them, and the standard ones."""

from collections import Counter
from collections.abc import Iterable, Mapping
from dataclasses import MISSING, fields
from functools import lru_cache
from typing import Any

from streams.domain.indicators.ema import Ema
from streams.domain.indicators.indicator import Indicator
from streams.domain.indicators.indicator_set import IndicatorSet
from streams.domain.indicators.kinds import KINDS, Kind

FAST, SLOW = 38, 100
WARM_AFTER = SLOW
"""Bars after which the EMAs' starting value has faded: the next one is warm."""
STANDARD: tuple[str, ...] = (
    "ema38", "ema100", "sma5", "sma10", "sma20", "sma50", "sma200", "rsi14", "macd", "bb20",
    "volatility20", "momentum10", "ema12", "ema26", "change", "lag1", "lag2", "lag5",
    "rsi14_cutler", "vwap_session",
)  # fmt: skip
"""What the votes, the models and the dashboard use, and what people know from elsewhere."""
LONGEST = 5_000
"""The largest period, so that a state stays small."""
MOST = 1e9
"""The largest width, or number of periods a year."""


def indicator(name: str, given: Mapping[str, Any] | None = None, **settings: Any) -> Indicator:
    """The indicator of a name such as `sma20` or `macd`, with parameters beside its number.

    `settings` are used where the indicator has such a field and nothing else is given. Raises
    ValueError, as `key: text` for a parameter.
    """
    kind, number = _kind(name)
    held = dict(given or {})
    if number:
        first = next(iter(kind.usual))
        if first in held:
            raise ValueError(f"{first}: expected it once, was in the name too ({name})")
        held[first] = int(number[:9])
    known = {f.name for f in fields(kind.build)}
    shared = {key: value for key, value in settings.items() if key in known}
    for key, value in (*shared.items(), *held.items()):
        if key in held or key in kind.usual:
            _check(kind, key, value)
    for key, usual in kind.usual.items():
        if usual is MISSING and key not in held:
            raise ValueError(f"expected a {key} such as {kind.example.name}, was {name!r}")
    made: Indicator = kind.build(**shared | held)
    return made


def indicator_set(indicators: Iterable[Indicator], *, seeded: bool) -> IndicatorSet:
    """The set of these, and of the EMAs that breakouts need.

    Raises ValueError when two have a value of the same name.
    """
    needed = (Ema(FAST, seeded), Ema(SLOW, seeded))
    chosen = tuple(dict.fromkeys((*needed, *indicators)))
    held = IndicatorSet(chosen)
    twice = [name for name, count in Counter(held.names).items() if count > 1]
    if twice:
        raise ValueError(f"expected one indicator with the value {twice[0]}, was two")
    return held


def standard_set(*, seeded: bool) -> IndicatorSet:
    """What is computed where nothing else is configured; `seeded` is how EMAs start."""
    return indicator_set((indicator(name, seeded=seeded) for name in STANDARD), seeded=seeded)


def _kind(name: str) -> tuple[Kind, str]:
    for kind in KINDS:
        number = kind.number(name)
        if number is not None:
            return kind, number
    known = ", ".join(kind.example.name for kind in KINDS)
    raise ValueError(f"expected an indicator such as {known}, was {name!r}")


def _check(kind: Kind, key: str, value: Any) -> None:
    wanted = kind.types.get(key)
    if wanted is None:
        known = ", ".join(kind.usual) or "none"
        raise ValueError(f"{key}: expected parameters of {kind.name} ({known}), was {key!r}")
    if wanted is int:
        least = kind.least if key == next(iter(kind.usual)) else 1
        if type(value) is not int or not least <= value <= LONGEST:
            raise ValueError(f"{key}: expected a whole number {least} to {LONGEST}, was {value!r}")
    elif type(value) not in (int, float) or not 0 < value <= MOST:
        raise ValueError(f"{key}: expected a number > 0, {MOST:g} at most, was {value!r}")


@lru_cache(maxsize=1024)
def place(name: str) -> tuple[int, tuple[int, ...], str]:
    """What sorts the names of values, as columns: those of the breakouts, then as in `KINDS`.

    Names that no indicator has come last, by the alphabet.
    """
    if name in (f"ema{FAST}", f"ema{SLOW}"):
        return -1, (int(name.removeprefix("ema")),), name
    for rank, kind in enumerate(KINDS):
        found = kind.place(name)
        if found is not None:
            return rank, found, name
    return len(KINDS), (), name

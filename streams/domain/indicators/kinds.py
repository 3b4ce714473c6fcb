"""Every kind of indicator there is, and how its name is written."""

import re
from collections.abc import Mapping
from dataclasses import dataclass, fields
from typing import Any

from streams.domain.indicators.adx import Adx
from streams.domain.indicators.atr import Atr
from streams.domain.indicators.bollinger import Bollinger
from streams.domain.indicators.cci import Cci
from streams.domain.indicators.change import Change
from streams.domain.indicators.dema import Dema
from streams.domain.indicators.donchian import Donchian
from streams.domain.indicators.ema import Ema
from streams.domain.indicators.indicator import Indicator
from streams.domain.indicators.keltner import Keltner
from streams.domain.indicators.lag import Lag
from streams.domain.indicators.macd import Macd
from streams.domain.indicators.mfi import Mfi
from streams.domain.indicators.momentum import Momentum
from streams.domain.indicators.obv import Obv
from streams.domain.indicators.realised_volatility import RealisedVolatility
from streams.domain.indicators.roc import Roc
from streams.domain.indicators.rsi import Rsi
from streams.domain.indicators.rsi_cutler import CutlerRsi
from streams.domain.indicators.session_vwap import SessionVwap
from streams.domain.indicators.sma import Sma
from streams.domain.indicators.stochastic import Stochastic
from streams.domain.indicators.volatility import Volatility
from streams.domain.indicators.wma import Wma
from streams.domain.indicators.zscore import Zscore

_SEEDED = "seeded"  # a setting of its own decides it


@dataclass(frozen=True, slots=True)
class Kind:
    """A kind of indicator. `#` in its pattern stands for the first of its parameters.

    `least` is the smallest first parameter that gives a meaning.
    """

    pattern: str
    build: type[Any]
    example: Indicator
    least: int = 1

    @property
    def name(self) -> str:
        """Without a number: `rsi_cutler`."""
        return self.pattern.replace("#", "")

    @property
    def usual(self) -> Mapping[str, Any]:
        """Its parameters in their order, with their usual values; `MISSING`: there is none."""
        return {f.name: f.default for f in fields(self.build) if f.name != _SEEDED}

    @property
    def types(self) -> Mapping[str, Any]:
        """Of its parameters: int or float."""
        return {f.name: f.type for f in fields(self.build) if f.name != _SEEDED}

    def number(self, text: str) -> str | None:
        """What stands for `#` in an indicator's name, or empty; None: it is of another kind."""
        return _number(self.pattern, "[0-9]*", text)

    def place(self, value: str) -> tuple[int, ...] | None:
        """Sorts the names of this kind's values: by parameters, then by part; None: another's."""
        for part, name in enumerate(self.example.names):
            pattern = self.pattern + name.removeprefix(self.example.name)
            number = _number(pattern, "[0-9]*(?:_[0-9]+)*", value)
            if number is not None:
                return (*(int(digits) for digits in number.split("_") if digits), part)
        return None


def _number(pattern: str, digits: str, text: str) -> str | None:
    found = re.fullmatch(pattern.replace("#", f"(?P<number>{digits})"), text)
    if found is None:
        return None
    return found.groupdict().get("number", "")


KINDS: tuple[Kind, ...] = (
    Kind("sma#", Sma, Sma(20)),
    Kind("rsi#", Rsi, Rsi()),
    Kind("macd#", Macd, Macd()),
    Kind("bb#", Bollinger, Bollinger(), least=2),
    Kind("volatility#", Volatility, Volatility(), least=2),
    Kind("momentum#", Momentum, Momentum()),
    Kind("ema#", Ema, Ema(38)),
    Kind("change", Change, Change()),
    Kind("lag#", Lag, Lag(1)),
    Kind("rsi#_cutler", CutlerRsi, CutlerRsi()),
    Kind("vwap_session", SessionVwap, SessionVwap()),
    Kind("wma#", Wma, Wma(20)),
    Kind("dema#", Dema, Dema(20)),
    Kind("roc#", Roc, Roc()),
    Kind("atr#", Atr, Atr()),
    Kind("stoch#", Stochastic, Stochastic()),
    Kind("adx#", Adx, Adx(), least=2),
    Kind("cci#", Cci, Cci(), least=2),
    Kind("mfi#", Mfi, Mfi()),
    Kind("obv", Obv, Obv()),
    Kind("donchian#", Donchian, Donchian()),
    Kind("keltner#", Keltner, Keltner()),
    Kind("realised_volatility#", RealisedVolatility, RealisedVolatility()),
    Kind("zscore#", Zscore, Zscore(), least=2),
)
"""In the order of their columns."""

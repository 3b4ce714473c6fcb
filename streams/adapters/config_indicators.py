"""Section `[indicators]` of the configuration: what is computed on the bars of each interval.

    [indicators]
    periods_a_year = 252                 # what volatilities are scaled to
    default = ["standard", "atr14", { name = "bb", period = 50, width = 2.5 }]
    "1m" = ["ema12", "rsi7"]             # instead of the default, on bars of this interval

`standard` stands for the set that is computed without a configuration. EMA38 and EMA100 are always
there: breakouts need them.
"""

import re
from collections.abc import Iterator
from pathlib import Path
from typing import Any

from streams.adapters.config_section import Section, read_config
from streams.adapters.settings import Settings
from streams.domain.errors import ConfigError
from streams.domain.indicators.catalogue import STANDARD, indicator, indicator_set, standard_set
from streams.domain.indicators.indicator import Indicator
from streams.domain.indicators.indicator_set import IndicatorSet, IndicatorSets
from streams.domain.interval import interval_ms, interval_name

SECTION = "indicators"
_WHOLE_SET = "standard"
_DEFAULT, _YEAR = "default", "periods_a_year"
_PARAMETER = re.compile(r"([a-z_]+): (.*)", re.S)


def indicator_sets(settings: Settings) -> IndicatorSets:
    """The indicators of every interval; raises ConfigError where the file is wrong."""
    seeded = settings.ema_mode == "seeded"
    if settings.config is None:
        return IndicatorSets(standard_set(seeded=seeded), {})
    return _Reader(settings.config, seeded).sets(settings)


class _Reader:
    """Reads the section; `seeded` is how EMAs start."""

    def __init__(self, path: Path, seeded: bool) -> None:
        self._section = Section(path, SECTION, read_config(path).get(SECTION, {}))
        self._settings: dict[str, Any] = {"seeded": seeded}
        if _YEAR in self._section.keys:
            self._settings[_YEAR] = self._section.keys[_YEAR]
            self._built("", "volatility20")  # looks at the number, whoever uses it

    def sets(self, settings: Settings) -> IndicatorSets:
        by_interval: dict[str, IndicatorSet] = {}
        for key in self._section.keys:
            if key in (_DEFAULT, _YEAR):
                continue
            name = self._interval(key, settings)
            if name in by_interval:
                raise self._section.error(key, f"expected {name} once, was there twice")
            by_interval[name] = self._set(key)
        return IndicatorSets(self._set(_DEFAULT), by_interval)

    def _interval(self, key: str, settings: Settings) -> str:
        built = tuple(settings.interval_lengths)
        try:
            name = interval_name(interval_ms(key))
        except ConfigError:
            name = ""
        if name not in built:
            known = ", ".join((_DEFAULT, _YEAR, *built))
            raise self._section.error(
                key, f"expected {known} (intervals of TAPEDECK_INTERVALS), was {key!r}"
            )
        return name

    def _set(self, key: str) -> IndicatorSet:
        entries = self._section.keys.get(key, [_WHOLE_SET])
        if not isinstance(entries, list):
            raise self._section.error(
                key, f'expected names such as ["sma20", "rsi14"], was {entries!r}'
            )
        chosen = [
            found
            for number, entry in enumerate(entries, 1)
            for found in self._entry(f"{key}[{number}]", entry)
        ]
        try:
            return indicator_set(chosen, seeded=self._settings["seeded"])
        except ValueError as error:
            raise self._section.error(key, str(error)) from None

    def _entry(self, place: str, entry: Any) -> Iterator[Indicator]:
        if entry == _WHOLE_SET:
            for name in STANDARD:
                yield self._built(place, name)
        elif isinstance(entry, str):
            yield self._built(place, entry)
        elif isinstance(entry, dict) and isinstance(entry.get("name"), str):
            parameters = {key: value for key, value in entry.items() if key != "name"}
            yield self._built(place, entry["name"], parameters)
        else:
            raise self._section.error(
                place, f'expected "sma20" or {{ name = "sma", period = 20 }}, was {entry!r}'
            )

    def _built(self, place: str, name: str, parameters: dict[str, Any] | None = None) -> Indicator:
        try:
            return indicator(name, parameters, **self._settings)
        except ValueError as error:
            about = _PARAMETER.fullmatch(str(error))
            if about is None:
                raise self._section.error(place, str(error)) from None
            given = parameters is not None and about[1] in parameters
            key = about[1] if about[1] == _YEAR and not given else f"{place}.{about[1]}"
            raise self._section.error(key, about[2]) from None

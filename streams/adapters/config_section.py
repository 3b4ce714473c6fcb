"""The TOML file that `TAPEDECK_CONFIG` names, and its tables: every key is known or an error.

A message names the file, the key, what is expected and what was. What a section holds is read by
the module of that section: `config_file` (notify), `config_rules`, `config_indicators`.
"""

import tomllib
from collections.abc import Callable, Mapping
from pathlib import Path
from typing import Any, TypeVar

from pydantic import BaseModel, ValidationError

from streams.adapters.settings import CHANNELS, Settings
from streams.domain.errors import ConfigError
from streams.domain.interval import interval_ms, interval_name

_Keys = TypeVar("_Keys", bound=BaseModel)
_T = TypeVar("_T")

_WORDS = {
    "too_short": "expected at least {min_length}",
    "string_pattern_mismatch": "expected text like {pattern}",
    "dict_type": "expected a table",
}
"""What pydantic's own messages would say less well, by the type of the error."""

SECTIONS = ("anomalies", "context", "feed", "indicators", "notify", "recommendation", "rules")


def read_config(path: Path) -> dict[str, Any]:
    """The whole file; raises ConfigError when it cannot be read or has an unknown section."""
    try:
        text = path.read_text("utf-8-sig")
    except (OSError, UnicodeDecodeError) as error:
        said = error.strerror if isinstance(error, OSError) else "not UTF-8"
        raise ConfigError(f"TAPEDECK_CONFIG: cannot read {path}: {said}") from error
    try:
        held = tomllib.loads(text)
    except (ValueError, RecursionError) as error:  # a number of 5,000 digits is no decoding error
        raise ConfigError(f"{path}: expected TOML, was broken: {error}") from error
    Section(path, "", held).only(SECTIONS)
    return held


class Section:
    """A table of the file that knows its name."""

    def __init__(self, path: Path, name: str, table: Any) -> None:
        self._path = path
        self._name = name
        self.keys: dict[str, Any] = self._table(name, table)

    def only(self, known: tuple[str, ...]) -> None:
        """Raises ConfigError for a key that is not known."""
        for key in self.keys:
            if key not in known:
                raise self.error(key, f"expected keys among {', '.join(known)}, was {key!r}")

    def deeper(self, name: str, table: Any) -> "Section":
        return Section(self._path, self._joined(name), table)

    def tables(self, name: str) -> list[Any]:
        """An array of tables; empty when it is not there."""
        found = self.keys.get(name, [])
        if not isinstance(found, list):
            raise self.error(name, f"expected [[{self._joined(name)}]], was one table or value")
        return found

    def per_channel(
        self, name: str, model: type[_Keys], build: Callable[[_Keys], _T]
    ) -> dict[str, _T]:
        """What is built of every channel's keys: its own table over what is said for all."""
        section = self.deeper(name, self.keys.get(name, {}))
        shared = {key: value for key, value in section.keys.items() if key not in CHANNELS}
        section.build(model, build, shared)
        found = {}
        for channel in CHANNELS:
            own = section.deeper(channel, section.keys.get(channel, {}))
            found[channel] = own.build(model, build, {**shared, **own.keys})
        return found

    def build(
        self, model: type[_Keys], build: Callable[[_Keys], _T], keys: Mapping[str, Any]
    ) -> _T:
        """What `build` makes of the keys; its ValueErrors name the key first, as `key: text`."""
        held = self.read(model, keys)
        try:
            return build(held)
        except ValueError as error:
            raise self.error(*str(error).split(": ", 1)) from None

    def read(self, model: type[_Keys], keys: Mapping[str, Any]) -> _Keys:
        """The table as a model; raises ConfigError that names every key which does not fit."""
        try:
            return model.model_validate(keys)
        except ValidationError as error:
            known = ", ".join(f.alias or n for n, f in model.model_fields.items())
            raise ConfigError(
                "; ".join(
                    str(self.error(_place(item["loc"]), _said(item, known)))
                    for item in error.errors(include_url=False)
                )
            ) from None

    def error(self, key: str, text: str) -> ConfigError:
        return ConfigError(f"{self._path}: {self._joined(key)}: {text}")

    def _table(self, name: str, table: Any) -> dict[str, Any]:
        if not isinstance(table, dict):
            raise ConfigError(f"{self._path}: {name}: expected a table, was {type(table).__name__}")
        return table

    def _joined(self, key: str) -> str:
        return f"{self._name}.{key}" if self._name else key


def _place(loc: tuple[int | str, ...]) -> str:
    """`weights.rsi` or `sides[1]`."""
    parts = (f"[{part + 1}]" if isinstance(part, int) else f".{part}" for part in loc)
    return "".join(parts).removeprefix(".")


def _said(item: Any, known: str) -> str:
    if item["type"] == "extra_forbidden":
        return f"expected keys among {known}, was {item['loc'][-1]!r}"
    if item["type"] == "missing":
        return "expected a value, was missing"
    ours = _WORDS.get(item["type"])
    text = ours.format(**item.get("ctx", {})) if ours else item["msg"]
    text = text.removeprefix("Value error, ").replace("Input should be", "expected")
    return text if ", was " in text else f"{text[0].lower()}{text[1:]}, was {item['input']!r}"


def chosen_intervals(
    section: Section, names: list[str] | None, settings: Settings
) -> tuple[str, ...]:
    """The key `intervals`: those that may raise signals where it is not there.

    Raises ConfigError for a name that is none, or of bars that are not built.
    """
    if names is None:
        return settings.signal_interval_names
    try:
        found = tuple(interval_name(interval_ms(name)) for name in names)
    except ConfigError as error:
        raise section.error("intervals", str(error).removeprefix("interval: ")) from None
    for name in found:
        if name not in settings.interval_lengths:
            built = ",".join(settings.interval_lengths)
            raise section.error(
                "intervals", f"expected names among TAPEDECK_INTERVALS ({built}), was {name}"
            )
    return found

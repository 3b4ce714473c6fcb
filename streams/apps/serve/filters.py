"""Trigger filters: which events a subscriber gets, by attributes and extensions only."""

import re
from collections.abc import Callable, Mapping, Sequence
from typing import Any

from streams.adapters.cloud_event import CloudEvent
from streams.domain.errors import ConfigError

Filter = Callable[[CloudEvent], bool]
_NAME = re.compile(r"[a-z][a-z0-9]*")
_MATCH: Mapping[str, Callable[[str, str], bool]] = {
    "exact": str.__eq__,
    "prefix": str.startswith,
    "suffix": str.endswith,
}


def trigger_filter(spec: Mapping[str, Any], where: str) -> Filter:
    """The filter of a Trigger's spec: `filters` wins over `filter`; neither lets all through.

    Raises ConfigError that names the place for what Eventing's webhook refuses, and for cesql.
    """
    if "filters" in spec:
        return _all(spec["filters"] or [], f"{where}.filters")
    attributes = (spec.get("filter") or {}).get("attributes") or {}
    wanted = {name: value for name, value in attributes.items() if value != ""}
    return _attributes("exact", wanted, f"{where}.filter") if wanted else lambda event: True


def _one(item: Any, where: str) -> Filter:
    if not isinstance(item, Mapping) or len(item) != 1:
        raise ConfigError(f"{where}: expected one dialect per item, was {item!r}")
    dialect, body = next(iter(item.items()))
    if dialect in _MATCH:
        return _attributes(dialect, body, f"{where}.{dialect}")
    if dialect == "all":
        return _all(body, f"{where}.all")
    if dialect == "any":
        filters = _several(body, f"{where}.any")
        return lambda event: any(each(event) for each in filters)
    if dialect == "not":
        inner = _one(body, f"{where}.not")
        return lambda event: not inner(event)
    raise ConfigError(
        f"{where}: expected exact, prefix, suffix, all, any or not (cesql works on a cluster, "
        f"not here), was {dialect!r}"
    )


def _all(items: Any, where: str) -> Filter:
    filters = _several(items, where)
    return lambda event: all(each(event) for each in filters)


def _several(items: Any, where: str) -> list[Filter]:
    if not isinstance(items, Sequence) or isinstance(items, str):
        raise ConfigError(f"{where}: expected a list of filters, was {items!r}")
    return [_one(item, f"{where}[{number}]") for number, item in enumerate(items)]


def _attributes(dialect: str, body: Any, where: str) -> Filter:
    if not isinstance(body, Mapping) or not body:
        raise ConfigError(f"{where}: expected attributes and values, was {body!r}")
    for name, value in body.items():
        if not _NAME.fullmatch(str(name)) or not isinstance(value, str) or not value:
            raise ConfigError(f"{where}: expected name: text, was {name!r}: {value!r}")
    match = _MATCH[dialect]
    wanted = dict(body)

    def matches(event: CloudEvent) -> bool:
        found = ((event.get(name), value) for name, value in wanted.items())
        return all(have is not None and match(have, value) for have, value in found)

    return matches

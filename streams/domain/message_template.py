"""Templates of messages: text with `{fields}`, each with a format of its own where wanted.

A restricted `str.format`: a field is a plain name among those that are known (no attributes, no
indexes, no nesting), so a template can show what it is given and nothing else.
"""

import re
from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime
from string import Formatter

_formatter = Formatter()
_FORMAT = re.compile(r"(.?[<>=^])?[+\- ]?#?0?\d{0,2}[,_]?(\.\d{1,2})?[eEfFgGdns%]?")


class Missing(str):
    """A value that is not there: empty under any format."""

    __slots__ = ()

    def __format__(self, spec: str) -> str:
        return ""


class Moment(datetime):
    """A time; without a format, or with one that is no strftime, it is written out."""

    def __format__(self, spec: str) -> str:
        return self.strftime(spec if "%" in spec else "%Y-%m-%d %H:%M:%S %Z")


Value = str | int | float | Moment


@dataclass(frozen=True, slots=True)
class MessageTemplate:
    """A template that has been looked at; `render` cannot fail on values of its fields' types."""

    text: str

    def render(self, values: Mapping[str, Value]) -> str:
        return _formatter.vformat(self.text, (), values)


def parse_template(text: str, fields: Mapping[str, Value]) -> MessageTemplate:
    """A template over `fields`, each given with a value of its type.

    Raises ValueError that names the field and the known ones.
    """
    try:
        parts = list(_formatter.parse(text))
    except ValueError as error:
        raise ValueError(f"expected balanced braces ({{{{ for a brace), was {error}") from None
    for _, name, spec, conversion in parts:
        if name is not None:
            _check(name, spec or "", conversion, fields)
    return MessageTemplate(text)


def _check(name: str, spec: str, conversion: str | None, fields: Mapping[str, Value]) -> None:
    if name not in fields:
        raise ValueError(f"expected fields among {', '.join(fields)}, was {{{name}}}")
    timed = isinstance(fields[name], Moment)
    if conversion or not (timed or _FORMAT.fullmatch(spec)) or "{" in spec:
        raise ValueError(f"field {name}: expected a format such as .2f, was {spec or conversion!r}")
    try:
        format(fields[name], spec)
    except ValueError as error:
        raise ValueError(f"field {name}: format {spec!r}: {error}") from None

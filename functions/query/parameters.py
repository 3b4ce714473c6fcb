"""The parameters of the API: their types, bounds and words; anything else is refused."""

from typing import Annotated, Any, Literal

from pydantic import (
    AfterValidator,
    BaseModel,
    BeforeValidator,
    ConfigDict,
    Field,
    WithJsonSchema,
)
from pydantic.json_schema import SkipJsonSchema

from functions.query.cursor import MAX_CURSOR
from functions.query.moment import parse_moment
from streams.domain.errors import ConfigError
from streams.domain.interval import interval_ms, interval_name
from streams.domain.screen import symbol_fault
from streams.domain.signal import Side
from streams.domain.tick import MAX_SYMBOL

MAX_LIMIT = 1_000
_WORD = r"^[A-Za-z0-9._:-]{1,64}$"


def _symbol(text: str) -> str:
    if symbol_fault(text) is not None:
        raise ValueError(f"expected 1 to {MAX_SYMBOL} printable characters")
    return text


def _interval(text: str) -> str:
    """The canonical name: `60s`, `1min` and `1m` are the same."""
    try:
        return interval_name(interval_ms(text))
    except ConfigError as error:
        raise ValueError("expected a length that divides a day such as 1m, 5min or 1h") from error


def _no_null_default(schema: dict[str, Any]) -> None:
    """A parameter that may be left out has no default that one could write."""
    for parameter in schema.get("properties", {}).values():
        if parameter.get("default", ...) is None:
            del parameter["default"]


Symbol = Annotated[
    str,
    AfterValidator(_symbol),
    Field(description="A symbol; percent-encoded where needed.", examples=["CORVA"]),
    WithJsonSchema({"type": "string", "minLength": 1, "maxLength": MAX_SYMBOL}),
]
Interval = Annotated[
    str,
    AfterValidator(_interval),
    Field(
        max_length=16,
        description="Length of the bars: a number and s, m (or min), h or d that divides a day.",
        examples=["5m", "1min", "1h"],
    ),
]
Moment = Annotated[
    int,
    BeforeValidator(parse_moment),
    WithJsonSchema(
        {"oneOf": [{"type": "integer", "minimum": 0}, {"type": "string", "format": "date-time"}]}
    ),
]
Word = Annotated[str, Field(pattern=_WORD)]
Absent = SkipJsonSchema[None]


_schemas: dict[Any, dict[str, Any]] = {}


class Parameters(BaseModel):
    """What every set of parameters has in common: an unknown one is an error, not a shrug."""

    model_config = ConfigDict(extra="forbid", json_schema_extra=_no_null_default)

    @classmethod
    def model_json_schema(cls, *args: Any, **kwargs: Any) -> dict[str, Any]:
        """The same, remembered: flask-openapi asks for it at every request."""
        asked = (cls, args, tuple(sorted(kwargs.items())))
        if asked not in _schemas:
            _schemas[asked] = super().model_json_schema(*args, **kwargs)
        return _schemas[asked]


class SymbolPath(Parameters):
    symbol: Symbol


class NoQuery(Parameters):
    pass


class PageQuery(Parameters):
    """A page: how long, and where it goes on."""

    limit: int = Field(
        100, ge=1, le=MAX_LIMIT, description="Rows of a page at most.", examples=[100]
    )
    cursor: str | Absent = Field(
        None,
        min_length=1,
        max_length=MAX_CURSOR,
        description="`next` of the page before; all other parameters stay as they were.",
    )


class SpanQuery(PageQuery):
    """A page of rows in time."""

    start: Moment | Absent = Field(
        None,
        alias="from",
        description="Rows at or after this time: epoch ms, or ISO-8601 (UTC unless it says).",
        examples=["2024-03-04T09:00:00Z"],
    )
    end: Moment | Absent = Field(
        None, alias="to", description="Rows before this time.", examples=["2024-03-04T10:00:00Z"]
    )
    order: Literal["desc", "asc"] = Field(
        "desc", description="`desc`: the newest first; `asc`: the oldest first."
    )


class BarsQuery(SpanQuery):
    interval: Interval = "1m"


class AggregatedQuery(SpanQuery):
    window: Interval = "1m"


class FoundQuery(SpanQuery):
    """Filters of what was found: signals and anomalies."""

    symbol: Symbol | Absent = None
    interval: Interval | Absent = None
    kind: Word | Absent = Field(None, description="Which rule or model.", examples=["breakout"])


class AnomaliesQuery(FoundQuery):
    kind: Word | Absent = Field(
        None, description="What is out of the ordinary.", examples=["price_spike"]
    )
    severity: Literal["low", "medium", "high", "critical"] | Absent = None


class PredictionsQuery(SpanQuery):
    """Filters of what models said."""

    interval: Interval | Absent = None
    model: Word | Absent = Field(
        None,
        description="`xgboost`, `forest`, `adaboost`, `logistic` (votes), or `forecast`.",
        examples=["forecast"],
    )
    horizon: int | Absent = Field(None, ge=1, le=1_000, description="Bars ahead; of votes it is 1.")


class ScorecardsQuery(PageQuery):
    symbol: Symbol | Absent = Field(None, description="`*`: all symbols together.")
    rule: Word | Absent = Field(None, description="The kind of the signals.")
    interval: Interval | Absent = None
    horizon: int | Absent = Field(
        None, ge=1, le=1_000, description="Bars after the signal at which it was scored."
    )
    warm: bool | Absent = Field(None, description="`false`: the signals of the warm-up.")


class SignalsQuery(FoundQuery):
    side: Side | Absent = Field(None, description="`buy`, `sell` or `neutral`.")

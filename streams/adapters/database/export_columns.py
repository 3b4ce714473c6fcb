"""The columns of each exported table, in their order: people script against them."""

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Literal

from sqlalchemy import BigInteger, Column, Double, FromClause, MetaData, Table, Text, cast, select

from streams.adapters.database import tables

Kind = Literal["text", "int", "float", "bool"]

_ticks = Table(
    "ticks",
    MetaData(),  # a view: not among the tables that migrations make
    Column("symbol", Text),
    Column("ts_ms", BigInteger),
    *(Column(name, Double) for name in ("price", "size", "open", "high", "low")),
    Column("source", Text),
    *(Column(name, BigInteger) for name in ("seq", "first", "t_first", "t_last")),
)

_warm = select(tables.scorecards).where(tables.scorecards.c.warm).subquery("scorecards")
_days = tables.day_summaries
_summaries = select(
    *(column for column in _days.c if column is not _days.c.signals),
    cast(_days.c.signals, Text).label("signals"),
).subquery("summaries")


@dataclass(frozen=True, slots=True)
class Export:
    """Where the rows are, which columns go out, what sorts them, and the time `--from` means.

    Without `time` there is none to choose by.
    """

    table: FromClause
    columns: dict[str, Kind]
    order: tuple[str, ...]
    time: str | None


def _kinds(**names: str) -> dict[str, Kind]:
    """{column: kind} from a string of names per kind, in the order given by `order`."""
    kinds: dict[str, Kind] = {}
    kind: Kind
    for kind in ("text", "int", "float", "bool"):
        kinds |= dict.fromkeys(names.get(kind, "").split(), kind)
    return {name: kinds[name] for name in names["order"].split()}


EXPORTS: Mapping[str, Export] = {
    "ticks": Export(
        _ticks,
        _kinds(
            order="symbol ts_ms price size open high low source seq",
            text="symbol source",
            int="ts_ms seq",
            float="price size open high low",
        ),
        ("symbol", "ts_ms", "source", "first", "seq"),
        "ts_ms",
    ),
    "bars": Export(
        tables.bars,
        _kinds(
            order="symbol interval start_ms end_ms open high low close volume vwap trades "
            "last_ts_ms",
            text="symbol interval",
            int="start_ms end_ms trades last_ts_ms",
            float="open high low close volume vwap",
        ),
        ("symbol", "start_ms", "interval"),
        "start_ms",
    ),
    "indicators": Export(
        tables.indicators,
        _kinds(
            order="symbol interval start_ms close warm",
            text="symbol interval",
            int="start_ms",
            float="close",
            bool="warm",
        ),
        ("symbol", "start_ms", "interval"),
        "start_ms",
    ),
    "signals": Export(
        tables.signals,
        _kinds(
            order="id time_ms symbol interval kind side price strength warm reason",
            text="id symbol interval kind side reason",
            int="time_ms",
            float="price strength",
            bool="warm",
        ),
        ("symbol", "time_ms", "interval", "id"),
        "time_ms",
    ),
    "notifications": Export(
        tables.notifications,
        _kinds(
            order="signal_id channel status attempts delivered_ms "
            "symbol kind time_ms error event_source",
            text="signal_id channel status symbol kind error event_source",
            int="attempts delivered_ms time_ms",
        ),
        ("symbol", "time_ms", "signal_id", "channel", "event_source"),
        "time_ms",
    ),
    "anomalies": Export(
        tables.anomalies,
        _kinds(
            order="id time_ms symbol interval kind severity value expected threshold start_ms "
            "price reason",
            text="id symbol interval kind severity reason",
            int="time_ms start_ms",
            float="value expected threshold price",
        ),
        ("symbol", "time_ms", "id"),
        "time_ms",
    ),
    "context": Export(
        tables.context,
        _kinds(
            order="id time_ms symbol kind order_type price quantity sentiment_score "
            "sentiment_magnitude market_cap pe_ratio indicator_name value",
            text="id symbol kind order_type indicator_name",
            int="time_ms",
            float="price quantity sentiment_score sentiment_magnitude market_cap pe_ratio value",
        ),
        ("symbol", "time_ms", "id"),
        "time_ms",
    ),
    "predictions": Export(
        tables.predictions,
        _kinds(
            order="symbol interval start_ms end_ms model horizon vote probability forecast low "
            "high close scope version",
            text="symbol interval model vote scope version",
            int="start_ms end_ms horizon",
            float="probability forecast low high close",
        ),
        ("symbol", "start_ms", "interval", "model", "horizon"),
        "start_ms",
    ),
    "scorecards": Export(
        _warm,
        _kinds(
            order="rule interval symbol horizon signals hits hit_rate low high mean_return "
            "base_rate base_mean_return",
            text="rule interval symbol",
            int="horizon signals hits",
            float="hit_rate low high mean_return base_rate base_mean_return",
        ),
        ("symbol", "rule", "interval", "horizon"),
        None,
    ),
    "summaries": Export(
        _summaries,
        _kinds(
            order="symbol day_ms open high low last change change_percent volume vwap volatility "
            "trades bars interval previous_last signals last_signal_id last_signal_ms "
            "last_signal_side",
            text="symbol interval signals last_signal_id last_signal_side",
            int="day_ms trades bars last_signal_ms",
            float="open high low last change change_percent volume vwap volatility previous_last",
        ),
        ("symbol", "day_ms"),
        "day_ms",
    ),
    "dead_letters": Export(
        tables.dead_letters,
        _kinds(
            order="id origin reason detail source position raw seen_ms",
            text="id origin reason detail source raw",
            int="position seen_ms",
        ),
        ("source", "position", "id"),
        "seen_ms",
    ),
}


def indicator_order(name: str) -> tuple[int, tuple[int, ...], str]:
    """Sorts the indicators as columns: the averages of breakouts first, unknown ones last."""
    from streams.domain.indicators.catalogue import (
        place,
    )  # a function that lists none starts sooner

    return place(name)

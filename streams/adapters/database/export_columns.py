"""The columns of each exported table, in their order: people script against them."""

import re
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Literal

from sqlalchemy import BigInteger, Column, Double, FromClause, MetaData, Table, Text

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


@dataclass(frozen=True, slots=True)
class Export:
    """Where the rows are, which columns go out, what sorts them, and the time `--from` means."""

    table: FromClause
    columns: dict[str, Kind]
    order: tuple[str, ...]
    time: str


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

LATER = frozenset({"anomalies", "predictions", "context", "scorecards"})
"""Tables that are named already and come with a later version."""

_EMA = re.compile(r"ema(\d+)")


def indicator_order(name: str) -> tuple[int, int, str]:
    """EMAs first, by period, then the others by name."""
    match = _EMA.fullmatch(name)
    return (0, int(match[1]), name) if match else (1, 0, name)

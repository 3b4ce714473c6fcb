"""The tables, as the code sees them; migrations make them, and a test compares the two."""

from sqlalchemy import (
    ARRAY,
    BigInteger,
    Boolean,
    Column,
    Double,
    Index,
    Integer,
    LargeBinary,
    Table,
    Text,
    text,
)
from sqlalchemy.dialects.postgresql import JSONB

from streams.adapters.database.found_tables import anomalies as anomalies
from streams.adapters.database.found_tables import predictions as predictions
from streams.adapters.database.found_tables import signals as signals
from streams.adapters.database.table_parts import floats, required
from streams.adapters.database.table_parts import metadata as metadata

tick_batches = Table(
    "tick_batches",
    metadata,
    Column("symbol", Text, primary_key=True),
    Column("source", Text, primary_key=True),
    Column("first", BigInteger, primary_key=True, autoincrement=False),
    Column("t_first", BigInteger, primary_key=True, autoincrement=False),
    Column("t_last", BigInteger, nullable=False),
    Column("ts", ARRAY(BigInteger), nullable=False),
    floats("price", nullable=False),
    floats("size"),
    floats("open"),
    floats("high"),
    floats("low"),
    Index("tick_batches_latest", "symbol", text("t_last DESC")),
    postgresql_partition_by="RANGE (t_first)",
)
"""`t_first` and `t_last` are the least and the greatest time of the row's ticks."""

_OHLC = ("open", "high", "low", "close", "volume", "vwap")

bars = Table(
    "bars",
    metadata,
    Column("symbol", Text, primary_key=True),
    Column("interval", Text, primary_key=True),
    Column("start_ms", BigInteger, primary_key=True, autoincrement=False),
    *required("end_ms", of=BigInteger),
    *required(*_OHLC, of=Double),
    *required("trades", "last_ts_ms", of=BigInteger),
    Index("bars_time", "interval", "start_ms"),
)

indicators = Table(
    "indicators",
    metadata,
    Column("symbol", Text, primary_key=True),
    Column("interval", Text, primary_key=True),
    Column("start_ms", BigInteger, primary_key=True, autoincrement=False),
    *required("end_ms", of=BigInteger),
    *required(*_OHLC, of=Double),
    *required("trades", of=BigInteger),
    Column("warm", Boolean, nullable=False),
    Column("values", JSONB, nullable=False),
    Column("votes", JSONB, nullable=False),
    Index("indicators_time", "interval", "start_ms"),
)

notifications = Table(
    "notifications",
    metadata,
    Column("event_source", Text, primary_key=True),
    Column("signal_id", Text, primary_key=True),
    Column("channel", Text, primary_key=True),
    *required("symbol", "kind", of=Text),
    *required("time_ms", of=BigInteger),
    *required("status", of=Text),
    Column("attempts", Integer, nullable=False, server_default=text("0")),
    Column("delivered_ms", BigInteger),
    Column("error", Text),
    Column("severity", Text),
    Column("due_ms", BigInteger),
    Column("digest", Text),
    Column("body", JSONB),
    Index("notifications_symbol_kind_time", "symbol", "kind", text("time_ms DESC")),
    Index("notifications_due", "channel", "due_ms", postgresql_where=text("due_ms IS NOT NULL")),
)
"""A row with `due_ms` (epoch ms) waits to be told, from its `body`, in the message `digest`."""

context = Table(
    "context",
    metadata,
    Column("id", Text, primary_key=True),
    *required("time_ms", of=BigInteger),
    *required("symbol", "kind", of=Text),
    Column("order_type", Text),
    Column("price", Double),
    Column("quantity", Double),
    Column("sentiment_score", Double),
    Column("sentiment_magnitude", Double),
    Column("market_cap", Double),
    Column("pe_ratio", Double),
    Column("indicator_name", Text),
    Column("value", Double),
    Index("context_symbol_time", "symbol", text("time_ms DESC")),
    Index("context_kind_time", "kind", text("time_ms DESC")),
)
"""`id` is the message's topic, partition and offset; what is not of the kind is NULL."""

dead_letters = Table(
    "dead_letters",
    metadata,
    Column("id", Text, primary_key=True),
    *required("origin", "reason", "detail", "source", of=Text),
    *required("position", of=BigInteger),
    Column("raw", LargeBinary, nullable=False),
    *required("seen_ms", of=BigInteger),
    Index("dead_letters_reason", "reason", text("seen_ms DESC")),
)

undelivered = Table(
    "undelivered",
    metadata,
    Column("id", Text, primary_key=True),
    *required("event_source", "event_id", "event_type", "destination", of=Text),
    *required("code", "error", "error_data", of=Text),
    Column("attributes", JSONB, nullable=False),
    Column("trace", JSONB, nullable=False),
    Column("data", LargeBinary, nullable=False),
    Column("arrivals", Integer, nullable=False, server_default=text("1")),
    *required("first_ms", "last_ms", of=BigInteger),
    Column("status", Text, nullable=False, server_default=text("'undelivered'")),
    Column("attempts", Integer, nullable=False, server_default=text("0")),
    Column("replayed_ms", BigInteger),
    Column("replay_error", Text),
    Index("undelivered_status", "status", "first_ms"),
)

signal_scores = Table(
    "signal_scores",
    metadata,
    Column("event_source", Text, primary_key=True),
    Column("signal_id", Text, primary_key=True),
    *required("symbol", "interval", "kind", "side", of=Text),
    *required("time_ms", of=BigInteger),
    *required("price", of=Double),
    Column("warm", Boolean, nullable=False),
    Column("return_1", Double),
    Column("return_5", Double),
    Column("return_20", Double),
    Index("signal_scores_symbol", "symbol", "time_ms"),
)
"""Signals as `functions.aggregate` got them; `return_h` is the price's return h bars later."""

base_rates = Table(
    "base_rates",
    metadata,
    Column("symbol", Text, primary_key=True),
    Column("interval", Text, primary_key=True),
    Column("day_ms", BigInteger, primary_key=True, autoincrement=False),
    Column("horizon", Integer, primary_key=True, autoincrement=False),
    *required("bars", "known", "up", "down", of=BigInteger),
    *required("total", of=Double),
)
"""Per UTC day, for the bars that start in it: how many there are, of how many the return `horizon`
bars later is known, was > 0, was < 0, and the sum of those returns."""

scorecards = Table(
    "scorecards",
    metadata,
    Column("symbol", Text, primary_key=True),
    Column("rule", Text, primary_key=True),
    Column("interval", Text, primary_key=True),
    Column("horizon", Integer, primary_key=True, autoincrement=False),
    Column("warm", Boolean, primary_key=True),
    *required("signals", "hits", of=BigInteger),
    *required("hit_rate", "low", "high", "mean_return", of=Double),
    Column("base_rate", Double),
    Column("base_mean_return", Double),
)
"""`streams.domain.scorecard`; symbol `*` is all symbols together, `warm` false the cold signals."""

day_summaries = Table(
    "day_summaries",
    metadata,
    Column("symbol", Text, primary_key=True),
    Column("day_ms", BigInteger, primary_key=True, autoincrement=False),
    *required("interval", of=Text),
    *required("bars", of=BigInteger),
    *required("open", "high", "low", "last", of=Double),
    Column("previous_last", Double),
    *required("change", of=Double),
    Column("change_percent", Double),
    *required("volume", "vwap", of=Double),
    Column("volatility", Double),
    *required("trades", of=BigInteger),
    Column("signals", JSONB, nullable=False),
    Column("last_signal_id", Text),
    Column("last_signal_ms", BigInteger),
    Column("last_signal_side", Text),
    Index("day_summaries_day", "day_ms"),
)
"""`streams.domain.day_summary`; `signals` is `{kind: {side: count}}`."""

aggregated = Table(
    "aggregated",
    metadata,
    Column("symbol", Text, primary_key=True),
    *required("shortest", of=Text),
    *required("first_ms", of=BigInteger),
    *required("seen", of=Text),
    *required("refreshed_ms", of=BigInteger),
)
"""What `functions.aggregate` has seen of a symbol: its shortest interval, that one's first bar, and
the ends of all its series, to tell what has grown since."""

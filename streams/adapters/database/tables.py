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
    MetaData,
    Table,
    Text,
    text,
)
from sqlalchemy.dialects.postgresql import JSONB

metadata = MetaData()


def _floats(name: str, nullable: bool = True) -> Column[list[float]]:
    return Column(name, ARRAY(Double), nullable=nullable)


def _required(*names: str, of: type[Text | Double[float] | BigInteger]) -> list[Column[object]]:
    return [Column(name, of, nullable=False) for name in names]


tick_batches = Table(
    "tick_batches",
    metadata,
    Column("symbol", Text, primary_key=True),
    Column("source", Text, primary_key=True),
    Column("first", BigInteger, primary_key=True, autoincrement=False),
    Column("t_first", BigInteger, primary_key=True, autoincrement=False),
    Column("t_last", BigInteger, nullable=False),
    Column("ts", ARRAY(BigInteger), nullable=False),
    _floats("price", nullable=False),
    _floats("size"),
    _floats("open"),
    _floats("high"),
    _floats("low"),
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
    *_required("end_ms", of=BigInteger),
    *_required(*_OHLC, of=Double),
    *_required("trades", "last_ts_ms", of=BigInteger),
    Index("bars_time", "interval", "start_ms"),
)

indicators = Table(
    "indicators",
    metadata,
    Column("symbol", Text, primary_key=True),
    Column("interval", Text, primary_key=True),
    Column("start_ms", BigInteger, primary_key=True, autoincrement=False),
    *_required("end_ms", of=BigInteger),
    *_required(*_OHLC, of=Double),
    *_required("trades", of=BigInteger),
    Column("warm", Boolean, nullable=False),
    Column("values", JSONB, nullable=False),
    Column("votes", JSONB, nullable=False),
    Index("indicators_time", "interval", "start_ms"),
)

signals = Table(
    "signals",
    metadata,
    Column("id", Text, primary_key=True),
    *_required("time_ms", of=BigInteger),
    *_required("symbol", "interval", "kind", "side", of=Text),
    *_required("price", "strength", of=Double),
    Column("warm", Boolean, nullable=False),
    *_required("reason", "event_source", of=Text),
    Index("signals_symbol_time", "symbol", text("time_ms DESC")),
    Index("signals_time", text("time_ms DESC")),
)

notifications = Table(
    "notifications",
    metadata,
    Column("event_source", Text, primary_key=True),
    Column("signal_id", Text, primary_key=True),
    Column("channel", Text, primary_key=True),
    *_required("symbol", "kind", of=Text),
    *_required("time_ms", of=BigInteger),
    *_required("status", of=Text),
    Column("attempts", Integer, nullable=False, server_default=text("0")),
    Column("delivered_ms", BigInteger),
    Column("error", Text),
    Index("notifications_symbol_kind_time", "symbol", "kind", text("time_ms DESC")),
)

dead_letters = Table(
    "dead_letters",
    metadata,
    Column("id", Text, primary_key=True),
    *_required("origin", "reason", "detail", "source", of=Text),
    *_required("position", of=BigInteger),
    Column("raw", LargeBinary, nullable=False),
    *_required("seen_ms", of=BigInteger),
    Index("dead_letters_reason", "reason", text("seen_ms DESC")),
)

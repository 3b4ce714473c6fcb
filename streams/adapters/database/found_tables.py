"""The tables of what was found in the bars: signals, anomalies, predictions."""

from sqlalchemy import BigInteger, Boolean, Column, Double, Index, Table, Text, text

from streams.adapters.database.table_parts import metadata, required

signals = Table(
    "signals",
    metadata,
    Column("id", Text, primary_key=True),
    *required("time_ms", of=BigInteger),
    *required("symbol", "interval", "kind", "side", of=Text),
    *required("price", "strength", of=Double),
    Column("warm", Boolean, nullable=False),
    *required("reason", "event_source", of=Text),
    Index("signals_symbol_time", "symbol", text("time_ms DESC")),
    Index("signals_time", text("time_ms DESC")),
)

anomalies = Table(
    "anomalies",
    metadata,
    Column("id", Text, primary_key=True),
    *required("time_ms", of=BigInteger),
    *required("symbol", "interval", "kind", "severity", of=Text),
    *required("value", of=Double),
    Column("expected", Double),
    Column("threshold", Double),
    *required("start_ms", of=BigInteger),
    *required("price", of=Double),
    *required("reason", "event_source", of=Text),
    Index("anomalies_symbol_time", "symbol", text("time_ms DESC")),
    Index("anomalies_time", text("time_ms DESC")),
)

predictions = Table(
    "predictions",
    metadata,
    Column("symbol", Text, primary_key=True),
    Column("interval", Text, primary_key=True),
    Column("start_ms", BigInteger, primary_key=True, autoincrement=False),
    Column("model", Text, primary_key=True),
    Column("horizon", BigInteger, primary_key=True, autoincrement=False),
    *required("end_ms", of=BigInteger),
    Column("vote", Text),
    Column("probability", Double),
    Column("forecast", Double),
    Column("low", Double),
    Column("high", Double),
    *required("close", of=Double),
    *required("scope", "version", of=Text),
    Index("predictions_symbol_time", "symbol", text("start_ms DESC")),
)
"""A row is one vote (`vote`, `probability`) or one forecast (`forecast`, `low`, `high`)."""

"""The tables of ticks, bars, indicators, signals, notifications and dead letters.

On plain PostgreSQL `tick_batches` is partitioned by month of `t_first`, and the writer attaches
the months as they come. Where TimescaleDB is installed `tick_batches`, `bars` and `indicators`
are hypertables instead, compressed after a week if its licence allows.
"""

from alembic import op
from sqlalchemy import text

revision = "0001"
down_revision = None
branch_labels = None
depends_on = None

_TICK_BATCHES = """
CREATE TABLE tick_batches (
    symbol text NOT NULL,
    source text NOT NULL,
    first bigint NOT NULL,
    t_first bigint NOT NULL,
    t_last bigint NOT NULL,
    ts bigint[] NOT NULL,
    price float8[] NOT NULL,
    size float8[],
    open float8[],
    high float8[],
    low float8[],
    PRIMARY KEY (symbol, source, first, t_first)
)"""

_BAR_COLUMNS = """
    symbol text NOT NULL,
    interval text NOT NULL,
    start_ms bigint NOT NULL,
    end_ms bigint NOT NULL,
    open float8 NOT NULL,
    high float8 NOT NULL,
    low float8 NOT NULL,
    close float8 NOT NULL,
    volume float8 NOT NULL,
    vwap float8 NOT NULL,
    trades bigint NOT NULL,
"""

_TABLES = (
    f"CREATE TABLE bars ({_BAR_COLUMNS} last_ts_ms bigint NOT NULL, "
    "PRIMARY KEY (symbol, interval, start_ms))",
    f"CREATE TABLE indicators ({_BAR_COLUMNS} warm boolean NOT NULL, "
    "values jsonb NOT NULL, votes jsonb NOT NULL, PRIMARY KEY (symbol, interval, start_ms))",
    """CREATE TABLE signals (
        id text PRIMARY KEY,
        time_ms bigint NOT NULL,
        symbol text NOT NULL,
        interval text NOT NULL,
        kind text NOT NULL,
        side text NOT NULL,
        price float8 NOT NULL,
        strength float8 NOT NULL,
        warm boolean NOT NULL,
        reason text NOT NULL,
        event_source text NOT NULL
    )""",
    """CREATE TABLE notifications (
        event_source text NOT NULL,
        signal_id text NOT NULL,
        channel text NOT NULL,
        symbol text NOT NULL,
        kind text NOT NULL,
        time_ms bigint NOT NULL,
        status text NOT NULL,
        attempts integer NOT NULL DEFAULT 0,
        delivered_ms bigint,
        error text,
        PRIMARY KEY (event_source, signal_id, channel)
    )""",
    """CREATE TABLE dead_letters (
        id text PRIMARY KEY,
        origin text NOT NULL,
        reason text NOT NULL,
        detail text NOT NULL,
        source text NOT NULL,
        position bigint NOT NULL,
        raw bytea NOT NULL,
        seen_ms bigint NOT NULL
    )""",
)

_INDEXES = (
    "CREATE INDEX tick_batches_latest ON tick_batches (symbol, t_last DESC)",
    "CREATE INDEX bars_time ON bars (interval, start_ms)",
    "CREATE INDEX indicators_time ON indicators (interval, start_ms)",
    "CREATE INDEX signals_symbol_time ON signals (symbol, time_ms DESC)",
    "CREATE INDEX signals_time ON signals (time_ms DESC)",
    "CREATE INDEX notifications_symbol_kind_time ON notifications (symbol, kind, time_ms DESC)",
    "CREATE INDEX dead_letters_reason ON dead_letters (reason, seen_ms DESC)",
)

# `first` and `seq` order equal times of one source as they came; `t_first` and `t_last` let a
# reader skip rows by time.
_TICKS = """
CREATE VIEW ticks AS
SELECT b.symbol, t.ts_ms, t.price, t.size, t.open, t.high, t.low, b.source,
       b.first + t.n - 1 AS seq, b.first, b.t_first, b.t_last
FROM tick_batches b
CROSS JOIN LATERAL unnest(b.ts, b.price, b.size, b.open, b.high, b.low)
    WITH ORDINALITY AS t (ts_ms, price, size, open, high, low, n)
"""

_WEEK_MS = 604_800_000
_HYPERTABLES = {"tick_batches": "t_first", "bars": "start_ms", "indicators": "start_ms"}


def upgrade() -> None:
    """Make them."""
    connection = op.get_bind()
    timescale = connection.scalar(
        text("SELECT true FROM pg_extension WHERE extname = 'timescaledb'")
    )
    op.execute(_TICK_BATCHES + ("" if timescale else " PARTITION BY RANGE (t_first)"))
    for statement in _TABLES + _INDEXES:
        op.execute(statement)
    op.execute(_TICKS)
    # Uncompressed arrays are written three times as fast and take 2.7 times the disk: see
    # infra/docs/decisions.md for the figures.
    if not timescale:
        for column in ("ts", "price", "size", "open", "high", "low"):
            op.execute(f"ALTER TABLE tick_batches ALTER COLUMN {column} SET STORAGE EXTERNAL")
    else:
        _hypertables()


def _hypertables() -> None:
    op.execute(
        "CREATE FUNCTION tapedeck_now_ms() RETURNS bigint LANGUAGE sql STABLE AS "
        "'SELECT (extract(epoch FROM now()) * 1000)::bigint'"
    )
    licence = op.get_bind().scalar(text("SELECT current_setting('timescaledb.license', true)"))
    for table, column in _HYPERTABLES.items():
        op.execute(
            f"SELECT create_hypertable('{table}', '{column}', chunk_time_interval => {_WEEK_MS})"
        )
        op.execute(f"SELECT set_integer_now_func('{table}', 'tapedeck_now_ms')")
        if licence == "timescale":
            op.execute(
                f"ALTER TABLE {table} SET (timescaledb.compress, "
                f"timescaledb.compress_segmentby = 'symbol', "
                f"timescaledb.compress_orderby = '{column} DESC')"
            )
            op.execute(f"SELECT add_compression_policy('{table}', {_WEEK_MS}::bigint)")


def downgrade() -> None:
    """Drop them with all that is stored."""
    op.execute("DROP VIEW ticks")
    for table in ("tick_batches", "bars", "indicators", "signals", "notifications"):
        op.execute(f"DROP TABLE {table}")
    op.execute("DROP TABLE dead_letters")
    op.execute("DROP FUNCTION IF EXISTS tapedeck_now_ms()")

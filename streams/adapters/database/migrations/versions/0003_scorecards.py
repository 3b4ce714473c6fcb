"""The tables of the function aggregate: scores of signals, scorecards, summaries of days."""

from alembic import op

revision = "0003"
down_revision = "0002"
branch_labels = None
depends_on = None

_STATEMENTS = (
    """CREATE TABLE signal_scores (
        event_source text NOT NULL,
        signal_id text NOT NULL,
        symbol text NOT NULL,
        interval text NOT NULL,
        kind text NOT NULL,
        side text NOT NULL,
        time_ms bigint NOT NULL,
        price float8 NOT NULL,
        warm boolean NOT NULL,
        return_1 float8,
        return_5 float8,
        return_20 float8,
        PRIMARY KEY (event_source, signal_id)
    )""",
    "CREATE INDEX signal_scores_symbol ON signal_scores (symbol, time_ms)",
    """CREATE TABLE base_rates (
        symbol text NOT NULL,
        interval text NOT NULL,
        day_ms bigint NOT NULL,
        horizon integer NOT NULL,
        bars bigint NOT NULL,
        known bigint NOT NULL,
        up bigint NOT NULL,
        down bigint NOT NULL,
        total float8 NOT NULL,
        PRIMARY KEY (symbol, interval, day_ms, horizon)
    )""",
    """CREATE TABLE scorecards (
        symbol text NOT NULL,
        rule text NOT NULL,
        interval text NOT NULL,
        horizon integer NOT NULL,
        warm boolean NOT NULL,
        signals bigint NOT NULL,
        hits bigint NOT NULL,
        hit_rate float8 NOT NULL,
        low float8 NOT NULL,
        high float8 NOT NULL,
        mean_return float8 NOT NULL,
        base_rate float8,
        base_mean_return float8,
        PRIMARY KEY (symbol, rule, interval, horizon, warm)
    )""",
    """CREATE TABLE day_summaries (
        symbol text NOT NULL,
        day_ms bigint NOT NULL,
        interval text NOT NULL,
        bars bigint NOT NULL,
        open float8 NOT NULL,
        high float8 NOT NULL,
        low float8 NOT NULL,
        last float8 NOT NULL,
        previous_last float8,
        change float8 NOT NULL,
        change_percent float8,
        volume float8 NOT NULL,
        vwap float8 NOT NULL,
        volatility float8,
        trades bigint NOT NULL,
        signals jsonb NOT NULL,
        last_signal_id text,
        last_signal_ms bigint,
        last_signal_side text,
        PRIMARY KEY (symbol, day_ms)
    )""",
    "CREATE INDEX day_summaries_day ON day_summaries (day_ms)",
    """CREATE TABLE aggregated (
        symbol text PRIMARY KEY,
        shortest text NOT NULL,
        first_ms bigint NOT NULL,
        seen text NOT NULL,
        refreshed_ms bigint NOT NULL
    )""",
)


def upgrade() -> None:
    """Make them."""
    for statement in _STATEMENTS:
        op.execute(statement)


def downgrade() -> None:
    """Drop them; all but the signals that were only sent to the function can be made again."""
    for table in ("aggregated", "day_summaries", "scorecards", "base_rates", "signal_scores"):
        op.execute(f"DROP TABLE {table}")

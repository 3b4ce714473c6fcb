"""The table of context events: a column per field, so that people can query them."""

from alembic import op

revision = "0002"
down_revision = "0001"
branch_labels = None
depends_on = None

_STATEMENTS = (
    """CREATE TABLE context (
        id text PRIMARY KEY,
        time_ms bigint NOT NULL,
        symbol text NOT NULL,
        kind text NOT NULL,
        order_type text,
        price float8,
        quantity float8,
        sentiment_score float8,
        sentiment_magnitude float8,
        market_cap float8,
        pe_ratio float8,
        indicator_name text,
        value float8
    )""",
    "CREATE INDEX context_symbol_time ON context (symbol, time_ms DESC)",
    "CREATE INDEX context_kind_time ON context (kind, time_ms DESC)",
)


def upgrade() -> None:
    """Make it."""
    for statement in _STATEMENTS:
        op.execute(statement)


def downgrade() -> None:
    """Drop it with all that is stored."""
    op.execute("DROP TABLE context")

"""The table of anomalies."""

from alembic import op

revision = "0006"
down_revision = "0005"
branch_labels = None
depends_on = None

_STATEMENTS = (
    """CREATE TABLE anomalies (
        id text PRIMARY KEY,
        time_ms bigint NOT NULL,
        symbol text NOT NULL,
        interval text NOT NULL,
        kind text NOT NULL,
        severity text NOT NULL,
        value float8 NOT NULL,
        expected float8,
        threshold float8,
        start_ms bigint NOT NULL,
        price float8 NOT NULL,
        reason text NOT NULL,
        event_source text NOT NULL
    )""",
    "CREATE INDEX anomalies_symbol_time ON anomalies (symbol, time_ms DESC)",
    "CREATE INDEX anomalies_time ON anomalies (time_ms DESC)",
)


def upgrade() -> None:
    """Make it."""
    for statement in _STATEMENTS:
        op.execute(statement)


def downgrade() -> None:
    """Drop it with all that is stored."""
    op.execute("DROP TABLE anomalies")

"""The table of predictions: votes and forecasts of the models."""

from alembic import op

revision = "0007"
down_revision = "0006"
branch_labels = None
depends_on = None

_STATEMENTS = (
    """CREATE TABLE predictions (
        symbol text NOT NULL,
        interval text NOT NULL,
        start_ms bigint NOT NULL,
        model text NOT NULL,
        horizon bigint NOT NULL,
        end_ms bigint NOT NULL,
        vote text,
        probability float8,
        forecast float8,
        low float8,
        high float8,
        close float8 NOT NULL,
        scope text NOT NULL,
        version text NOT NULL,
        PRIMARY KEY (symbol, interval, start_ms, model, horizon)
    )""",
    "CREATE INDEX predictions_symbol_time ON predictions (symbol, start_ms DESC)",
)


def upgrade() -> None:
    """Make it."""
    for statement in _STATEMENTS:
        op.execute(statement)


def downgrade() -> None:
    """Drop it; what the models say about old bars can be said again."""
    op.execute("DROP TABLE predictions")

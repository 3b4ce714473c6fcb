"""The table of undelivered events."""

from alembic import op

revision = "0004"
down_revision = "0003"
branch_labels = None
depends_on = None

_TABLE = """
CREATE TABLE undelivered (
    id text PRIMARY KEY,
    event_source text NOT NULL,
    event_id text NOT NULL,
    event_type text NOT NULL,
    destination text NOT NULL,
    code text NOT NULL,
    error text NOT NULL,
    error_data text NOT NULL,
    attributes jsonb NOT NULL,
    trace jsonb NOT NULL,
    data bytea NOT NULL,
    arrivals integer NOT NULL DEFAULT 1,
    first_ms bigint NOT NULL,
    last_ms bigint NOT NULL,
    status text NOT NULL DEFAULT 'undelivered',
    attempts integer NOT NULL DEFAULT 0,
    replayed_ms bigint,
    replay_error text
)
"""


def upgrade() -> None:
    """Make it."""
    op.execute(_TABLE)
    op.execute("CREATE INDEX undelivered_status ON undelivered (status, first_ms)")


def downgrade() -> None:
    """Drop it with all that is stored."""
    op.execute("DROP TABLE undelivered")

"""Notifications that wait: for a digest, for the end of quiet hours, for a channel to recover."""

from alembic import op

revision = "0005"
down_revision = "0004"
branch_labels = None
depends_on = None


def upgrade() -> None:
    """Add what is needed to tell them later."""
    op.execute(
        "ALTER TABLE notifications ADD severity text, ADD due_ms bigint, ADD digest text, "
        "ADD body jsonb"
    )
    op.execute(
        "CREATE INDEX notifications_due ON notifications (channel, due_ms) WHERE due_ms IS NOT NULL"
    )

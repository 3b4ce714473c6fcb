"""PostgreSQL: the tables, their migrations, and what is written to and read from them."""

from streams.adapters.database.counts import notification_counts
from streams.adapters.database.engine import connect_engine, wait_for_server
from streams.adapters.database.migrate import current_revision, head_revision, require, upgrade

__all__ = [
    "connect_engine",
    "current_revision",
    "head_revision",
    "notification_counts",
    "require",
    "upgrade",
    "wait_for_server",
]

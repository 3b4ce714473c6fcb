"""Counts that the summary of a replay shows."""

from collections.abc import Sequence

from sqlalchemy import func, select

from streams.adapters.database.engine import connect_engine
from streams.adapters.database.tables import notifications


def notification_counts(url: str, signal_ids: Sequence[str]) -> dict[str, int]:
    """How many notifications these signals have, by status, over all channels."""
    query = (
        select(notifications.c.status, func.count())
        .where(notifications.c.signal_id == func.any(list(signal_ids)))
        .group_by(notifications.c.status)
        .order_by(notifications.c.status)
    )
    engine = connect_engine(url)
    try:
        with engine.connect() as connection:
            return {status: count for status, count in connection.execute(query)}
    finally:
        engine.dispose()
